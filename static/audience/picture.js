// The picture with what lies over it: live mark, delay, danmaku, our own
// full screen (the phone's own would hide danmaku and votes), sound.

import { base } from '../lib/api.js';
import { Danmaku } from '../lib/danmaku.js';
import { number, t } from '../lib/i18n.js';
import { trial } from '../lib/on.js';
import { Player } from '../lib/player.js';
import { html, useEffect, useRef, useState } from '../lib/ui.js';

/** @param {any} video @param {string} session @param {boolean} ended @param {string} programme changes when another picture is on air @returns {[string, any]} */
function usePlayer(video, session, ended, programme) {
  const [state, set] = useState('connecting');
  const player = useRef(/** @type {any} */ (null));
  useEffect(() => {
    if (!('RTCPeerConnection' in window)) { set('never'); return undefined; }
    const p = new Player(video.current, base + '/whep/' + encodeURIComponent(session), set, true);
    player.current = p;
    p.start();
    return () => p.stop();
  }, []);
  useEffect(() => { if (ended && player.current) player.current.stop(); }, [ended]);
  useEffect(() => { if (programme && player.current) player.current.wake(); }, [programme]);
  return [state, player];
}

function useDanmaku(/** @type {any} */ canvas, /** @type {import('./talk.js').Line[]} */ lines, /** @type {boolean} */ on) {
  const painter = useRef(/** @type {Danmaku|null} */ (null));
  const seen = useRef(new Set());
  useEffect(() => {
    const painted = new Danmaku(canvas.current);
    painter.current = painted;
    lines.forEach((m) => seen.current.add(m.id)); // what was said before is in the list
    return () => painted.show(false);
  }, []);
  useEffect(() => { if (painter.current) painter.current.show(on); }, [on]);
  useEffect(() => {
    const p = painter.current;
    if (!p) return;
    for (const m of lines) if (!seen.current.has(m.id)) { seen.current.add(m.id); if (!m.old) p.add(m); }
    for (const id of seen.current) if (!lines.some((m) => m.id === id)) { seen.current.delete(id); p.retract(id); }
  }, [lines]);
}

/** What stands where the picture should be. */
function Cover(/** @type {any} */ { state, title, ended, onTap }) {
  if (ended) return html`<div class="cover" data-cover="ended"><b>${title}</b><span>${t('now.ended')}</span></div>`;
  if (state === 'live') return null;
  if (state === 'blocked') return html`<button type="button" class="cover tap" onClick=${onTap}><span class="play" aria-hidden="true"></span>${t('live.tap')}</button>`;
  const key = { never: 'live.never', none: 'live.none', lost: 'live.lost' }[/** @type {string} */ (state)] || 'live.connecting';
  return html`<div class="cover" data-cover=${state}><b>${title}</b><span>${t(key)}</span></div>`;
}

/** @param {{session: string, take: number, view: Doc.View|null, lines: import('./talk.js').Line[], online: number}} p */
export function Picture({ session, take, view, lines, online }) {
  const video = useRef(/** @type {any} */ (null)), canvas = useRef(/** @type {any} */ (null));
  const ended = !take && !!(view && view.session && view.session.ended); // a rehearsal's end is not the picture's
  const [state, player] = usePlayer(video, session, ended, view && view.program ? view.program.camera + view.program.state : '');
  const [muted, setMuted] = useState(true);
  const [talk, setTalk] = useState(() => !matchMedia('(prefers-reduced-motion: reduce)').matches);
  const [full, setFull] = useState(false);
  useDanmaku(canvas, lines, talk);
  const sound = async (/** @type {boolean} */ on) => {
    video.current.muted = !on;
    setMuted(!on);
    try { await video.current.play(); } catch (e) { /* the cover asks again */ }
  };
  const slate = view && view.program && view.program.state === 'slate';
  return html`<section class=${'picture' + (full ? ' full' : '')}>
    <video ref=${video} muted playsinline webkit-playsinline="true" x5-playsinline="true" x5-video-player-type="h5" disablepictureinpicture></video>
    <canvas ref=${canvas} aria-hidden="true"></canvas>
    <${Cover} state=${state} ended=${ended} title=${view && view.session ? view.session.title : ''} onTap=${() => sound(true)} />
    <div class="top row">
      ${!ended && state !== 'none' && state !== 'never' && html`<span class="chip glass"><i class=${'dot ' + (state === 'live' && !slate ? 'live' : 'warn')}></i>${slate ? t('live.slate') : state === 'live' ? t('live.on') : t('live.wait')}</span>`}
      ${online > 1 && html`<span class="chip glass fig">${t('live.online', { n: number(online) })}</span>`}
      ${view && trial(view, take) && html`<span class=${'chip glass' + (take ? ' take' : '')}>${trial(view, take)}</span>`}
    </div>
    ${state === 'live' && muted && html`<button type="button" id="sound" class="btn sound" onClick=${() => sound(true)}>${t('live.sound')}</button>`}
    <div class="tools">
      ${!muted && html`<button type="button" class="tool" aria-label=${t('live.mute')} onClick=${() => sound(false)}>${t('live.mute.short')}</button>`}
      <button type="button" class=${'tool' + (talk ? '' : ' off')} aria-pressed=${talk} aria-label=${t('live.danmaku')} onClick=${() => setTalk(!talk)}>${t('live.danmaku.short')}</button>
      <button type="button" class="tool" aria-pressed=${full} aria-label=${t('live.full')} onClick=${() => setFull(!full)}>${t(full ? 'live.small.short' : 'live.full.short')}</button>
    </div>
  </section>`;
}

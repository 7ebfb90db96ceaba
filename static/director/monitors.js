// What the hall sees now and next, the programme, and the cameras. The programme's
// picture is what the audience gets; the preview is drawn from what the next cue will
// make public.

import { base } from '../lib/api.js';
import { mmss } from '../lib/clock.js';
import { t } from '../lib/i18n.js';
import { Player } from '../lib/player.js';
import { html, useEffect, useNow, useRef, useState } from '../lib/ui.js';
import { Ask, asking } from './ask.js';
import { nextCue } from './facts.js';
import { Sketch, sceneName } from './sketch.js';

/** A muted picture of the programme or of one camera. */
function Feed(/** @type {{url: string, quiet?: boolean}} */ { url, quiet }) {
  const video = useRef(/** @type {any} */ (null));
  const [state, set] = useState('connecting');
  useEffect(() => {
    if (!('RTCPeerConnection' in window)) { set('never'); return undefined; }
    const p = new Player(video.current, url, set);
    p.start();
    return () => p.stop();
  }, [url]);
  return html`<video ref=${video} muted playsinline disablepictureinpicture class=${state === 'live' ? 'on' : ''}></video>
    ${state !== 'live' && !quiet && html`<p class="cover">${t('feed.' + state)}</p>`}`;
}

/** How long the scene has been on, and what runs out. */
function Running(/** @type {{view: Doc.View}} */ { view }) {
  const now = useNow(250);
  const since = view.scene ? Math.max(0, now - view.scene.at) : 0;
  const ballot = view.ballot && view.ballot.open && view.ballot.deadline;
  const left = ballot ? Math.max(0, ballot - now) : view.timer ? view.timer.ends - now : null;
  const urgent = left !== null && left < 10000;
  return html`<span class="fig">${view.scene ? mmss(-since).replace('+', '') : ''}</span>
    <span class="grow"></span>
    ${left !== null && html`<span class=${'due' + (urgent ? ' urgent' : '')}>${ballot ? t('due.vote') : (view.timer && view.timer.label) || t('due.timer')} <b class="fig">${mmss(left)}</b></span>`}`;
}

/** What the host will say with the next step; what is not revealed stays dots. */
function Say(/** @type {{cue: Doc.DeskCue|null, prompter: Doc.HostView|null}} */ { cue, prompter }) {
  const line = cue && prompter && prompter.next && prompter.next.cue === cue.id ? prompter.next.line : '';
  if (!prompter) return null;
  return html`<p class="say"><span>${t('say')}</span>${line || html`<span>${t('none')}</span>`}</p>`;
}

/** The picture that the audience gets. @param {{session: string, staff: Doc.Desk, view: Doc.View}} p */
export function Programme({ session, staff, view }) {
  if (!staff.cameras.length) return null;
  const p = view.program;
  return html`<figure class="tile program" aria-label=${t('program')}>
      <figcaption><b>${t('program')}</b><span class="cut">${p ? p.label || p.camera : t('program.none')}${p && p.state === 'slate' ? ' · ' + t('program.slate') : ''}</span></figcaption>
      <div class="glass"><${Feed} url=${base + '/whep/' + encodeURIComponent(session)} /></div>
    </figure>`;
}

/** What the hall sees, and what it will see next: two drawings of a kind. @param {{staff: Doc.Desk, view: Doc.View, prompter: Doc.HostView|null}} p */
export function Monitors({ staff, view, prompter }) {
  const cue = nextCue(staff);
  const coming = staff.preview;
  const step = cue && cue.state === 'running';
  return html`<section class="monitors" aria-label=${t('monitors')}>
    <figure class="tile now">
      <figcaption><b>${t('now')}</b><span class="cut">${view.blackout ? t('scene.blackout') : sceneName(view.scene ? view.scene.name : '')}</span></figcaption>
      <div class="glass">${view.blackout ? html`<p class="cover dark">${t('blackout.on')}</p>` : html`<${Sketch} view=${view} judges=${staff.judges} />`}</div>
      <div class="under"><${Running} view=${view} /></div>
    </figure>
    <figure class="tile preview">
      <figcaption><b>${t('preview')}</b><span class="cut">${coming ? sceneName(coming.scene ? coming.scene.name : '') : ''}</span></figcaption>
      <div class="glass">
        ${coming ? html`<${Sketch} view=${coming} judges=${staff.judges} />` : html`<p class="cover">${t('next.none')}</p>`}
        ${step && html`<p class="stepping">${t('preview.step', { step: cue.step + 1, steps: cue.steps })}</p>`}
      </div>
      <div class="under"><span class="steps" title=${cue ? cue.title : ''}>${cue ? cue.title : ''}</span>
        ${cue && cue.steps > 1 && html`<span class="fig">${t('cue.step', { step: Math.min(cue.step + 1, cue.steps), steps: cue.steps })}</span>`}</div>
    </figure>
    <${Say} cue=${cue} prompter=${prompter} />
  </section>`;
}

const PICTURES = 'hecai:director:pictures';

function wanted() {
  try { return localStorage.getItem(PICTURES) === 'on'; } catch (e) { return false; }
}

/** @param {{session: string, take: number, staff: Doc.Desk, blind: boolean, can: boolean, send: any}} p */
export function Cameras({ session, take, staff, blind, can, send }) {
  const [pictures, setPictures] = useState(wanted());
  const [asked, setAsked] = useState('');
  const [dark, setDark] = useState(/** @type {Doc.Camera|null} */ (null)); // a camera without a picture that was asked for
  const now = useRef({ can, cameras: staff.cameras });
  now.current = { can, cameras: staff.cameras };
  const cut = async (/** @type {Doc.Camera} */ c) => {
    if (c.onair) return;
    setDark(null);
    setAsked(c.name);
    await send('camera', { name: c.name });
    setAsked('');
  };
  const choose = (/** @type {Doc.Camera} */ c) => { if (c.state === 'live' || c.onair) cut(c); else setDark(c); };
  useEffect(() => {
    const key = (/** @type {KeyboardEvent} */ e) => {
      if (e.ctrlKey || e.metaKey || e.altKey || e.shiftKey || e.repeat || asking() || /INPUT|TEXTAREA|SELECT/.test(/** @type {any} */ (e.target).tagName)) return;
      const c = /^[1-9]$/.test(e.key) && now.current.cameras[Number(e.key) - 1];
      if (c && now.current.can) choose(c);
    };
    addEventListener('keydown', key);
    return () => removeEventListener('keydown', key);
  }, [session]);
  const flip = () => {
    try { localStorage.setItem(PICTURES, pictures ? 'off' : 'on'); } catch (e) { /* for this visit */ }
    setPictures(!pictures);
  };
  return html`<section class="cameras">
    <header class="label"><h2>${t('cameras')}</h2><button type="button" class="link" aria-pressed=${pictures} onClick=${flip}>${t(pictures ? 'cameras.hide' : 'cameras.show')}</button></header>
    ${staff.cameras.length === 0 ? html`<p class="empty">${t('cameras.empty')}</p>` : html`<div class="keys">
      ${staff.cameras.map((c, /** @type {number} */ i) => html`<button type="button" key=${c.name} data-camera=${c.name} aria-pressed=${c.onair}
        class=${'camera is-' + c.state + (c.onair ? ' onair' : '') + (asked === c.name ? ' asked' : '') + (pictures && c.state === 'live' ? ' pictured' : '')} disabled=${!can} onClick=${() => choose(c)}>
        ${pictures && c.state === 'live' && html`<${Feed} quiet url=${base + '/whep/' + encodeURIComponent(session) + '/' + encodeURIComponent(c.name)} />`}
        <span class="head"><span class="key fig">${i + 1}</span>${c.onair && html`<em>${t('camera.onair')}</em>`}<span class="grow"></span><i class=${'dot ' + (blind ? '' : c.state === 'live' ? (c.warning ? 'warn' : 'good') : c.state === 'lost' ? 'bad' : '')}></i></span>
        <span class="foot"><b class="cut">${c.label || c.name}</b><span>${t(blind ? 'camera.unknown' : 'camera.' + c.state)}</span></span>
      </button>`)}</div>`}
    ${take > 0 && staff.cameras.length > 0 && html`<p class="muted small">${t('cameras.take')}</p>`}
    ${dark && html`<${Ask} title=${t('camera.dark', { name: dark.label || dark.name })} onClose=${() => setDark(null)}>
      <p class="muted">${t('camera.dark.how')}</p>
      <div class="row end"><button type="button" class="btn" onClick=${() => setDark(null)}>${t('cancel')}</button>
        <button type="button" class="btn danger" id="cut-dark" onClick=${() => cut(dark)}>${t('camera.dark.cut')}</button></div><//>`}
  </section>`;
}

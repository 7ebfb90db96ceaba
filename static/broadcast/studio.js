// The camera at work: preview, sound, publishing, and whether it is on air.

import { base } from '../lib/api.js';
import { errorText, t } from '../lib/i18n.js';
import { trial, useOn } from '../lib/on.js';
import { Publisher } from '../lib/publisher.js';
import { Language, Lost, html, useEffect, useMemo, useNow, useRef, useState, useTopic } from '../lib/ui.js';
import { Awake, HEIGHTS, devices, measure, obstacle, reason, release, take } from './media.js';

/** @typedef {import('./media.js').Choice} Choice */

const KEPT = 'hecai:broadcast';
const QUIET = -50; // dBFS; below it for a while means that nobody would hear anything
const SCREENS = typeof navigator !== 'undefined' && !!navigator.mediaDevices && 'getDisplayMedia' in navigator.mediaDevices;

/** @returns {Choice} */
function remembered() {
  const plain = /** @type {Choice} */ ({ source: 'camera', camera: '', microphone: '', height: HEIGHTS[0] });
  try { return { ...plain, ...JSON.parse(localStorage.getItem(KEPT) || '{}'), source: 'camera' }; } catch (e) { return plain; }
}

/** Camera and sound as chosen. A change while publishing changes the track and not the connection. */
function useMedia() {
  const [choice, setChoice] = useState(remembered);
  const [media, setMedia] = useState(/** @type {MediaStream|null} */ (null));
  const [error, setError] = useState(obstacle());
  const [list, setList] = useState({ cameras: /** @type {MediaDeviceInfo[]} */ ([]), microphones: /** @type {MediaDeviceInfo[]} */ ([]) });
  const held = useRef(/** @type {MediaStream|null} */ (null));
  const turn = useRef(0);
  const open = async (/** @type {Choice} */ want) => {
    const mine = ++turn.current;
    setError('');
    // Phones open one camera at a time: the old one goes first. A screen keeps what is on until the new one is there.
    if (want.source === 'camera') release(held.current);
    try {
      const got = await take(want);
      if (mine !== turn.current) { release(got); return; }
      if (want.source !== 'camera') release(held.current);
      held.current = got;
      setMedia(got);
      setList(await devices());
      const video = got.getVideoTracks()[0];
      if (video) video.onended = () => { // unplugged, or the sharing was stopped from the browser's bar
        if (held.current !== got) return;
        if (want.source === 'screen') choose({ source: 'camera' }); else setError('broadcast.error.gone');
      };
    } catch (err) {
      if (mine !== turn.current) return;
      if (want.source === 'screen' && held.current) { setChoice((c) => ({ ...c, source: 'camera' })); return; } // they thought better of it
      if (/** @type {any} */ (err).name === 'OverconstrainedError' && (want.camera || want.microphone)) { choose({ camera: '', microphone: '' }); return; }
      held.current = null;
      setMedia(null);
      setError(reason(err));
    }
  };
  const choose = (/** @type {Partial<Choice>} */ part) => setChoice((c) => {
    const next = { ...c, ...part };
    try { localStorage.setItem(KEPT, JSON.stringify(next)); } catch (e) { /* chosen again next time */ }
    open(next);
    return next;
  });
  useEffect(() => {
    if (error) return undefined;
    open(choice);
    const changed = async () => setList(await devices());
    navigator.mediaDevices.addEventListener('devicechange', changed);
    return () => { navigator.mediaDevices.removeEventListener('devicechange', changed); release(held.current); };
  }, []);
  return { choice, choose, media, error, list, again: () => open(choice) };
}

/** @param {MediaStream|null} media */
function useSound(media) {
  const [db, setDb] = useState(-60);
  const [silent, setSilent] = useState(false);
  useEffect(() => {
    setDb(-60);
    setSilent(false);
    if (!media) return undefined;
    let heard = Date.now();
    return measure(media, (x) => {
      if (x > QUIET) heard = Date.now();
      setDb((was) => Math.max(x, was - 2)); // falls slowly, so that the eye can follow
      setSilent(Date.now() - heard > 8000);
    });
  }, [media]);
  return { db, silent };
}

/** @param {{media: MediaStream|null, db: number, silent: boolean}} p */
function Meter({ media, db, silent }) {
  const has = !!media && media.getAudioTracks().length > 0;
  const text = !has ? 'broadcast.sound.none' : silent ? 'broadcast.sound.silent' : db > -3 ? 'broadcast.sound.loud' : 'broadcast.sound.ok';
  return html`<div class=${'meter' + (has && !silent ? '' : ' off') + (db > -3 ? ' loud' : '')}>
    <div class="scale" role="img" aria-label=${t('broadcast.sound')}><i style=${{ '--level': has ? (db + 60) / 60 : 0 }}></i></div>
    <span>${t(text)}</span></div>`;
}

/** @param {{kept: ReturnType<typeof useMedia>}} p */
function Pickers({ kept }) {
  const { choice, choose, list } = kept;
  const name = (/** @type {MediaDeviceInfo} */ d, /** @type {number} */ i, /** @type {string} */ key) => d.label || t(key, { n: i + 1 });
  const pick = (/** @type {string} */ key, /** @type {any} */ e) => choose({ [key]: e.currentTarget.value });
  return html`<div class="pickers">
    ${SCREENS && html`<div class="sources" role="group" aria-label=${t('broadcast.source')}>${['camera', 'screen'].map((s) => html`<button type="button" key=${s}
      class="btn" aria-pressed=${choice.source === s ? 'true' : 'false'} onClick=${() => choose({ source: /** @type {any} */ (s) })}>${t('broadcast.source.' + s)}</button>`)}</div>`}
    ${choice.source === 'camera' && html`<label class="field"><span>${t('broadcast.camera')}</span><select class="input" name="camera" value=${choice.camera} onChange=${(/** @type {any} */ e) => pick('camera', e)}>
      <option value="">${t('broadcast.camera.auto')}</option>${list.cameras.map((d, i) => html`<option key=${d.deviceId} value=${d.deviceId}>${name(d, i, 'broadcast.camera.n')}</option>`)}</select></label>`}
    <label class="field"><span>${t('broadcast.microphone')}</span><select class="input" name="microphone" value=${choice.microphone} onChange=${(/** @type {any} */ e) => pick('microphone', e)}>
      <option value="">${t('broadcast.microphone.auto')}</option>${list.microphones.map((d, i) => html`<option key=${d.deviceId} value=${d.deviceId}>${name(d, i, 'broadcast.microphone.n')}</option>`)}
      <option value="none">${t('broadcast.microphone.none')}</option></select></label>
    <label class="field"><span>${t('broadcast.size')}</span><select class="input" name="height" value=${String(choice.height)} onChange=${(/** @type {any} */ e) => choose({ height: Number(e.currentTarget.value) })}>
      ${HEIGHTS.map((h) => html`<option key=${h} value=${String(h)}>${t('broadcast.size.' + h)}</option>`)}</select></label></div>`;
}

/** h:mm:ss of ms. @param {number} ms */
function length(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  return Math.floor(s / 3600) + ':' + String(Math.floor(s / 60) % 60).padStart(2, '0') + ':' + String(s % 60).padStart(2, '0');
}

/** @param {{hub: any, me: {name: string, session: string}}} p */
export function Studio({ hub, me }) {
  const kept = useMedia();
  const { media, error, choice } = kept;
  const sound = useSound(media);
  const [state, setState] = useState('off'); // off, connecting, live, lost or refused
  const [why, setWhy] = useState(/** @type {any} */ (null));
  const [since, setSince] = useState(0);
  const [label, setLabel] = useState('');
  const publisher = useRef(/** @type {Publisher|null} */ (null));
  const awake = useMemo(() => new Awake(), []);
  const box = useRef(/** @type {HTMLVideoElement|null} */ (null));
  const on = useOn(hub, me.session);
  /** @type {Doc.View|null} */
  const doc = useTopic(hub, 'stage/' + me.session); // pictures are the show's own, rehearsed or not
  const program = doc && doc.program;
  const sending = state === 'connecting' || state === 'live' || state === 'lost';
  const wanted = !!program && program.camera === me.name;
  const air = wanted && state === 'live';
  const losses = useRef(/** @type {number[]} */ ([]));
  const now = useNow(sending ? 1000 : 0);

  useEffect(() => { if (box.current) box.current.srcObject = media; }, [media]);
  useEffect(() => { if (media && publisher.current) publisher.current.replace(media); }, [media]);
  useEffect(() => { if (program && program.camera === me.name) setLabel(program.label); }, [program && program.camera]);
  useEffect(() => () => { if (publisher.current) publisher.current.stop(); awake.set(false); }, []);

  const start = () => {
    if (!media) return;
    const mine = new Publisher(`${base}/whip/${encodeURIComponent(me.session)}/${encodeURIComponent(me.name)}`, (s, err) => {
      if (publisher.current !== mine) return;
      setState(s);
      setWhy(err || null);
      if (s === 'live') setSince((at) => at || Date.now());
      if (s === 'lost') losses.current = [...losses.current, Date.now()].slice(-3);
      if (s === 'refused') { publisher.current = null; awake.set(false); }
    });
    publisher.current = mine;
    setSince(0);
    losses.current = [];
    awake.set(true);
    mine.start(media);
  };
  const stop = () => {
    const mine = publisher.current;
    publisher.current = null;
    if (mine) mine.stop();
    setState('off');
    setWhy(null);
    awake.set(false);
  };
  // Two devices on one link take the place from each other, again and again.
  const fought = losses.current.length === 3 && Date.now() - losses.current[0] < 60000;
  const video = media && media.getVideoTracks()[0];
  const size = video ? video.getSettings() : null;
  const mirrored = !!size && size.facingMode === 'user';
  return html`<div class=${'studio' + (air ? ' air' : '')}>
    <header><div class="grow"><b class="cut">${label || me.name}</b><span class="cut muted">${doc && doc.session ? doc.session.title : ''}</span></div>
      ${doc && on && on.take > 0 && html`<span class="chip take">${trial(doc, on.take)}</span>`}<${Language} /></header>
    <div class="picture">
      <video ref=${box} class=${mirrored ? 'mirrored' : ''} autoplay muted playsinline></video>
      ${!media && !error && html`<p class="over muted">${t('broadcast.opening')}</p>`}
      ${error && html`<div class="over"><p role="alert">${t(error)}</p>${!obstacle() && html`<button type="button" class="btn" onClick=${kept.again}>${t('retry')}</button>`}</div>`}
      <div class="tally" role="status">${air ? html`<b>ON AIR</b><span>${t('broadcast.air')}</span>` : html`<span class=${wanted ? 'bad' : ''}>${t(wanted ? 'broadcast.air.missing' : sending ? 'broadcast.air.not' : 'broadcast.air.off')}</span>`}</div>
      ${size && size.height && html`<span class="size fig">${size.width} × ${size.height}${size.frameRate ? ' · ' + Math.round(size.frameRate) : ''}</span>`}
    </div>
    <section class="desk">
      ${media && html`<${Meter} media=${media} db=${sound.db} silent=${sound.silent} />`}
      <div class="go"><p class=${'standing ' + state} role="status"><span class=${'dot ' + (state === 'live' ? 'good' : state === 'off' ? '' : state === 'refused' ? 'bad' : 'warn')}></span>
          <span>${t('broadcast.state.' + state)}</span>${state === 'live' && html`<span class="fig grow">${length(now - since)}</span>`}</p>
        ${why && (state === 'refused' || state === 'lost') && html`<p class="note warn">${errorText(why)}</p>`}
        ${sending && fought && html`<p class="note warn">${t('broadcast.fight')}</p>`}
        <button type="button" id="publish" class=${'btn ' + (sending ? 'stop' : 'main')} disabled=${!sending && !media} onClick=${sending ? stop : start}>${t(sending ? 'broadcast.stop' : 'broadcast.start')}</button>
        ${sending && html`<p class="small muted">${t('broadcast.stay')}</p>`}</div>
      <${Pickers} kept=${kept} />
      ${choice.source === 'screen' && html`<p class="small muted">${t('broadcast.screen.hint')}</p>`}
    </section><${Lost} hub=${hub} /></div>`;
}

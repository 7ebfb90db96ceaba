// What the pages share above the library: hooks for the live connection and the
// clock, and the few controls that every page has.

import { html, render, useEffect, useErrorBoundary, useLayoutEffect, useRef, useState } from '../vendor/ui.js';
import { api, base } from './api.js';
import { now } from './clock.js';
import { errorText, lang, load, setLang, t } from './i18n.js';

export { html, Fragment, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from '../vendor/ui.js';

/**
 * Loads the texts and shows the page in #app.
 * @param {string[]} rooms catalogues @param {any} App
 * @param {string[]} [codes] whose codes the page can get besides those of everyone
 */
export async function boot(rooms, App, codes) {
  followTheme();
  const app = /** @type {HTMLElement} */ (document.getElementById('app'));
  for (let wait = 500; ; wait = Math.min(wait * 2, 8000)) {
    const texts = load(rooms, codes);
    try {
      await Promise.all([texts, loadTracks()]);
      break;
    } catch (e) {
      if (/** @type {any} */ (e).code === 'contest.unknown' && await texts.then(() => true, () => false)) { nowhere(app, e); return; } await new Promise((f) => setTimeout(f, wait)); }
  }
  app.textContent = '';
  render(html`<${Guard}><${App} /><${Toasts} /><//>`, app);
}

/** Says that the address is of a contest that there is not. @param {HTMLElement} app @param {any} why */
function nowhere(app, why) {
  app.textContent = '';
  render(html`<div class="wait" id="nowhere"><h1>${errorText(why)}</h1><p><a class="btn main" href="/">${t('contest.home')}</a></p><p><${Language} /></p></div>`, app);
}

/** A page with data-theme="auto" takes the system's setting, and follows it. */
function followTheme() {
  const root = document.documentElement;
  if (root.dataset.theme !== 'auto') return;
  const light = matchMedia('(prefers-color-scheme: light)');
  const set = () => { root.dataset.theme = light.matches ? 'light' : 'night'; };
  set();
  if (light.addEventListener) light.addEventListener('change', set);
}

/** Shows what broke and how to go on, in place of a blank page. */
function Guard(/** @type {any} */ props) {
  const [error] = useErrorBoundary((e) => console.error(e));
  if (!error) return props.children;
  return html`<div class="wait"><p>${t('error.page')}</p><button class="btn main" onClick=${() => location.reload()}>${t('reload')}</button></div>`;
}

/** @type {Map<string, {no: number, short: string}>} */
const tracks = new Map();

async function loadTracks() {
  for (const x of await api('/v1/tracks')) tracks.set(x.id, x);
}

/** A style that sets the hue of a track. @param {string} id */
export function trackStyle(id) {
  const x = tracks.get(id);
  return x ? { '--track': `var(--track-${((x.no - 1) % 12) + 1})` } : {};
}

/** The name of a track in its hue. @param {{id: string, name?: string}} p */
export function Track({ id, name }) {
  const x = tracks.get(id);
  return html`<span class="track" style=${trackStyle(id)}>${name || (x ? x.short : id)}</span>`;
}

/** All tracks, in order. */
export function allTracks() { return [...tracks.entries()].map(([id, x]) => ({ id, no: x.no, short: x.short })); }

/** The document of a state topic, null until it came. @param {any} hub @param {string} name @returns {any} */
export function useTopic(hub, name) {
  const [, turn] = useState(0);
  const topic = name ? hub.topic(name) : null;
  useEffect(() => {
    if (!topic) return undefined;
    const f = () => turn((n) => n + 1);
    topic.seen.add(f);
    f();
    return () => { topic.seen.delete(f); };
  }, [hub, name]);
  return topic ? topic.doc : null;
}

/** The documents of several state topics. @param {any} hub @param {string[]} names @returns {any[]} */
export function useTopics(hub, names) {
  const [, turn] = useState(0);
  const topics = names.map((n) => hub.topic(n));
  useEffect(() => {
    const f = () => turn((n) => n + 1);
    topics.forEach((x) => x.seen.add(f));
    return () => { topics.forEach((x) => x.seen.delete(f)); };
  }, [hub, names.join(' ')]);
  return topics.map((x) => x.doc);
}

/** How the connection stands; draws anew whenever that changes. @param {any} hub @returns {string} */
export function useStatus(hub) {
  const [, turn] = useState(0);
  useEffect(() => {
    const f = () => turn((n) => n + 1);
    hub.watchers.add(f);
    f();
    return () => { hub.watchers.delete(f); };
  }, [hub]);
  return hub.status;
}

/** The server's time, anew every so many ms; 0 stands still. @param {number} every */
export function useNow(every) {
  const [at, set] = useState(now());
  useEffect(() => {
    if (!every) return undefined;
    const timer = setInterval(() => set(now()), every);
    set(now());
    return () => clearInterval(timer);
  }, [every]);
  return every ? at : now();
}

/**
 * Data of the API: [data, error, reload].
 * @template {string} P
 * @param {P|null} path @returns {[import('./api.js').Answer<P, {}> | null, any, () => Promise<void>]}
 */
export function useApi(path) {
  const [state, set] = useState({ data: /** @type {any} */ (null), error: /** @type {any} */ (null) });
  const get = async () => {
    if (!path) return;
    try { set({ data: await api(path), error: null }); } catch (error) { set((s) => ({ data: s.data, error })); }
  };
  useEffect(() => { get(); }, [path]);
  return [state.data, state.error, get];
}

/** Counts towards a number and lands on it exactly; from is where the first count starts.
    @param {number} value @param {number} [ms] @param {number} [places] @param {number} [start] */
export function useCount(value, ms = 600, places = 0, start = value) {
  const [shown, set] = useState(start);
  const from = useRef(start);
  useEffect(() => {
    const began = performance.now(), a = from.current;
    if (a === value || matchMedia('(prefers-reduced-motion: reduce)').matches) { from.current = value; set(value); return undefined; }
    let frame = 0;
    const step = (/** @type {number} */ at) => {
      const p = Math.min(1, Math.max(0, at - began) / ms), eased = 1 - (1 - p) ** 3;
      from.current = p === 1 ? value : a + (value - a) * eased;
      set(from.current);
      if (p < 1) frame = requestAnimationFrame(step);
    };
    frame = requestAnimationFrame(step);
    return () => cancelAnimationFrame(frame);
  }, [value]);
  return places ? Number(shown).toFixed(places) : Math.round(shown);
}

/** A button for what can't be taken back: it acts after being held for 800 ms. */
export function Hold(/** @type {any} */ p) {
  const [held, set] = useState(false);
  const timer = useRef(/** @type {any} */ (null));
  const stop = () => { clearTimeout(timer.current); timer.current = null; set(false); };
  const start = () => {
    if (p.disabled || timer.current) return;
    set(true);
    timer.current = setTimeout(() => { stop(); p.onHold(); }, 800);
  };
  useEffect(() => stop, []);
  useEffect(() => { if (p.disabled) stop(); }, [p.disabled]); // one that is disabled never hears that it was let go
  const { onHold, class: c, children, ...rest } = p;
  return html`<button type="button" ...${rest} class=${'btn hold ' + (c || '') + (held ? ' held' : '')}
    onPointerDown=${start} onPointerUp=${stop} onPointerLeave=${stop} onPointerCancel=${stop}
    onKeyDown=${(/** @type {any} */ e) => { if (e.key !== ' ' && e.key !== 'Enter') return; e.preventDefault(); if (!e.repeat && !(e.ctrlKey || e.metaKey || e.altKey || e.shiftKey)) start(); }}
    onKeyUp=${stop} onBlur=${stop} onContextMenu=${(/** @type {any} */ e) => e.preventDefault()}>${children}</button>`;
}

/** Says that the connection is lost, and that it comes back by itself. */
export function Lost(/** @type {{hub: any}} */ { hub }) {
  const status = useStatus(hub);
  const [late, setLate] = useState(false);
  useEffect(() => { // a blink is no news
    setLate(false);
    const timer = setTimeout(() => setLate(true), 1500);
    return () => clearTimeout(timer);
  }, [status]);
  if (status === 'refused' && hub.why && hub.why.away) {
    return html`<div class="lost" role="alert"><span class="dot bad"></span>${errorText(hub.why)}<button type="button" class="btn slim" onClick=${() => location.reload()}>${t('reload')}</button></div>`;
  }
  if (status === 'live' || status === 'refused' || !(late || hub.quiet)) return null;
  return html`<div class="lost" role="status" data-lost=${hub.plain ? 'plain' : 'lost'}><span class="dot warn"></span>${t(hub.plain ? 'lost.plain' : 'lost')}</div>`;
}

/** @type {(x: {text: string, kind: string}) => void} */
let tell = () => {};

/** Says something at the foot of the page for a while. @param {string} text @param {string} [kind] good, bad */
export function toast(text, kind = '') { tell({ text, kind }); }

/** Tells an error in the user's language. @param {any} err */
export function toastError(err) { toast(errorText(err), 'bad'); }

function Toasts() {
  const [list, set] = useState(/** @type {any[]} */ ([]));
  useLayoutEffect(() => {
    tell = (x) => {
      const one = { ...x, id: Math.random() };
      set((l) => [...l.filter((y) => y.text !== one.text || y.kind !== one.kind).slice(-2), one]); // said again, it is said once
      setTimeout(() => set((l) => l.filter((y) => y.id !== one.id)), x.kind === 'bad' ? 6000 : 3000);
    };
  }, []);
  return html`<div class="toasts" aria-live="polite">${list.map((x) => html`<div key=${x.id} class=${'toast ' + x.kind}>${x.text}</div>`)}</div>`;
}

/** The contests that one has a role in, to go to another one's same page; nothing where there is one only.
    @param {{me: Doc.Me, page: string, class?: string}} p */
export function Contests({ me, page, class: c }) {
  if (me.contests.length < 2) return null;
  const go = (/** @type {any} */ e) => {
    const to = e.target.value;
    e.target.value = base; // it stays where the page does: leaving it may be asked about
    location.assign(to + page);
  };
  return html`<select class=${'contests ' + (c || '')} aria-label=${t('contests')} value=${base} onChange=${go}>
    ${me.contests.map((x) => html`<option key=${x.code} value=${x.base}>${x.name}</option>`)}</select>`;
}

/** The switch between 中文 and English. */
export function Language() {
  const other = lang() === 'zh' ? 'en' : 'zh';
  return html`<button type="button" class="btn quiet slim" onClick=${() => setLang(other)}>${other === 'en' ? 'English' : '中文'}</button>`;
}

/** A ring that empties: part 0…1. The text inside is the caller's. */
export function Ring(/** @type {any} */ { part, urgent, children, class: c }) {
  const round = 2 * Math.PI * 45;
  return html`<div class=${'ring ' + (c || '') + (urgent ? ' urgent' : '')}>
    <svg viewBox="0 0 100 100" aria-hidden="true"><circle class="rail" cx="50" cy="50" r="45" /><circle class="arc" cx="50" cy="50" r="45"
      stroke-dasharray=${round} stroke-dashoffset=${round * (1 - Math.max(0, Math.min(1, part)))} /></svg>
    <div>${children}</div></div>`;
}

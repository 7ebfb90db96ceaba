// The host's prompter (主持): what to say now, how much time is left, what comes
// next, and one key. It holds nothing that the hall doesn't know.

import { api, dropToken, takeToken } from '../lib/api.js';
import { timeOfDay } from '../lib/clock.js';
import { Hub } from '../lib/hub.js';
import { errorText, t } from '../lib/i18n.js';
import { trial, useOn } from '../lib/on.js';
import { Language, Lost, boot, html, useEffect, useMemo, useNow, useRef, useState, useStatus, useTopic } from '../lib/ui.js';
import { Clock } from './clock.js';
import { Go } from './go.js';

takeToken('host');

/** Keeps the phone awake in the host's hand, where the browser lets us. */
function useAwake() {
  useEffect(() => {
    /** @type {any} */
    let lock = null;
    const ask = async () => {
      if (document.hidden || !('wakeLock' in navigator)) return;
      try { lock = await /** @type {any} */ (navigator).wakeLock.request('screen'); } catch (e) { /* battery saving, say */ }
    };
    ask();
    document.addEventListener('visibilitychange', ask);
    addEventListener('pointerdown', ask, { once: true }); // some browsers want a tap first
    return () => { document.removeEventListener('visibilitychange', ask); removeEventListener('pointerdown', ask); if (lock) lock.release(); };
  }, []);
}

/** The standby lights: connection, picture, and the director's word. */
function Lights(/** @type {{status: string, view: Doc.View, next: Doc.HostNext | null, ended: boolean}} */ { status, view, next, ended }) {
  const program = view.program, none = !program;
  const air = !!program && program.state === 'live';
  const go = ended || !next ? ['', 'light.idle'] : next.fire ? (next.confirm ? ['live', 'light.armed'] : ['good', 'light.go']) : ['', 'light.wait'];
  const light = (/** @type {string} */ id, /** @type {string} */ colour, /** @type {string} */ key) => html`<li data-light=${id} class=${colour}><i class=${'dot ' + colour}></i>${t(key)}</li>`;
  return html`<ul class="lights" aria-label=${t('lights')}>
    ${light('link', status === 'live' ? 'good' : 'warn', status === 'live' ? 'light.online' : 'light.lost')}
    ${light('air', none ? '' : air ? 'good' : 'warn', none ? 'light.nocam' : air ? 'light.air' : 'light.slate')}
    ${light('go', go[0], go[1])}</ul>`;
}

/** How large a line may be and still fit. @param {string} line */
function size(line) { return line.length <= 28 ? 'short' : line.length <= 64 ? 'middle' : 'long'; }

function Now(/** @type {{host: Doc.HostView}} */ { host }) {
  const box = useRef(/** @type {HTMLElement|null} */ (null));
  const line = host.now ? host.now.vacant ? t('line.vacant', { award: host.now.vacant }) : host.now.line || t('line.none') : t(host.ended ? 'ended.line' : 'before.line');
  useEffect(() => { if (box.current) box.current.scrollTop = 0; }, [line]);
  return html`<section class="now"><h2><span>${t('now')}</span>${host.now && html`<b class="cut">${host.now.title}</b>`}</h2>
    <p ref=${box} id="line" class=${size(line) + (host.now || host.ended ? '' : ' muted')} aria-live="polite">${line}</p></section>`;
}

function Next(/** @type {{next: Doc.HostNext | null, ended: boolean}} */ { next, ended }) {
  if (ended || !next) return html`<section class="next"><h2><span>${t('then')}</span><b>${t(ended ? 'ended.line' : 'then.none')}</b></h2></section>`;
  return html`<section class="next"><h2><span>${t('then')}</span><b class="cut">${next.title}</b>
    ${next.steps > 1 && html`<em class="fig">${next.step}/${next.steps}</em>`}</h2>
    ${next.line && html`<p>${next.line}</p>`}</section>`;
}

function Time() { return html`<time class="fig">${timeOfDay(useNow(250))}</time>`; }

function Prompter(/** @type {{hub: any, on: Doc.OnAir}} */ { hub, on }) {
  /** @type {Doc.HostView|null} */
  const host = useTopic(hub, 'host/' + on.show);
  /** @type {Doc.View|null} */
  const view = useTopic(hub, 'stage/' + on.show);
  const status = useStatus(hub);
  useAwake();
  const ready = !!(host && host.next && host.next.confirm && host.next.fire);
  useEffect(() => { // felt in the hand when the director has armed
    if (ready && navigator.vibrate) navigator.vibrate(80);
  }, [ready]);
  if (!host || !view) return html`<div class="wait"><p>${t(status === 'lost' ? 'lost' : 'loading')}</p></div>`;
  const title = view.session ? view.session.title : '';
  return html`<div class=${'prompter' + (host.ended ? ' ended' : '')}>
    <header><h1 class="cut" title=${title}>${title}</h1>${trial(view, on.take) && html`<span class="trial">${trial(view, on.take)}</span>`}<${Time} /></header>
    <${Lights} status=${status} view=${view} next=${host.next} ended=${host.ended} />
    ${(view.notice || view.blackout) && html`<div class="notes">${view.blackout && html`<p class="note bad">${t('blackout')}</p>`}
      ${view.notice && html`<p class="note warn">${view.notice.text}</p>`}</div>`}
    <${Clock} host=${host} view=${view} />
    <${Now} host=${host} />
    <${Next} next=${host.next} ended=${host.ended} />
    <${Go} hub=${hub} session=${on.show} host=${host} view=${view} status=${status} />
    <${Lost} hub=${hub} />
  </div>`;
}

/** What to do when the link is not, or no longer, good. */
function Refused(/** @type {{error: any}} */ { error }) {
  const again = () => { dropToken('host'); location.reload(); };
  return html`<main class="wait door"><h1>${t('refused')}</h1><p>${error ? errorText(error) : t('refused.none')}</p><p>${t('refused.how')}</p>
    <button type="button" class="btn" onClick=${again}>${t('retry')}</button><${Language} /></main>`;
}

function Room(/** @type {{session: string}} */ { session }) {
  const hub = useMemo(() => new Hub().start(), []);
  const on = useOn(hub, session);
  const status = useStatus(hub);
  if (status === 'refused') return html`<${Refused} error=${hub.why} />`;
  if (!on) return html`<div class="wait"><p>${t(status === 'lost' ? 'lost' : 'loading')}</p></div>`;
  return html`<${Prompter} key=${on.show} hub=${hub} on=${on} />`;
}

const MAY = ['host', 'director', 'organiser'];

function App() {
  const [state, set] = useState(/** @type {{session: string, error: any, ready: boolean}} */ ({ session: '', error: null, ready: false }));
  const look = async () => {
    try {
      const me = await api('/v1/me');
      let session = '';
      if (me.roles.some((/** @type {string} */ r) => MAY.includes(r))) {
        session = me.session || new URLSearchParams(location.search).get('session') || '';
        if (!session) session = ((await api('/v1/sessions'))[0] || {}).id || '';
      }
      set({ session, error: null, ready: true });
    } catch (error) {
      set({ session: '', error, ready: true });
    }
  };
  useEffect(() => { look(); }, []);
  if (!state.ready) return html`<div class="wait"><p>${t('loading')}</p></div>`;
  if (state.error && state.error.away) {
    return html`<main class="wait"><h1>${t('offline')}</h1><p>${errorText(state.error)}</p><button type="button" class="btn main" onClick=${look}>${t('retry')}</button></main>`;
  }
  if (!state.session) return html`<${Refused} error=${state.error} />`;
  return html`<${Room} session=${state.session} />`;
}

boot(['host'], App, ['crew']);

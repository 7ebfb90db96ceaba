// The desk: rundown left, what comes and what is on air in the middle, screens
// and the audience's lines right, the keys below.

import { api } from '../lib/api.js';
import { now, timeOfDay } from '../lib/clock.js';
import { number, t } from '../lib/i18n.js';
import { Language, Lost, html, toastError, useEffect, useNow, useRef, useStatus, useTopic } from '../lib/ui.js';
import { Bar } from './bar.js';
import { useCommands } from './command.js';
import { Danmaku, Notice } from './danmaku.js';
import { checks } from './facts.js';
import { Cameras, Monitors } from './monitors.js';
import { Ballots, Judges, Screens, Warnings } from './room.js';
import { Rundown } from './rundown.js';

function Clock() {
  return html`<time class="clock fig">${timeOfDay(useNow(250))}</time>`;
}

/** Keeps the desk's display awake where the browser lets us. */
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
    return () => { document.removeEventListener('visibilitychange', ask); if (lock) lock.release(); };
  }, []);
}

/**
 * Screens with the lag that has lasted here. The server counts from a screen's
 * last report, so that a quiet screen seems late for a moment at every change.
 * @param {any} staff
 */
function useLasting(staff) {
  const behind = useRef(/** @type {Map<string, number>} */ (new Map()));
  if (!staff) return staff;
  const at = now();
  for (const s of staff.screens) {
    if (s.lag === 0) behind.current.delete(s.name);
    else if (!behind.current.has(s.name)) behind.current.set(s.name, at);
  }
  const lag = (/** @type {any} */ s) => (s.lag ? Math.min(s.lag, at - (behind.current.get(s.name) || at)) : 0);
  return { ...staff, screens: staff.screens.map((/** @type {any} */ s) => ({ ...s, lag: lag(s) })) };
}

function Titles(/** @type {any} */ { view, session, sessions }) {
  const go = (/** @type {any} */ e) => {
    const u = new URL(location.href);
    u.searchParams.set('session', e.target.value);
    location.assign(u.href);
  };
  const title = (view.session && view.session.title) || (sessions.find((/** @type {any} */ s) => s.id === session) || {}).title || session;
  return html`<h1 class="cut" title=${title}>${title}</h1>
    ${sessions.length > 1 && html`<label class="other" title=${t('session.change')}><span class="sr">${t('session.change')}</span>
      <select value=${session} onChange=${go}>${sessions.map((/** @type {any} */ s) => html`<option value=${s.id}>${s.title}</option>`)}</select></label>`}`;
}

function Top(/** @type {any} */ { view, staff, session, sessions, onOut }) {
  const list = checks(staff);
  const good = list.filter((c) => c.ok).length;
  const missing = list.filter((c) => !c.ok).map((c) => c.name).join(t('list.comma'));
  const live = view.session && view.session.mode === 'live';
  const out = async () => {
    try { await api('/v1/signout', { method: 'POST' }); onOut(); } catch (err) { toastError(err); }
  };
  return html`<header class="top">
    <${Titles} view=${view} session=${session} sessions=${sessions} />
    ${view.session && view.session.ended ? html`<span class="chip">${t('ended')}</span>`
      : html`<span class=${'chip mode ' + (live ? 'live' : 'trial')}><i class=${'dot ' + (live ? 'live' : 'warn')}></i>${t(live ? 'mode.live' : 'mode.rehearsal')}</span>`}
    <span class=${'chip ready ' + (good === list.length ? 'good' : 'warn')} title=${missing ? t('ready.missing', { list: missing }) : ''}>${t('ready')} <b class="fig">${good}/${list.length}</b></span>
    <span class="grow"></span>
    <span class="chip crowd">${t('audience')} <b class="fig">${number(staff.audience)}</b></span>
    <${Clock} />
    <span class="self"><${Language} /><button type="button" class="btn quiet slim" onClick=${out}>${t('sign.out')}</button></span>
  </header>`;
}

/** @param {{hub: any, me: any, session: string, sessions: any[], onOut: () => void}} p */
export function Desk({ hub, me, session, sessions, onOut }) {
  const staff = useLasting(useTopic(hub, 'staff/' + session));
  const view = useTopic(hub, 'stage/' + session);
  const directs = me.roles.includes('director') || me.roles.includes('organiser');
  const prompter = useTopic(hub, directs ? 'host/' + session : '');
  const status = useStatus(hub);
  const { busy, send } = useCommands(hub, session);
  useAwake();
  useEffect(() => { if (view && view.session) document.title = view.session.title + ' · ' + t('title'); }, [view && view.session]);
  if (!staff || !view) return html`<div class="wait"><p>${t(status === 'lost' ? 'lost' : 'loading')}</p></div>`;
  const can = directs && status === 'live' && !(view.session && view.session.ended);
  return html`<div class=${'desk' + (view.blackout ? ' black' : '')}>
    <${Top} view=${view} staff=${staff} session=${session} sessions=${sessions} onOut=${onOut} />
    <${Rundown} staff=${staff} can=${can && !busy} send=${send} />
    <main class="mid">
      <${Monitors} session=${session} staff=${staff} view=${view} prompter=${prompter} />
      <${Cameras} session=${session} staff=${staff} can=${can} send=${send} />
      <${Ballots} staff=${staff} />
      <${Judges} staff=${staff} view=${view} />
    </main>
    <aside class="side">
      <${Screens} staff=${staff} />
      <${Warnings} staff=${staff} view=${view} />
      <${Danmaku} hub=${hub} session=${session} staff=${staff} view=${view} can=${status === 'live'} send=${send} />
      <${Notice} view=${view} can=${can} send=${send} />
    </aside>
    <${Bar} staff=${staff} view=${view} can=${can} status=${status} busy=${busy} send=${send} />
    <${Lost} hub=${hub} />
  </div>`;
}

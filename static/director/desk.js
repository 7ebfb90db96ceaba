// The desk: rundown left, what comes and what is on air in the middle, screens
// and the audience's lines right, the keys below.

import { api } from '../lib/api.js';
import { now, timeOfDay } from '../lib/clock.js';
import { number, t } from '../lib/i18n.js';
import { trial } from '../lib/on.js';
import { useStale } from '../lib/stale.js';
import { Contests, Language, Lost, html, toastError, useEffect, useNow, useRef, useStatus, useTopic } from '../lib/ui.js';
import { Bar } from './bar.js';
import { useCommands } from './command.js';
import { Danmaku, Notice } from './danmaku.js';
import { Decisions, Ended } from './decisions.js';
import { checks } from './facts.js';
import { Cameras, Monitors, Programme } from './monitors.js';
import { Ballots, Judges, Screens, Warnings } from './room.js';
import { Rundown } from './rundown.js';
import { Begin, Taking } from './takes.js';

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
 * @param {Doc.Desk} staff
 */
function useLasting(staff) {
  const behind = useRef(/** @type {Map<string, number>} */ (new Map()));
  if (!staff) return staff;
  const at = now();
  for (const s of staff.screens) {
    if (s.lag === 0) behind.current.delete(s.name);
    else if (!behind.current.has(s.name)) behind.current.set(s.name, at);
  }
  const lag = (/** @type {Doc.Screen} */ s) => (s.lag ? Math.min(s.lag, at - (behind.current.get(s.name) || at)) : 0);
  return { ...staff, screens: staff.screens.map((s) => ({ ...s, lag: lag(s) })) };
}

function Titles(/** @type {{view: Doc.View, session: string, sessions: Doc.Session[]}} */ { view, session, sessions }) {
  const go = (/** @type {any} */ e) => {
    const u = new URL(location.href);
    u.searchParams.set('session', e.target.value);
    location.assign(u.href);
  };
  const title = (view.session && view.session.title) || (sessions.find((s) => s.id === session) || {}).title || session;
  return html`<h1 class="cut" title=${title}>${title}</h1>
    ${sessions.length > 1 && html`<label class="other" title=${t('session.change')}><span class="sr">${t('session.change')}</span>
      <select value=${session} onChange=${go}>${sessions.map((s) => html`<option value=${s.id}>${s.title}</option>`)}</select></label>`}`;
}

function Top(/** @type {{me: Doc.Me, view: Doc.View, take: number, staff: Doc.Desk, heard: any, session: string, sessions: Doc.Session[], onOut: any}} */ { me, view, take, staff, heard, session, sessions, onOut }) {
  const list = checks(staff);
  const good = list.filter((c) => c.ok).length;
  const missing = list.filter((c) => !c.ok).map((c) => c.name).join(t('list.comma'));
  const s = view.session, state = !s || !s.begun ? 'planned' : s.ended ? 'ended' : 'live';
  const marked = trial(view, take);
  const out = async () => {
    try { await api('/v1/signout', { method: 'POST' }); onOut(); } catch (err) { toastError(err); }
  };
  return html`<header class="top">
    <${Titles} view=${view} session=${session} sessions=${sessions} />
    ${(!take || state === 'ended') && html`<span class=${'chip mode ' + state} data-state=${state}><i class=${'dot ' + state}></i>${t('session.state.' + state)}</span>`}
    ${marked && html`<span class="chip mode trial"><i class="dot warn"></i>${marked}</span>`}
    ${heard ? html`<span class="chip ready warn" role="status" data-silent>${t('silent')} <b class="fig">${timeOfDay(heard)}</b></span>`
      : html`<span class=${'chip ready ' + (good === list.length ? 'good' : 'warn')} title=${missing ? t('ready.missing', { list: missing }) : ''}>${t('ready')} <b class="fig">${good}/${list.length}</b></span>`}
    <span class="grow"></span>
    <span class="chip crowd">${t('audience')} <b class="fig">${heard ? '—' : number(staff.audience)}</b></span>
    <${Clock} />
    <${Contests} me=${me} page="/director" />
    <span class="self"><${Language} /><button type="button" class="btn quiet slim" onClick=${out}>${t('sign.out')}</button></span>
  </header>`;
}

/** What a person should know at once, above all else. @param {{list: Doc.Alarm[]}} p */
function Alarms({ list }) {
  if (!list || !list.length) return null;
  return html`<ul class="alarms" role="alert">${list.map((a, /** @type {number} */ i) => html`<li key=${i} data-alarm=${a.code}><i class="dot bad"></i>${t('alarm.' + a.code, a.args)}</li>`)}</ul>`;
}

/** @param {{hub: any, me: Doc.Me, session: string, on: Doc.OnAir, sessions: Doc.Session[], text: string, onText: (text: any) => void, onOut: () => void}} p */
export function Desk({ hub, me, session, on, sessions, text, onText, onOut }) {
  const { show, take } = on;
  /** @type {Doc.Desk|null} */
  const staff = useLasting(useTopic(hub, 'staff/' + show));
  /** @type {Doc.View|null} */
  const view = useTopic(hub, 'stage/' + show);
  const directs = me.roles.includes('director') || me.roles.includes('organiser');
  /** @type {Doc.HostView|null} */
  const prompter = useTopic(hub, directs ? 'host/' + show : '');
  const status = useStatus(hub);
  const heard = useStale(hub), blind = heard > 0; // what was measured is known no more
  const { busy, send } = useCommands(hub, show);
  useAwake();
  useEffect(() => { if (view && view.session) document.title = view.session.title + ' · ' + t('title'); }, [view && view.session]);
  if (!staff || !view) return html`<div class="wait"><p>${t(status === 'lost' ? 'lost' : 'loading')}</p></div>`;
  const can = directs && status === 'live' && !(view.session && view.session.ended);
  return html`<div class=${'desk' + (view.blackout ? ' black' : '')}>
    <${Top} me=${me} view=${view} take=${take} staff=${staff} heard=${heard} session=${session} sessions=${sessions} onOut=${onOut} />
    <div class="above"><${Taking} session=${session} on=${on} me=${me} live=${status === 'live'} /><${Alarms} list=${staff.alarms} /></div>
    <${Rundown} staff=${staff} me=${me} can=${can && !busy} send=${send} />
    <main class="mid">
      ${view.session && view.session.ended && html`<${Ended} directs=${directs} live=${status === 'live'} send=${send} />`}
      <${Decisions} staff=${staff} can=${can} send=${send} />
      <${Monitors} staff=${staff} view=${view} prompter=${prompter} />
      <${Judges} staff=${staff} view=${view} blind=${blind} />
      <${Ballots} staff=${staff} />
      <${Cameras} session=${session} take=${take} staff=${staff} blind=${blind} can=${can} send=${send} />
    </main>
    <aside class="side">
      <${Programme} session=${session} staff=${staff} view=${view} />
      <${Screens} staff=${staff} blind=${blind} />
      <${Warnings} staff=${staff} view=${view} blind=${blind} />
      <${Danmaku} hub=${hub} session=${show} staff=${staff} view=${view} can=${status === 'live'} send=${send} />
      <${Notice} view=${view} can=${can} send=${send} text=${text} onText=${onText} />
      <${Begin} session=${session} on=${on} me=${me} live=${status === 'live'} />
    </aside>
    <${Bar} staff=${staff} view=${view} can=${can} status=${status} busy=${busy} send=${send} />
    <${Lost} hub=${hub} />
  </div>`;
}

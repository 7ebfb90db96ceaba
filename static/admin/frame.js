// The page around the tabs: navigation, who is signed in, and what the tabs
// share (the plan, the overview, the chosen session, texts not yet saved).

import { now } from '../lib/clock.js';
import { t } from '../lib/i18n.js';
import { Contests, Language, html, toastError, useEffect, useRef, useState } from '../lib/ui.js';
import { Ballots } from './ballots.js';
import { call, useData } from './call.js';
import { Cameras } from './cameras.js';
import { Changes } from './changes.js';
import { Entries } from './entries.js';
import { Judges } from './judges.js';
import { Lineup } from './lineup.js';
import { Links } from './links.js';
import { Overview } from './overview.js';
import { Leaving, Load } from './parts.js';
import { Results } from './results.js';
import { Rundown } from './rundown.js';
import { SessionsTab } from './sessions.js';
import { Staff } from './staff.js';
import { Tickets } from './tickets.js';
import { stamp } from './time.js';
import { unsaved } from './unsaved.js';

/** @typedef {{me: Doc.Me, plan: Doc.Contest, overview: Doc.Overview, refresh: () => Promise<void>, session: string, pick: (id: string) => void,
    go: (tab: string) => void, keep: {codes: string[]|null, page?: string, saved: boolean, drafts: Record<string, import('./draft.js').Kept>, lineups: import('./lineup.js').Drafts}}} Ctx */

/** Each tab with the path of its 24 px icon. @type {[string, any, string][]} */
const TABS = [
  ['overview', Overview, 'M4 4h7v9H4zM15 4h5v5h-5zM15 13h5v7h-5zM4 17h7v3H4z'],
  ['entries', Entries, 'M9 6h11M9 12h11M9 18h11M4 6h1M4 12h1M4 18h1'],
  ['judges', Judges, 'M12 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM5 20c0-3.6 3.2-5.5 7-5.5s7 1.9 7 5.5'],
  ['sessions', SessionsTab, 'M4 6h16v14H4zM4 10h16M8 3v4M16 3v4M8 14h3M8 17h6'],
  ['lineup', Lineup, 'M4 6h9M4 12h9M4 18h6M18 5v14M15 16l3 3 3-3'],
  ['ballots', Ballots, 'M4 13v7h16v-7M4 13l3-9h10l3 9zM9 13h6M9.500 8.500l2 2 3.500-3.500'],
  ['links', Links, 'M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h3v3M20 14v1M14 20h2M19 19h1v1'],
  ['staff', Staff, 'M9 11a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM2.500 20c0-3.600 2.900-5.500 6.500-5.500s6.500 1.900 6.500 5.500M19 8v6M16 11h6'],
  ['tickets', Tickets, 'M3 9V6h18v3a3 3 0 0 0 0 6v3H3v-3a3 3 0 0 0 0-6zM14 7v2M14 11v2M14 15v2'],
  ['cameras', Cameras, 'M3 7h12v10H3zM15 11l6-3v8l-6-3z'],
  ['rundown', Rundown, 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7v5l3.500 2'],
  ['results', Results, 'M7 4h10v5a5 5 0 0 1-10 0zM12 14v4M8 20h8M7 6H4c0 3 1.200 4.500 3.300 4.700M17 6h3c0 3-1.200 4.500-3.300 4.700'],
  ['changes', Changes, 'M4 12a8 8 0 1 0 2.500-5.800M4 4v4h4M12 8v4.500l3 1.500'],
];

/** Whether the person runs the office; an auditor only reads what was done. @param {Doc.Me} me */
function runs(me) { return me.roles.includes('organiser'); }

/** The tabs that somebody may see. @param {Doc.Me} me */
function tabsOf(me) { return runs(me) ? TABS : TABS.filter((x) => x[0] === 'changes'); }

/** The tab in the address. @param {typeof TABS} tabs */
function asked(tabs) {
  const name = location.hash.slice(1);
  return tabs.some((x) => x[0] === name) ? name : tabs[0][0];
}

/** The tab, the one that waits for an answer because this one holds something unsaved, and the answer.
    @param {typeof TABS} tabs @returns {[string, string, (yes: boolean) => void]} */
function useTab(tabs) {
  const [tab, set] = useState(asked(tabs));
  const [next, wait] = useState('');
  const here = useRef(tab);
  const turn = (/** @type {string} */ to) => { here.current = to; set(to); wait(''); scrollTo(0, 0); };
  useEffect(() => {
    const f = () => {
      const to = asked(tabs);
      if (to === here.current) return;
      if (!unsaved()) { turn(to); return; }
      history.replaceState(null, '', '#' + here.current);
      wait(to);
    };
    addEventListener('hashchange', f);
    return () => removeEventListener('hashchange', f);
  }, []);
  const answer = (/** @type {boolean} */ yes) => {
    if (!yes) { wait(''); return; }
    history.replaceState(null, '', '#' + next);
    turn(next);
  };
  return [tab, next, answer];
}

/** What is filled in and not saved, by who is signed in: it outlives a session that runs out. @type {Map<string, Ctx['keep']>} */
const kept = new Map();

/** @param {string} name @returns {Ctx['keep']} */
function keepOf(name) {
  const had = kept.get(name) || { codes: null, saved: true, drafts: {}, lineups: {} };
  kept.set(name, had);
  return had;
}

/** Whether the page holds what would be lost with it. @param {Ctx['keep']} keep */
function holds(keep) {
  return unsaved() || !!(keep.codes && !keep.saved) || Object.keys(keep.drafts).length > 0 || Object.keys(keep.lineups).length > 0;
}

/** Asks before the page goes with what can't be fetched again. @param {Ctx['keep']} keep */
function useLeave(keep) {
  useEffect(() => {
    const f = (/** @type {BeforeUnloadEvent} */ e) => { if (holds(keep)) e.preventDefault(); };
    addEventListener('beforeunload', f);
    return () => removeEventListener('beforeunload', f);
  }, []);
}

/** @param {{tab: string, tabs: typeof TABS}} p */
function Nav({ tab, tabs }) {
  const strip = useRef(/** @type {HTMLElement|null} */ (null));
  useEffect(() => { // on a narrow page the tabs scroll: the current one stays in sight
    const el = strip.current, on = el && /** @type {HTMLElement|null} */ (el.querySelector('[aria-current]'));
    if (el && on) el.scrollLeft = on.offsetLeft - (el.clientWidth - on.offsetWidth) / 2;
  }, [tab]);
  return html`<nav class="tabs" ref=${strip} aria-label=${t('nav')}>${tabs.map(([name, , icon]) => html`
    <button type="button" key=${name} data-tab=${name} aria-current=${tab === name ? 'page' : null} onClick=${() => { location.hash = name; }}>
      <svg viewBox="0 0 24 24" aria-hidden="true"><path d=${icon} /></svg><span>${t('tab.' + name)}</span></button>`)}</nav>`;
}

/** @param {{me: Doc.Me, plan: Doc.Contest, onOut: () => void}} p */
export function Frame({ me, plan, onOut }) {
  const tabs = tabsOf(me);
  const [tab, next, answer] = useTab(tabs);
  const [going, setGoing] = useState(false); // out, with something unsaved
  const overview = useData(runs(me) ? '/v1/admin/overview' : null, tab === 'overview' ? 10000 : 0);
  const [session, setSession] = useState(new URLSearchParams(location.search).get('session') || '');
  const keep = keepOf(me.name);
  useLeave(keep);
  const leave = async () => {
    try { await call('/v1/signout', { method: 'POST' }); } catch (err) { toastError(err); return; }
    kept.delete(me.name);
    onOut();
  };
  const pick = (/** @type {string} */ id) => {
    const u = new URL(location.href);
    u.searchParams.set('session', id);
    history.replaceState(null, '', u.href);
    setSession(id);
  };
  const sessions = (overview.data && overview.data.sessions) || [];
  const known = sessions.some((s) => s.id === session);
  const ctx = {
    me, plan, overview: overview.data, refresh: overview.reload, keep, pick,
    session: known ? session : (sessions[0] || { id: '' }).id,
    go: (/** @type {string} */ name) => { location.hash = name; },
  };
  const Tab = (tabs.find((x) => x[0] === tab) || tabs[0])[1];
  return html`<div class="frame">
    <header class="side">
      <div class="brand"><strong>${t('brand')}</strong>${me.contests.length > 1 ? html`<${Contests} me=${me} page="/admin" class="input" />` : html`<span class="muted small">${plan.shortName}</span>`}</div>
      <${Nav} tab=${tab} tabs=${tabs} />
      <div class="who"><span class="cut" title=${me.name}>${me.name}</span><${Language} />
        <button type="button" class="btn quiet slim" id="sign-out" onClick=${() => (holds(keep) ? setGoing(true) : leave())}>${t('sign.out')}</button></div>
    </header>
    <main class="work" data-page=${tab}>
      <p class="printed small">${plan.name} · ${stamp(now(), plan.timezone)}</p>
      ${runs(me) ? html`<${Load} of=${overview}>${() => html`<${Tab} key=${tab} ctx=${ctx} />`}<//>` : html`<${Tab} key=${tab} ctx=${ctx} />`}
    </main>
    ${next && html`<${Leaving} onStay=${() => answer(false)} onLeave=${() => answer(true)} />`}
    ${going && html`<${Leaving} onStay=${() => setGoing(false)} onLeave=${() => { setGoing(false); leave(); }} />`}
  </div>`;
}

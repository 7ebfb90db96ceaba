// The live page: picture, what is asked now, danmaku. It follows the show by
// itself; whoever chooses a tab stays there.

import { api, base, steps } from '../lib/api.js';
import { Hub } from '../lib/hub.js';
import { t } from '../lib/i18n.js';
import { inTake, takeOf, useOn } from '../lib/on.js';
import { Language, Lost, boot, html, useEffect, useRef, useState, useStatus, useTopic, useTopics } from '../lib/ui.js';
import { Ballot, usePaper } from '../vote/ballot.js';
import { Boards } from './boards.js';
import { Now } from './now.js';
import { Picture } from './picture.js';
import { Latest, Talk, useTalk } from './talk.js';

const session = steps[2] || '';
const hub = new Hub({ as: 'audience', prepare: () => api('/v1/device', { method: 'POST', body: {} }) });

const STAY = 25000; // ms that a chosen tab holds against the show

/** @typedef {{id: string, title: string}} Open an open ballot */
/** @typedef {{online: number, ballots: Open[]}} Pulse */

/** The open ballots, the newest first. @param {Doc.View|null} view @param {string[]} ballots of the show @param {Open[]|null} told @returns {Open[]} */
function useOpen(view, ballots, told) {
  useStatus(hub);
  /** @type {(Doc.Board|null)[]} */
  const boards = useTopics(hub, hub.plain ? ballots.map((id) => 'ballot/' + id) : []); // no pulse over HTTP
  const open = !hub.plain && told ? told : boards.flatMap((b) => (b && b.state === 'open' ? [b] : [])).sort((a, b) => b.openedAt - a.openedAt);
  const staged = view && view.ballot && view.ballot.open ? view.ballot : null;
  return !staged || open.some((b) => b.id === staged.id) ? open : [staged, ...open];
}

/** Which ballot is shown: the one that opened last, unless somebody is in the middle of another. Also what opened last, until one is chosen by hand.
    @param {Open[]} open @param {string} other where none is open @returns {[string, any, string, (id: string) => void]} */
function useShown(open, other) {
  const [shown, show] = useState('');
  const [last, setLast] = useState('');
  const before = useRef(/** @type {string[]} */ ([]));
  const id = shown || (open[0] ? open[0].id : other);
  const paper = usePaper(hub, id);
  const ids = open.map((b) => b.id);
  useEffect(() => {
    const fresh = ids[0];
    const known = !fresh || before.current.includes(fresh);
    before.current = ids;
    if (known) return;
    setLast(fresh);
    show(choosing(paper) ? id : fresh);
  }, [ids.join(' ')]);
  return [id, paper, last, (x) => { show(x); setLast(''); }];
}

/** The tab that shows what is asked now. @param {Doc.View|null} view @param {boolean} voting */
function wanted(view, voting) {
  const scene = view && view.scene ? view.scene.name : '';
  if (voting) return 'vote';
  return scene === 'board' ? 'board' : 'now';
}

/** Whether a vote is being made, or its end not yet read. @param {any} paper */
function choosing(paper) { return !!(paper && (paper.dirty || paper.pending || paper.state === 'missed')); }

/** Whether somebody is in the middle of something here. @param {any} paper @param {string} draft */
function busy(paper, draft) {
  const at = document.activeElement;
  return !!draft || !!(at && at.matches('input, select, textarea')) || choosing(paper);
}

/** The tab, what the show would turn to while one stays, and choosing.
    @param {string} want @param {string} last what opened last @param {any} paper @param {string} draft @returns {[string, string, (t: string) => void]} */
function useTab(want, last, paper, draft) {
  const [tab, set] = useState('now');
  const [offer, setOffer] = useState('');
  const chosen = useRef(-STAY);
  const before = useRef('');
  useEffect(() => {
    const closed = before.current === 'vote' && tab === 'vote'; // how one's vote ended is read here
    before.current = want;
    if (want === tab) setOffer('');
    else if (closed || busy(paper, draft) || performance.now() - chosen.current < STAY) setOffer(want);
    else { set(want); setOffer(''); }
  }, [want, last]);
  return [tab, offer === tab ? '' : offer, (x) => { chosen.current = performance.now(); set(x); setOffer((o) => (o === x ? '' : o)); }];
}

function Tabs(/** @type {any} */ { tab, onTab, voting }) {
  return html`<nav class="tabs" role="tablist">${['now', 'vote', 'board', 'talk'].map((x) => html`<button key=${x} type="button" role="tab"
    aria-selected=${tab === x} data-tab=${x} onClick=${() => onTab(x)}>${t('tab.' + x)}${x === 'vote' && voting && html`<i class="dot live"></i>`}</button>`)}</nav>`;
}

/** The open ballots, where the shown one is not the only one. @param {{open: Open[], shown: string, onShow: (id: string) => void}} p */
function Others({ open, shown, onShow }) {
  if (open.every((b) => b.id === shown)) return null;
  return html`<nav class="others" aria-label=${t('vote.open')}><p class="muted small">${t('vote.open.n', { n: open.length })}</p>${open.map((b) => html`<button key=${b.id} type="button" class="btn" data-open=${b.id}
    aria-current=${b.id === shown ? 'true' : null} onClick=${() => onShow(b.id)}>${b.title}</button>`)}</nav>`;
}

/** The way to the show's own open ballots while it is rehearsed: they are never hidden, and never taken for the rehearsal's. @param {{list: Open[]}} p */
function Real({ list }) {
  return html`${list.map((b) => html`<a key=${b.id} class="offer" data-real=${b.id} href=${base + '/vote/' + encodeURIComponent(b.id)}>${t('offer.real', { title: b.title })} ›</a>`)}`;
}

/** What is asked, told and said in a show. @param {{on: Doc.OnAir, info: Doc.Session|undefined, view: Doc.View|null, pulse: Pulse|null, lines: import('./talk.js').Line[], draft: string, onDraft: (text: any) => void}} p */
function Show({ on, info, view, pulse, lines, draft, onDraft }) {
  const { show, take } = on;
  const ballots = info ? info.ballots.map((id) => inTake(id, take)) : [];
  const told = pulse && (pulse.ballots || []), own = told && told.filter((b) => takeOf(b.id) === take);
  const open = useOpen(view, ballots, own), voting = open.length > 0;
  const [ballot, paper, last, choose] = useShown(open, (view && view.ballot && view.ballot.id) || ballots[0] || '');
  const [tab, offer, setTab] = useTab(wanted(view, voting), last, paper, draft);
  return html`<${Tabs} tab=${tab} onTab=${setTab} voting=${voting} />
    <main>
      <${Real} list=${(told || []).filter((b) => takeOf(b.id) !== take)} />
      ${offer && html`<button type="button" class="offer" data-offer=${offer} onClick=${() => setTab(offer)}>${t('offer.' + offer)} ›</button>`}
      ${tab === 'vote' && last && last !== ballot && html`<button type="button" class="offer" data-offer="ballot" onClick=${() => choose(last)}>${t('offer.ballot')} ›</button>`}
      ${tab === 'now' && html`<${Now} view=${view} voting=${voting} onVote=${() => setTab('vote')} /><${Latest} lines=${lines} onMore=${() => setTab('talk')} /><footer class="row"><a href=${base + '/'}>${t('live.home')}</a><a href=${base + '/verify'}>${t('live.verify')}</a><span class="grow"></span><${Language} /></footer>`}
      ${tab === 'vote' && html`<${Others} open=${open} shown=${ballot} onShow=${choose} />`}
      ${tab === 'vote' && (ballot ? html`<${Ballot} key=${ballot} hub=${hub} id=${ballot} />` : html`<p class="empty">${t('vote.none')}</p>`)}
      ${tab === 'board' && html`<${Boards} hub=${hub} view=${view} ballot=${ballot} />`}
      ${tab === 'talk' && html`<${Talk} hub=${hub} session=${show} lines=${lines} mode=${view && view.danmaku ? view.danmaku.mode : 'off'} text=${draft} onText=${onDraft} />`}
    </main>`;
}

/** The picture is the session's, and goes on whichever show is on. @param {{on: Doc.OnAir, info: Doc.Session|undefined}} p */
function Live({ on, info }) {
  const [draft, setDraft] = useState('');
  /** @type {Doc.View|null} */
  const view = useTopic(hub, 'stage/' + on.show);
  /** @type {Pulse|null} */
  const pulse = useTopic(hub, 'pulse/' + on.show);
  const lines = useTalk(hub, on.show);
  useEffect(() => { if (view && view.session) document.title = view.session.title; }, [view && view.session]);
  return html`<div class="live-page">
    <${Picture} session=${session} take=${on.take} view=${view} lines=${lines} online=${pulse ? pulse.online : 0} />
    ${view && view.notice && html`<p class="note warn notice" role="alert">${view.notice.text}</p>`}
    <${Show} key=${on.show} on=${on} info=${info} view=${view} pulse=${pulse} lines=${lines} draft=${draft} onDraft=${setDraft} />
    <${Lost} hub=${hub} />
  </div>`;
}

function App() {
  const [info, setInfo] = useState(/** @type {Doc.Session|null|undefined} */ (undefined));
  const on = useOn(hub, session);
  useEffect(() => {
    hub.start();
    api('/v1/sessions').then((all) => setInfo(all.find((s) => s.id === session) || null)).catch(() => {});
  }, []);
  if (info === null) return html`<div class="wait"><p>${t('live.unknown')}</p><a class="btn" href=${base + '/'}>${t('live.home')}</a></div>`;
  if (!on) return html`<div class="wait"><p>${t('loading')}</p></div><${Lost} hub=${hub} />`;
  return html`<${Live} on=${on} info=${info} />`;
}

boot(['audience', 'vote'], App);

// The live page: picture, what is asked now, danmaku. It follows the show by
// itself; whoever chooses a tab stays there.

import { api } from '../lib/api.js';
import { Hub } from '../lib/hub.js';
import { t } from '../lib/i18n.js';
import { Language, Lost, boot, html, useEffect, useRef, useState, useTopic } from '../lib/ui.js';
import { Ballot } from '../vote/ballot.js';
import { Boards } from './boards.js';
import { Now } from './now.js';
import { Picture } from './picture.js';
import { Latest, Talk } from './talk.js';

const session = decodeURIComponent(location.pathname.split('/')[2] || '');
const hub = new Hub({ as: 'audience', prepare: () => api('/v1/device', { method: 'POST', body: {} }) });

const STAY = 25000; // ms that a chosen tab holds against the show

/** The lines of the danmaku topic, newest last. */
function useTalk() {
  const [lines, set] = useState(/** @type {any[]} */ ([]));
  useEffect(() => hub.events('danmaku/' + session, (ev) => {
    if (ev.retract) set((l) => l.filter((m) => m.id !== ev.retract));
    else set((l) => [...l.slice(-149), ev]);
  }), []);
  return lines;
}

/** The tab that shows what is asked now. @param {any} view */
function wanted(view) {
  const scene = view && view.scene ? view.scene.name : '';
  if (view && view.ballot && view.ballot.open) return 'vote';
  return scene === 'board' ? 'board' : 'now';
}

/** @param {any} view */
function useTab(view) {
  const [tab, set] = useState('now');
  const chosen = useRef(0);
  const want = wanted(view);
  useEffect(() => { if (Date.now() - chosen.current > STAY) set(want); }, [want]);
  return /** @type {[string, (t: string) => void]} */ ([tab, (x) => { chosen.current = Date.now(); set(x); }]);
}

function Tabs(/** @type {any} */ { tab, onTab, voting }) {
  return html`<nav class="tabs" role="tablist">${['now', 'vote', 'board', 'talk'].map((x) => html`<button key=${x} type="button" role="tab"
    aria-selected=${tab === x} data-tab=${x} onClick=${() => onTab(x)}>${t('tab.' + x)}${x === 'vote' && voting && html`<i class="dot live"></i>`}</button>`)}</nav>`;
}

function App() {
  const [info, setInfo] = useState(/** @type {any} */ (undefined));
  const view = useTopic(hub, 'stage/' + session);
  const pulse = useTopic(hub, 'pulse/' + session);
  const lines = useTalk();
  const [tab, setTab] = useTab(view);
  useEffect(() => {
    hub.start();
    api('/v1/sessions').then((all) => setInfo(all.find((/** @type {any} */ s) => s.id === session) || null)).catch(() => {});
  }, []);
  const ballot = (view && view.ballot && view.ballot.id) || (info && info.ballots[0]) || '';
  useEffect(() => { if (view && view.session) document.title = view.session.title; }, [view && view.session]);
  if (info === null) return html`<div class="wait"><p>${t('live.unknown')}</p><a class="btn" href="/">${t('live.home')}</a></div>`;
  return html`<div class="live-page">
    <${Picture} session=${session} view=${view} lines=${lines} online=${pulse ? pulse.online : 0} />
    ${view && view.notice && html`<p class="note warn notice" role="alert">${view.notice.text}</p>`}
    <${Tabs} tab=${tab} onTab=${setTab} voting=${view && view.ballot && view.ballot.open} />
    <main>
      ${tab === 'now' && html`<${Now} view=${view} onVote=${() => setTab('vote')} /><${Latest} lines=${lines} onMore=${() => setTab('talk')} /><footer class="row"><a href="/">${t('live.home')}</a><a href="/verify">${t('live.verify')}</a><span class="grow"></span><${Language} /></footer>`}
      ${tab === 'vote' && (ballot ? html`<${Ballot} hub=${hub} id=${ballot} />` : html`<p class="empty">${t('vote.none')}</p>`)}
      ${tab === 'board' && html`<${Boards} hub=${hub} view=${view} ballot=${ballot} />`}
      ${tab === 'talk' && html`<${Talk} hub=${hub} session=${session} lines=${lines} mode=${view && view.danmaku ? view.danmaku.mode : 'off'} />`}
    </main>
    <${Lost} hub=${hub} />
  </div>`;
}

boot(['audience', 'vote'], App);

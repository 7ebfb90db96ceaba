// The venue screen: one scene at a time, drawn from the public state alone, so
// that a screen that comes late shows what all the others show.

import { api, steps, takeToken } from '../lib/api.js';
import { Hub } from '../lib/hub.js';
import { errorText, t } from '../lib/i18n.js';
import { trial, useOn } from '../lib/on.js';
import { useStale } from '../lib/stale.js';
import { boot, html, useEffect, useRef, useState, useStatus, useTopic } from '../lib/ui.js';
import { Danmaku } from '../lib/danmaku.js';
import { Crystal } from './crystal.js';
import { Stale } from './stale.js';
import { Align } from './scenes/align.js';
import { Award } from './scenes/award.js';
import { Board } from './scenes/board.js';
import { Entry } from './scenes/entry.js';
import { Idle } from './scenes/idle.js';
import { List } from './scenes/list.js';
import { Marks } from './scenes/marks.js';
import { Message } from './scenes/message.js';
import { Podium } from './scenes/podium.js';
import { Timer } from './scenes/timer.js';
import { Title } from './scenes/title.js';
import { Verify } from './scenes/verify.js';
import { Vote } from './scenes/vote.js';

const scenes = /** @type {Record<string, any>} */ ({
  idle: Idle, title: Title, entry: Entry, timer: Timer, vote: Vote, marks: Marks, board: Board, list: List,
  award: Award, podium: Podium, verify: Verify, message: Message, align: Align,
});

const CALM = ['idle', 'title', 'message', 'verify']; // scenes with the crystal behind
const FLYING = ['idle', 'title']; // scenes that leave room for danmaku: never a result, a photograph
const SKY = { lanes: 3, from: 0.012, span: 0.13 }; // of the height: above every title and code

const name = steps[2] || '';
takeToken('screen:' + name);
const hub = new Hub();

/** Lines over the picture. */
function Flying(/** @type {{show: string}} */ { show }) {
  const canvas = useRef(/** @type {any} */ (null));
  useEffect(() => {
    const d = new Danmaku(canvas.current, SKY);
    const off = hub.events('danmaku/' + show, (ev) => (ev.retract ? d.retract(ev.retract) : d.add(ev)));
    return () => { off(); d.show(false); };
  }, []);
  return html`<canvas class="flying" ref=${canvas} aria-hidden="true"></canvas>`;
}

/** What the foot says of a ballot: what is true of it now. @param {Doc.Board} board */
function aboutVote(board) {
  if (!board || board.state === 'armed') return '';
  if (board.state !== 'open') return t(board.votes ? 'foot.vote.closed' : 'foot.vote.sealed');
  return t(board.votes ? 'foot.vote' : 'foot.vote.later');
}

function Foot(/** @type {{view: Doc.View, take: number, board: Doc.Board, scene: string}} */ { view, take, board, scene }) {
  return html`<footer class="foot"><span class=${take ? 'take' : ''}>${trial(view, take)}</span><span>${scene === 'vote' ? aboutVote(board) : ['award', 'list', 'podium'].includes(scene) ? t('foot.award') : ''}</span></footer>`;
}

function Stage(/** @type {{session: string, on: Doc.OnAir}} */ { session, on }) {
  /** @type {Doc.View|null} */
  const view = useTopic(hub, 'stage/' + on.show);
  /** @type {Doc.Board|null} */
  const board = useTopic(hub, view && view.ballot ? 'ballot/' + view.ballot.id : '');
  const scene = view ? (view.scene ? view.scene.name : 'idle') : '';
  useEffect(() => { if (view) hub.seen('stage/' + on.show, view.blackout ? 'blackout' : scene); }, [view]);
  const heard = useStale(hub);
  if (!view) return html`<div class="wait">${t('loading')}</div>`;
  const Scene = scenes[scene] || Idle;
  const notice = view.notice ? view.notice.text : '';
  return html`<div class=${'stage scene-' + scene + (notice ? ' noticed' : '') + (heard ? ' stale' : '')} data-scene=${scene}>
    <div class="sky" aria-hidden="true"></div>
    <div class="picture">
      ${CALM.includes(scene) && html`<${Crystal} />`}
      <${Scene} key=${scene} view=${view} board=${board} session=${session} />
      ${FLYING.includes(scene) && view.danmaku && view.danmaku.mode !== 'off' && html`<${Flying} show=${on.show} />`}
      <${Foot} view=${view} take=${on.take} board=${board} scene=${scene} /></div>
    ${notice && html`<p class=${'notice' + (notice.length > 42 ? ' long' : '')} role="alert"><span>${notice}</span></p>`}
    <${Stale} hub=${hub} heard=${heard} />
    <div class=${'black' + (view.blackout ? ' on' : '')} aria-hidden="true"></div></div>`;
}

/** Keeps the screen awake and hides the pointer. */
function useVenue() {
  useEffect(() => {
    const wake = () => {
      const lock = /** @type {any} */ (navigator).wakeLock;
      if (lock && !document.hidden) lock.request('screen').catch(() => {});
    };
    wake();
    document.addEventListener('visibilitychange', wake);
    document.addEventListener('dblclick', () => { if (document.fullscreenElement) document.exitFullscreen(); else document.documentElement.requestFullscreen().catch(() => {}); });
  }, []);
}

function App() {
  const [session, setSession] = useState('');
  const [err, setErr] = useState(/** @type {any} */ (null));
  const status = useStatus(hub);
  const on = useOn(hub, session);
  useVenue();
  useEffect(() => {
    let again = 0;
    const enter = async () => {
      try {
        const me = await api('/v1/me');
        if (me.role !== 'screen') { setErr({ code: 'access.unauthenticated' }); return; }
        document.title = t('screen.title', { name });
        setErr(null);
        setSession(me.session);
        hub.start();
      } catch (e) {
        setErr(e);
        if (/** @type {any} */ (e).away || /** @type {any} */ (e).status >= 500) again = setTimeout(enter, 3000);
      }
    };
    enter();
    return () => clearTimeout(again);
  }, []);
  if (status === 'refused' || (err && !session)) return html`<div class="stage"><div class="sky"></div><div class="refused"><h1>${t('screen.link')}</h1><p>${errorText(hub.why || err)}</p></div></div>`;
  if (!on) return html`<div class="wait">${t('loading')}</div>`;
  return html`<${Stage} key=${on.show} session=${session} on=${on} />`;
}

boot(['screen'], App);

// Voting: the bars move while figures are public, else only how many took part.

import { mmss } from '../../lib/clock.js';
import { number, t } from '../../lib/i18n.js';
import { ranked } from '../../lib/race.js';
import { Ring, Track, html, trackStyle, useCount, useNow } from '../../lib/ui.js';
import { length, sessionLine } from '../words.js';
import { Join } from './idle.js';

const ROWS = 8;
const ROOM = 18; // characters of a title that leave room beside it

/** Where it stands, as a text's key. @param {Doc.Board} board */
function state(board) { return board.state === 'open' ? 'vote.open' : board.state !== 'armed' ? 'vote.over' : board.round ? 'vote.rearmed' : 'vote.armed'; }

function Row(/** @type {{r: import('../../lib/race.js').Placed}} */ { r }) {
  const votes = useCount(r.votes, 400);
  return html`<li data-board-row data-entry=${r.entry} data-votes=${r.votes} class=${(r.leads ? 'first' : '') + (r.place >= ROWS ? ' out' : '')}
    style=${{ ...trackStyle(r.track), '--place': Math.min(r.place, ROWS), '--part': r.part }}>
    <b class="fig place">${r.rank}</b><i class="edge"></i>
    <span class="grow"><b class="cut">${r.title}</b><small class="cut"><${Track} id=${r.track} name=${r.trackName} />${r.lead}</small></span>
    <b class="fig votes">${number(Number(votes))}</b><i class="fill"></i></li>`;
}

function Race(/** @type {{board: Doc.Board}} */ { board }) {
  // Rows just outside stay in the page, so that one that climbs slides in.
  const rows = ranked(board).filter((r) => r.place < ROWS + 4);
  return html`<ol class="race" style=${{ '--rows': Math.min(ROWS, board.rows.length) }}>${rows.map((r) => html`<${Row} key=${r.entry} r=${r} />`)}</ol>`;
}

/** Turnout alone, for ballots whose figures come later. */
function Turnout(/** @type {{board: Doc.Board}} */ { board }) {
  const n = useCount(board.voters || 0);
  const call = board.state === 'open' ? 'vote.go' : state(board);
  return html`<div class="turnout">${board.voters === undefined || board.state === 'armed' ? html`<p class="big">${t(call)}</p>` : html`<b class="fig">${number(Number(n))}</b><p>${t('vote.joined')}</p>`}</div>`;
}

function Countdown(/** @type {{board: Doc.Board}} */ { board }) {
  const open = board.state === 'open';
  const at = useNow(open && board.deadline ? 100 : 0);
  if (!open) return html`<p class="over">${t(state(board))}</p>`;
  if (!board.deadline) return null;
  const left = board.deadline - at, whole = Math.max(1, board.openedAt ? board.deadline - board.openedAt : 60000);
  return html`<${Ring} part=${left / whole} urgent=${left < 10000}><b class="fig">${mmss(Math.max(0, left))}</b><small>${t('vote.left')}</small><//>`;
}

function Voters(/** @type {any} */ { n }) {
  const shown = useCount(n);
  return html`<p class="voters"><b class="fig">${number(Number(shown))}</b><span>${t('vote.joined')}</span></p>`;
}

/** What fixes the box at the close, for a photo: eight groups that an eye can follow. */
function Closing(/** @type {{board: Doc.Board}} */ { board }) {
  if (!board.closing) return null;
  return html`<div class="closing" data-closing=${board.closing}><p>${t('vote.closing')}</p><code class="fig">${(board.closing.match(/.{8}/g) || []).map((/** @type {string} */ g, /** @type {number} */ i) => html`<span key=${i}>${g}</span> `)}</code></div>`;
}

export function Vote(/** @type {{view: Doc.View, board: Doc.Board, session: string}} */ { view, board, session }) {
  if (!board) return null;
  const open = board.state === 'open';
  return html`<div class="vote-scene enter"><header><h1 class=${length(board.title)}>${board.title}</h1><p class="muted grow cut">${board.title.length <= ROOM ? sessionLine(view) : ''}</p>
      <p class="state"><i class=${'dot ' + (open ? 'live' : '')}></i>${t(state(board))}</p></header>
    <div class="vote-body">${board.votes ? html`<${Race} board=${board} />` : html`<${Turnout} board=${board} />`}
      <aside><${Countdown} board=${board} />${board.votes && board.voters !== undefined && board.state !== 'armed' && html`<${Voters} n=${board.voters} />`}<${Closing} board=${board} />${(open || board.state === 'armed') && html`<${Join} session=${session} text=${t(open ? 'join.vote' : 'join')} />`}</aside></div></div>`;
}

// Voting: the bars move while figures are public, else only how many took part.

import { mmss } from '../../lib/clock.js';
import { number, t } from '../../lib/i18n.js';
import { ranked } from '../../lib/race.js';
import { Ring, Track, html, trackStyle, useCount, useNow } from '../../lib/ui.js';
import { Join } from './idle.js';

const ROWS = 8;

function Row(/** @type {any} */ { r }) {
  const votes = useCount(r.votes, 400);
  return html`<li data-board-row data-entry=${r.entry} data-votes=${r.votes} class=${(r.place === 0 ? 'first' : '') + (r.place >= ROWS ? ' out' : '')}
    style=${{ ...trackStyle(r.track), '--place': Math.min(r.place, ROWS), '--part': r.part }}>
    <b class="fig place">${r.rank}</b><i class="edge"></i>
    <span class="grow"><b class="cut">${r.title}</b><small class="cut"><${Track} id=${r.track} name=${r.trackName} />${r.lead}</small></span>
    <b class="fig votes">${number(Number(votes))}</b><i class="fill"></i></li>`;
}

function Race(/** @type {any} */ { board }) {
  // Rows just outside stay in the page, so that one that climbs slides in.
  const rows = ranked(board).filter((r) => r.place < ROWS + 4);
  return html`<ol class="race" style=${{ '--rows': Math.min(ROWS, board.rows.length) }}>${rows.map((r) => html`<${Row} key=${r.entry} r=${r} />`)}</ol>`;
}

/** Turnout alone, for ballots whose figures come later. */
function Turnout(/** @type {any} */ { board }) {
  const n = useCount(board.voters || 0);
  return html`<div class="turnout">${board.voters === undefined ? html`<p class="big">${t('vote.go')}</p>` : html`<b class="fig">${number(Number(n))}</b><p>${t('vote.joined')}</p>`}</div>`;
}

function Countdown(/** @type {any} */ { board }) {
  const open = board.state === 'open';
  const at = useNow(open && board.deadline ? 100 : 0);
  if (!open) return html`<p class="over">${t(board.state === 'armed' ? 'vote.armed' : 'vote.over')}</p>`;
  if (!board.deadline) return null;
  const left = board.deadline - at, whole = board.opensAt ? board.deadline - board.opensAt : 60000;
  return html`<${Ring} part=${left / whole} urgent=${left < 10000}><b class="fig">${mmss(Math.max(0, left))}</b><small>${t('vote.left')}</small><//>`;
}

function Voters(/** @type {any} */ { n }) {
  const shown = useCount(n);
  return html`<p class="voters"><b class="fig">${number(Number(shown))}</b><span>${t('vote.joined')}</span></p>`;
}

export function Vote(/** @type {any} */ { view, board, session }) {
  if (!board) return null;
  const open = board.state === 'open';
  return html`<div class="vote-scene enter"><header><h1>${board.title}</h1><p class="muted grow cut">${view.session ? view.session.subtitle + ' · ' + view.session.title : ''}</p>
      <p class="state"><i class=${'dot ' + (open ? 'live' : '')}></i>${t(open ? 'vote.open' : board.state === 'armed' ? 'vote.armed' : 'vote.over')}</p></header>
    <div class="vote-body">${board.votes ? html`<${Race} board=${board} />` : html`<${Turnout} board=${board} />`}
      <aside><${Countdown} board=${board} />${board.votes && board.voters !== undefined && html`<${Voters} n=${board.voters} />`}<${Join} session=${session} /></aside></div></div>`;
}

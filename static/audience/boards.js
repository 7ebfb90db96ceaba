// What is known so far: votes while they are public, the score board, awards.

import { number, t } from '../lib/i18n.js';
import { ranked } from '../lib/race.js';
import { Track, html, trackStyle, useTopic } from '../lib/ui.js';
import { Level } from './now.js';

function Votes(/** @type {{board: Doc.Board}} */ { board }) {
  const rows = ranked(board).filter((r) => r.place < 12);
  return html`<section><h3>${board.title} <small class="muted fig">${t('vote.voters', { n: number(board.voters || 0) })}</small></h3>
    <ol class="race" style=${{ '--rows': rows.length }}>${rows.map((r) => html`<li key=${r.entry} data-board-row data-entry=${r.entry} data-votes=${r.votes}
      style=${{ ...trackStyle(r.track), '--place': r.place, '--part': r.part }}>
      <b class="fig rank">${r.rank}</b><span class="grow"><b class="cut">${r.title}</b><i class="fill"></i></span><span class="fig">${number(r.votes)}</span></li>`)}</ol></section>`;
}

function Scores(/** @type {{board: Doc.Leaders}} */ { board }) {
  return html`<section><h3>${board.title}</h3><ol class="scores">${board.rows.map((r) => html`<li key=${r.rank + r.entry} class=${r.frozen ? 'frozen' : ''} data-score-row style=${trackStyle(r.track)}>
    <b class="fig rank">${r.rank}</b>${r.frozen ? html`<span class="grow muted">${t('board.frozen')}</span>`
      : html`<span class="bar"></span><span class="grow"><b>${r.title}</b><small><${Track} id=${r.track} name=${r.trackName} /> · ${r.lead}</small></span><span class="fig">${r.score}</span>`}</li>`)}</ol></section>`;
}

/** @param {{hub: any, view: Doc.View|null, ballot: string}} p */
export function Boards({ hub, view, ballot }) {
  /** @type {Doc.Board|null} */
  const board = useTopic(hub, ballot ? 'ballot/' + ballot : '');
  const awards = view ? [...view.awards].filter((a) => a.winners.length).reverse() : [];
  const votes = board && board.votes;
  return html`<div class="boards">
    ${awards.map((a) => html`<${Level} key=${a.level} level=${a} />`)}
    ${view && view.board && html`<${Scores} board=${view.board} />`}
    ${votes && html`<${Votes} board=${board} />`}
    ${!votes && board && html`<p class="empty">${t(board.visibility === 'count' ? 'board.count' : 'board.hidden', { n: number(board.voters || 0) })}</p>`}
    ${!board && !awards.length && !(view && view.board) && html`<p class="empty">${t('board.none')}</p>`}</div>`;
}

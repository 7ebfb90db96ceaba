// The score board. Frozen places (封榜) keep their rank and say nothing else.

import { t } from '../../lib/i18n.js';
import { html, trackStyle } from '../../lib/ui.js';
import { Dots, usePage } from '../pages.js';
import { length, sessionLine } from '../words.js';

const COLUMN = 12; // rows that stay readable from the last seat
const COLUMNS = 3; // beside one another, if all fit on one page; else two, with room for whole names

export function Board(/** @type {{view: Doc.View}} */ { view }) {
  const b = view.board;
  const { rows, page, pages, at } = usePage(b ? b.rows : [], b && b.rows.length > COLUMN * COLUMNS ? COLUMN * 2 : COLUMN * COLUMNS, view.scene ? view.scene.at : 0);
  if (!b) return null;
  const columns = Math.max(1, Math.ceil(rows.length / COLUMN));
  return html`<div class="board-scene enter"><header><h1 class=${length(b.title)}>${b.title}</h1><p class="muted cut grow">${sessionLine(view)}</p>
      ${pages > 1 && html`<p class="muted fig of" data-page=${page + 1}>${t('board.page', { from: at + 1, to: at + rows.length, of: b.rows.length })}</p>`}</header>
    <ol key=${page} class=${'scores columns-' + columns} style=${{ '--rows': Math.ceil(rows.length / columns), '--columns': columns }}>${rows.map((r, /** @type {number} */ i) => html`
      <li key=${i} class=${r.frozen ? 'frozen' : ''} style=${{ ...trackStyle(r.track), '--i': rows.length - i }} data-score-row>
        <b class="fig place">${r.rank}</b><i class="edge"></i>
        ${r.frozen ? html`<span class="grow frost">${t('board.frozen')}</span>` : html`<span class="grow name">${r.title}</span><b class="fig">${r.score}</b>`}</li>`)}</ol>
    <${Dots} page=${page} pages=${pages} /></div>`;
}

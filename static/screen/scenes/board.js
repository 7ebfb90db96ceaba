// The score board. Frozen places (封榜) keep their rank and say nothing else.

import { t } from '../../lib/i18n.js';
import { html, trackStyle } from '../../lib/ui.js';

const COLUMN = 12; // rows that stay readable from the last seat

export function Board(/** @type {any} */ { view }) {
  const b = view.board;
  if (!b) return null;
  const columns = Math.max(1, Math.ceil(b.rows.length / COLUMN));
  return html`<div class="board-scene enter"><header><h1>${b.title}</h1><p class="muted cut">${view.session ? view.session.subtitle + ' · ' + view.session.title : ''}</p></header>
    <ol class=${'scores columns-' + columns} style=${{ '--rows': Math.ceil(b.rows.length / columns), '--columns': columns }}>${b.rows.map((/** @type {any} */ r, /** @type {number} */ i) => html`
      <li key=${i} class=${r.frozen ? 'frozen' : ''} style=${{ ...trackStyle(r.track), '--i': b.rows.length - i }} data-score-row>
        <b class="fig place">${r.rank}</b><i class="edge"></i>
        ${r.frozen ? html`<span class="grow frost">${t('board.frozen')}</span>` : html`<span class="grow name">${r.title}</span><b class="fig">${r.score}</b>`}</li>`)}</ol></div>`;
}

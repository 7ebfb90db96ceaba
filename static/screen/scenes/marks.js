// The jury's marks: tiles go from grey to lit one by one, the highest and the
// lowest lift out, and the mean counts up to the exact score.

import { t } from '../../lib/i18n.js';
import { html, useCount } from '../../lib/ui.js';
import { Words } from '../words.js';

function Tile(/** @type {{j: Doc.JudgeMark, last: any}} */ { j, last }) {
  const lit = j.total !== null;
  return html`<li class=${(lit ? 'lit' : '') + (last ? ' last' : '') + (j.dropped ? ' dropped ' + j.dropped : '')}>
    <small>${j.name}</small><b class="fig">${lit ? j.total : '··'}</b><em>${j.dropped ? t('marks.' + j.dropped) : ''}</em></li>`;
}

function Score(/** @type {any} */ { score }) {
  const places = (score.split('.')[1] || '').length;
  const shown = useCount(Number(score), 1200, places, 0);
  return html`<p class="mean"><span>${t('marks.score')}</span><b class="fig" data-score=${score}>${Number(shown) === Number(score) ? score : shown}</b></p>`;
}

export function Marks(/** @type {{view: Doc.View}} */ { view }) {
  const m = view.marks, dots = view.dots;
  const judges = m ? m.judges : dots ? dots.judges.map((d) => ({ id: d.id, name: d.name, total: null, dropped: null })) : [];
  const lit = judges.filter((j) => j.total !== null);
  const rows = judges.length > 18 ? 3 : judges.length > 8 ? 2 : 1;
  const last = lit.length && lit.length < judges.length ? lit[lit.length - 1].id : '';
  return html`<div class=${'marks-scene enter' + (rows > 1 ? ' many' : '')}><p class="kicker">${t('marks.title')}</p><h1><${Words} text=${m ? m.title : view.entry ? view.entry.title : ''} /></h1>
    <ul class=${'tiles rows-' + rows} style=${{ '--n': Math.max(1, Math.ceil(judges.length / rows)) }}>${judges.map((j) => html`<${Tile} key=${j.id} j=${j} last=${j.id === last} />`)}</ul>
    ${m && m.score !== null ? html`<${Score} score=${m.score} />` : html`<p class="mean waiting">${dots && !dots.locked ? t('marks.judging', { n: dots.judges.filter((d) => d.done).length, of: dots.judges.length }) : ' '}</p>`}</div>`;
}

// An award list: all winners of a level at once, in running order.

import { t } from '../../lib/i18n.js';
import { Track, html, trackStyle } from '../../lib/ui.js';
import { Dots, usePage } from '../pages.js';

const MOST = 20; // winners that stay readable on one page

export function List(/** @type {{view: Doc.View}} */ { view }) {
  const a = view.award;
  const level = a ? view.awards.find((l) => l.level === a.level) : null;
  const winners = level ? level.winners : [];
  const { rows, page, pages } = usePage(winners, MOST, view.scene ? view.scene.at : 0);
  const columns = rows.length > 10 ? 4 : rows.length > 4 ? 3 : 2;
  return html`<div class="list-scene enter"><p class="kicker">${view.session ? view.session.subtitle : ''}</p><h1 class="award-name">${a ? a.name : ''}</h1>
    ${a && !a.held && !winners.length ? html`<div class="held vacant" data-vacant><p>${t('award.vacant')}</p></div>` : html`<ul key=${page} style=${{ '--columns': columns, '--rows': Math.ceil(rows.length / columns) }}>${rows.map((w, /** @type {number} */ i) => html`<li key=${w.entry} data-award-entry=${w.entry} style=${{ ...trackStyle(w.track), '--i': i }}>
      <b>${w.title}</b><small><${Track} id=${w.track} name=${w.trackName} /><span class="cut">${w.lead}</span></small></li>`)}</ul>`}
    <${Dots} page=${page} pages=${pages} /></div>`;
}

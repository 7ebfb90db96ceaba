// An award list: all winners of a level at once, in running order.

import { Track, html, trackStyle } from '../../lib/ui.js';

export function List(/** @type {any} */ { view }) {
  const a = view.award;
  const level = a ? view.awards.find((/** @type {any} */ l) => l.level === a.level) : null;
  const winners = level ? level.winners : [];
  const columns = winners.length > 10 ? 4 : winners.length > 4 ? 3 : 2;
  return html`<div class="list-scene enter"><p class="kicker">${view.session ? view.session.subtitle : ''}</p><h1 class="award-name">${a ? a.name : ''}</h1>
    <ul style=${{ '--columns': columns, '--rows': Math.ceil(winners.length / columns) }}>${winners.map((/** @type {any} */ w, /** @type {number} */ i) => html`<li key=${w.entry} data-award-entry=${w.entry} style=${{ ...trackStyle(w.track), '--i': i }}>
      <b>${w.title}</b><small><${Track} id=${w.track} name=${w.trackName} /><span class="cut">${w.lead}</span></small></li>`)}</ul></div>`;
}

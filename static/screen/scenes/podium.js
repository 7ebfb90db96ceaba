// Everyone who won a placed award, for the photograph.

import { Track, html, trackStyle } from '../../lib/ui.js';
import { Words, sessionLine } from '../words.js';

export function Podium(/** @type {{view: Doc.View}} */ { view }) {
  // Revealed from the lowest up; photographed with the first prize on top.
  const levels = view.awards.filter((l) => l.mode !== 'list' && l.winners.length).reverse();
  return html`<div class="podium-scene enter"><p class="kicker">${sessionLine(view)}</p>
    ${levels.map((l, /** @type {number} */ i) => html`<section key=${l.level} class=${'rank-' + i}><h2>${l.name}</h2>
      <ul style=${{ '--columns': Math.ceil(l.winners.length / Math.ceil(l.winners.length / 6)) }}>${l.winners.map((w) => html`<li key=${w.entry} data-award-entry=${w.entry} style=${trackStyle(w.track)}><b class=${w.title.length > 28 ? 'long' : ''}><${Words} text=${w.title} /></b><small class="cut"><${Track} id=${w.track} name=${w.trackName} /> ${w.lead}</small></li>`)}</ul></section>`)}</div>`;
}

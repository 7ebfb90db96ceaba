// The entry on stage: track, title, team and units, with the clock of its slot.

import { Ring, Track, html, trackStyle } from '../../lib/ui.js';
import { Words } from '../words.js';
import { useTimer } from './timer.js';

function Clock(/** @type {{timer: Doc.Timer}} */ { timer }) {
  const [text, urgent, part] = useTimer(timer);
  return html`<div class="clock"><${Ring} part=${part} urgent=${urgent}><b class="fig">${text}</b><small>${timer.label}</small><//></div>`;
}

export function Entry(/** @type {{view: Doc.View}} */ { view }) {
  const e = view.entry;
  if (!e) return null;
  return html`<div class="entry-scene enter" style=${trackStyle(e.track)}>
    <div class="entry-text"><p class="pill"><i class="pip"></i><${Track} id=${e.track} name=${e.trackName} /></p>
      <h1 class=${e.title.length > 26 ? 'long' : ''}><${Words} text=${e.title} /></h1><i class="rule" aria-hidden="true"></i>
      <p class="team">${e.team}</p><p class="units">${[e.lead, ...(e.partners || [])].join(' · ')}</p>
      ${e.summary && html`<p class="summary">${e.summary}</p>`}</div>
    ${view.timer && html`<${Clock} timer=${view.timer} />`}</div>`;
}

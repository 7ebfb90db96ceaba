// A clock for the hall: it turns to signal in the last ten seconds and counts
// up past zero.

import { mmss } from '../../lib/clock.js';
import { html, useNow } from '../../lib/ui.js';

/** @param {Doc.Timer|null} timer @returns {[string, boolean, number]} text, urgent, part left */
export function useTimer(timer) {
  const at = useNow(timer ? 100 : 0);
  if (!timer) return ['', false, 0];
  const left = timer.ends - at;
  return [mmss(left), left < 10000, left / 1000 / Math.max(1, timer.total)];
}

export function Timer(/** @type {{view: Doc.View}} */ { view }) {
  const [text, urgent] = useTimer(view.timer);
  return html`<div class=${'timer-scene enter' + (urgent ? ' urgent' : '')}><p class="kicker">${view.timer ? view.timer.label : ''}</p><b class="fig">${text || '0:00'}</b>
    <p class="muted">${view.entry ? view.entry.title : ''}</p></div>`;
}

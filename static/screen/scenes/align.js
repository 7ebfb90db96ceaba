// The alignment test: edges, the safe area, circles that must be round, greys
// that must differ, and the smallest type in use.

import { t } from '../../lib/i18n.js';
import { html } from '../../lib/ui.js';

export function Align() {
  return html`<div class="align-scene"><i class="edge-frame"></i><i class="safe-frame"></i><i class="circle"></i><i class="cross"></i>
    <div class="greys">${Array.from({ length: 11 }, (_, i) => html`<i key=${i} style=${{ '--l': i * 10 + '%' }}></i>`)}</div>
    <p class="fig">${innerWidth} × ${innerHeight}</p><p class="smallest">${t('align.small')}</p></div>`;
}

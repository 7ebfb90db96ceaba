import { boot, html } from '../lib/ui.js';

boot(['judge'], () => html`<div class="wait">…</div>`);

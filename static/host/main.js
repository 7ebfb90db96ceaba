import { boot, html } from '../lib/ui.js';

boot(['host'], () => html`<div class="wait">…</div>`);

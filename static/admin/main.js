import { boot, html } from '../lib/ui.js';

boot(['admin'], () => html`<div class="wait">…</div>`);

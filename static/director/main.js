import { boot, html } from '../lib/ui.js';

boot(['director'], () => html`<div class="wait">…</div>`);

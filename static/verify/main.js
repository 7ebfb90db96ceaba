import { boot, html } from '../lib/ui.js';

boot(['verify'], () => html`<div class="wait">…</div>`);

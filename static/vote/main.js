import { boot, html } from '../lib/ui.js';

boot(['vote'], () => html`<div class="wait">…</div>`);

import { boot, html } from '../lib/ui.js';

boot(['site'], () => html`<div class="wait">…</div>`);

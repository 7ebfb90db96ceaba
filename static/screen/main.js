import { boot, html } from '../lib/ui.js';

boot(['screen'], () => html`<div class="wait">…</div>`);

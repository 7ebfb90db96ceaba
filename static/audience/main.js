import { boot, html } from '../lib/ui.js';

boot(['audience'], () => html`<div class="wait">…</div>`);

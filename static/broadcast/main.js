import { boot, html } from '../lib/ui.js';

boot(['broadcast'], () => html`<div class="wait">…</div>`);

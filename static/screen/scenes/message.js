// One line for the hall.

import { html } from '../../lib/ui.js';
import { Words } from '../words.js';

export function Message(/** @type {any} */ { view }) {
  return html`<div class="title-scene enter"><h1><${Words} text=${view.scene.args ? view.scene.args.text : ''} /></h1><i class="rule" aria-hidden="true"></i></div>`;
}

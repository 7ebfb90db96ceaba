// One line for the hall.

import { html } from '../../lib/ui.js';
import { Words } from '../words.js';

export function Message(/** @type {{view: Doc.View}} */ { view }) {
  const args = view.scene && view.scene.args;
  return html`<div class="title-scene enter"><h1><${Words} text=${args ? args.text : ''} /></h1><i class="rule" aria-hidden="true"></i></div>`;
}

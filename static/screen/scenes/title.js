// The opening title.

import { html } from '../../lib/ui.js';
import { Words } from '../words.js';

export function Title(/** @type {{view: Doc.View}} */ { view }) {
  const s = view.session;
  return html`<div class="title-scene enter"><p class="kicker">${s && s.subtitle}</p><h1><${Words} text=${s ? s.title : ''} /></h1><i class="rule" aria-hidden="true"></i></div>`;
}

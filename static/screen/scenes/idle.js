// Before and between: what this is, what comes next, how to join.

import { base } from '../../lib/api.js';
import { t } from '../../lib/i18n.js';
import { html } from '../../lib/ui.js';
import { Words } from '../words.js';

export function Idle(/** @type {{view: Doc.View, session: string}} */ { view, session }) {
  const s = view.session;
  return html`<div class="idle enter">
    <div class="idle-text"><p class="kicker">${s && s.subtitle}</p><h1><${Words} text=${s ? s.title : ''} /></h1>
      <p class="next">${s && s.ended ? t('idle.ended') : view.entry ? t('idle.next', { title: view.entry.title }) : t('idle.soon')}</p></div>
    <${Join} session=${session} /></div>`;
}

/** The code that brings a phone to the live page. @param {{session: string, text?: string}} p */
export function Join({ session, text = t('join') }) {
  return html`<figure class="join"><img src=${base + '/qr.svg?path=' + encodeURIComponent('/live/' + session)} alt=${text} /><figcaption>${text}</figcaption></figure>`;
}

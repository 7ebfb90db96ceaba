// Before and between: what this is, what comes next, how to join.

import { t } from '../../lib/i18n.js';
import { html } from '../../lib/ui.js';
import { Words } from '../words.js';

export function Idle(/** @type {any} */ { view, session }) {
  const s = view.session || {};
  return html`<div class="idle enter">
    <div class="idle-text"><p class="kicker">${s.subtitle}</p><h1><${Words} text=${s.title || ''} /></h1>
      <p class="next">${view.session && s.ended ? t('idle.ended') : view.entry ? t('idle.next', { title: view.entry.title }) : t('idle.soon')}</p></div>
    <${Join} session=${session} /></div>`;
}

/** The code that brings a phone to the live page. */
export function Join(/** @type {any} */ { session }) {
  return html`<figure class="join"><img src=${'/qr.svg?path=' + encodeURIComponent('/live/' + session)} alt=${t('join')} /><figcaption>${t('join')}</figcaption></figure>`;
}

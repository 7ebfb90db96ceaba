// The fingerprint that the result was sealed under, for everyone to check.

import { base } from '../../lib/api.js';
import { number, t } from '../../lib/i18n.js';
import { html } from '../../lib/ui.js';

export function Verify(/** @type {{view: Doc.View}} */ { view }) {
  const v = view.verify;
  if (!v) return html`<div class="title-scene enter"><p class="kicker">${t('verify.title')}</p><h1>${t('verify.soon')}</h1></div>`;
  return html`<div class="verify-scene enter"><div class="grow"><p class="kicker">${t('verify.title')}</p><h1>${t('verify.line')}</h1>
      <code class="fig" data-root=${v.root}>${(v.root.match(/.{1,8}/g) || []).map((/** @type {string} */ x) => html`<span key=${x}>${x}</span>`)}</code>
      <p class="muted">${t('verify.leaves', { n: number(v.leaves) })}</p></div>
    <figure class="join"><img src=${base + '/qr.svg?path=%2Fverify'} alt=${t('verify.scan')} /><figcaption>${t('verify.scan')}</figcaption></figure></div>`;
}

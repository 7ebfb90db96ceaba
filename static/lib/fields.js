// What a field wants, in the page's own words and beside the field: a browser says it
// in its own language, in a bubble that is gone when one looks.

import { t } from './i18n.js';

/** Why a field is refused. @param {HTMLInputElement} e */
function why(e) {
  const v = e.validity, between = e.min !== '' && e.max !== '';
  if (v.valueMissing) return t(e.localName === 'select' ? 'wrong.choose' : 'wrong.missing');
  if (v.badInput) return t('wrong.number');
  if (v.rangeUnderflow || v.rangeOverflow) return t(between ? 'wrong.between' : v.rangeUnderflow ? 'wrong.least' : 'wrong.most', { min: e.min, max: e.max });
  if (v.stepMismatch) return t('wrong.step');
  if (v.tooShort || v.tooLong) return t(v.tooShort ? 'wrong.short' : 'wrong.long', { min: e.minLength, max: e.maxLength });
  return t('wrong.form');
}

/** @param {Element} at */
function clear(at) {
  at.querySelectorAll('[data-wrong]').forEach((x) => x.remove());
  at.querySelectorAll('[aria-invalid]').forEach((x) => x.removeAttribute('aria-invalid'));
}

/** Has the page say what its fields want. */
export function sayWrong() {
  let first = true; // of those that one try to send refuses
  document.addEventListener('invalid', (x) => {
    const e = /** @type {HTMLInputElement} */ (x.target), at = e.closest('.field') || e.parentElement;
    if (!at) return;
    x.preventDefault();
    clear(at);
    const said = document.createElement('small');
    said.className = 'wrong';
    said.dataset.wrong = e.name || '1';
    said.setAttribute('role', 'alert');
    said.textContent = why(e);
    at.appendChild(said);
    e.setAttribute('aria-invalid', 'true');
    if (!first) return;
    first = false;
    setTimeout(() => { first = true; });
    e.focus();
    at.scrollIntoView({ block: 'nearest' });
  }, true);
  for (const kind of ['input', 'change']) {
    document.addEventListener(kind, (x) => {
      const at = x.target instanceof Element && x.target.closest('.field');
      if (at) clear(at);
    });
  }
}

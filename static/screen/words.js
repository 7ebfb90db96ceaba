// Chinese has no spaces, and a title that breaks inside a word reads badly from
// thirty metres. The browser's own dictionary tells where the words are.

import { html } from '../lib/ui.js';

const segmenter = 'Segmenter' in Intl ? new Intl.Segmenter('zh', { granularity: 'word' }) : null;

/** The text with breaks between words alone. @param {{text: string}} p */
export function Words({ text }) {
  if (!segmenter) return text;
  return html`${[...segmenter.segment(text)].map((s, i) => html`<span key=${i} class=${s.isWordLike ? 'word' : ''}>${s.segment}</span>`)}`;
}

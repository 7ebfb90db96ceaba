// Chinese has no spaces, and a title that breaks inside a word reads badly from
// thirty metres. The browser's own dictionary tells where the words are.

import { html } from '../lib/ui.js';

const segmenter = 'Segmenter' in Intl ? new Intl.Segmenter('zh', { granularity: 'word' }) : null;

/** Which session this is, in one line. @param {Doc.View} view */
export const sessionLine = (view) => (view.session ? [view.session.subtitle, view.session.title].filter(Boolean).join(' · ') : '');

/** The text with breaks between words alone. @param {{text: string}} p */
export function Words({ text }) {
  if (!segmenter) return text;
  return html`${[...segmenter.segment(text)].map((s, i) => html`<span key=${i} class=${s.isWordLike ? 'word' : ''}>${s.segment}</span>`)}`;
}

/** The class of a title that shares one line of 56 units with other words: one that is
 * longer is set smaller, the longest in two lines that are no higher. @param {string} title */
export function length(title) { return title.length > 44 ? 'long' : title.length > 26 ? 'middle' : ''; }

// What is too long for one picture turns its pages by itself. Which page is on
// follows from the show's clock, so that all screens show the same one.

import { html, useNow } from '../lib/ui.js';

const TURN = 8000; // ms a page stays

/**
 * The page that is on. Pages are of equal length, give or take one row.
 * @template T @param {T[]} rows @param {number} most rows of a page @param {number} since when the scene came, unix ms
 * @returns {{rows: T[], page: number, pages: number, at: number}} at is the index of the first row
 */
export function usePage(rows, most, since) {
  const pages = Math.max(1, Math.ceil(rows.length / most));
  const now = useNow(pages > 1 ? 250 : 0);
  const page = pages > 1 ? Math.floor(Math.max(0, now - since) / TURN) % pages : 0;
  const size = Math.ceil(rows.length / pages);
  return { rows: rows.slice(page * size, (page + 1) * size), page, pages, at: page * size };
}

/** Which page it is, as dots. @param {{page: number, pages: number}} p */
export function Dots({ page, pages }) {
  if (pages < 2) return null;
  return html`<p class="pages" aria-hidden="true">${Array.from({ length: pages }, (_, i) => html`<i key=${i} class=${i === page ? 'on' : ''}></i>`)}</p>`;
}

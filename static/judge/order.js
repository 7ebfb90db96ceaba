// The running order at the judge's side, and in which state each sheet is.

import { t } from '../lib/i18n.js';
import { Track, html, trackStyle, useEffect, useRef } from '../lib/ui.js';

/** @typedef {import('./sheets.js').Sheets} Sheets */
/** @typedef {import('./sheets.js').Entry} Entry */

/**
 * new, todo, draft, submitted, locked, missed (locked without a submitted
 * sheet) or recused.
 * @param {Sheets} sheets @param {Entry} e
 */
export function stateOf(sheets, e) {
  const s = e.sheet.state;
  if (s === 'recused') return 'recused';
  if (s === 'locked') return 'locked';
  if (e.locked) return s === 'submitted' ? 'locked' : 'missed';
  if (s === 'submitted') return 'submitted';
  if (sheets.drafts[e.id] || e.sheet.rev > 0) return 'draft';
  return e.open ? 'todo' : 'new';
}

const MARKS = { new: '', todo: 'M8 3v10M3 8h10', draft: 'M3 13l1-4 7-7 3 3-7 7z', submitted: 'M3 8.5 6.5 12 13 4.5', locked: 'M4 7.5h8V14H4zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5', missed: 'M4 4l8 8M12 4l-8 8', recused: 'M3 8h10' };

/** @param {{state: keyof typeof MARKS}} p */
export function StateChip({ state }) {
  return html`<span class=${'state ' + state}><svg viewBox="0 0 16 16" aria-hidden="true"><path d=${MARKS[state]} /></svg>${t('judge.state.' + state)}</span>`;
}

/** @param {{sheets: Sheets, chosen: string, live: string, onPick: (id: string) => void}} p */
export function Order({ sheets, chosen, live, onPick }) {
  const list = useRef(/** @type {HTMLElement|null} */ (null));
  useEffect(() => { // the chosen one in view, without moving the page
    const box = list.current, row = box && /** @type {HTMLElement|null} */ (box.querySelector('[aria-current]'));
    if (box && row && (row.offsetTop < box.scrollTop || row.offsetTop + row.offsetHeight > box.scrollTop + box.clientHeight)) {
      box.scrollTop = row.offsetTop - box.clientHeight / 3;
    }
  }, [chosen]);
  if (!sheets.desk) return null;
  return html`<ol class="order" ref=${list}>${sheets.desk.entries.map((e) => html`<li key=${e.id}>
    <button type="button" class=${live === e.id ? 'live' : ''} style=${trackStyle(e.track)} aria-current=${e.id === chosen ? 'true' : null} onClick=${() => onPick(e.id)}>
      <span class="no fig">${e.order}</span>
      <span class="what"><b>${e.title}</b><span class="tags">${live === e.id && html`<span class="on-stage">${t('judge.live')}</span>`}<${StateChip} state=${stateOf(sheets, e)} /><${Track} id=${e.track} name=${e.trackName} /></span></span>
    </button></li>`)}</ol>`;
}

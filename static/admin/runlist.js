// The cues of a rundown as a list at real size: parts of the night that fold, a row
// that is drawn anew only when it changed, several chosen at once, and every key's way
// to do what a pointer does.

import { t } from '../lib/i18n.js';
import { html, useEffect, useRef, useState } from '../lib/ui.js';
import { wrongText } from './cueform.js';
import { lengths, slip } from './moves.js';
import { joined } from './parts.js';
import { howLong } from './time.js';

const FEW = 40; // cues that need no folding

/** What an action does, in words. @param {any} a an action as it is typed @param {Map<string, string>} names */
export function actionText(a, names) {
  if (!a.kind) return t('cue.nothing');
  const kind = t('action.' + a.kind), detail = [];
  if (a.scene) detail.push(t('scene.' + a.scene) === 'scene.' + a.scene ? a.scene : t('scene.' + a.scene));
  if (a.what) detail.push(t('reveal.' + a.what) === 'reveal.' + a.what ? a.what : t('reveal.' + a.what));
  if (a.mode) detail.push(t('danmaku.' + a.mode) === 'danmaku.' + a.mode ? a.mode : t('danmaku.' + a.mode));
  if (a.entry === '*') detail.push(t('action.entries'));
  for (const key of ['label', 'entry', 'ballot', 'award', 'camera']) if (a[key] && a[key] !== '*') detail.push(names.get(key + ':' + a[key]) || String(a[key]));
  if (a.seconds) detail.push(howLong(a.seconds));
  return (kind === 'action.' + a.kind ? String(a.kind) : kind) + (detail.length ? t('action.of', { what: joined(detail) }) : '');
}

/** A small picture for a key. @param {string} d */
export const icon = (d) => html`<svg viewBox="0 0 24 24" aria-hidden="true"><path d=${d} /></svg>`;

/** What is told of how the cue meets its fixed start. @param {number} by seconds */
function slipText(by) { return by > 0 ? t('cue.slip', { time: howLong(by) }) : by < 0 ? t('cue.gap', { time: howLong(-by) }) : ''; }

/** @typedef {{c: any, i: number, at: string, takes: number, by: number, names: Map<string, string>, wrong: Doc.Problem[], on: boolean, picked: boolean}} RowOf */

/** One cue. @param {RowOf & {does: any}} p */
function Row({ c, i, at, takes, by, names, wrong, on, picked, does }) {
  const title = String(c.title || c.id || i + 1), what = (Array.isArray(c.actions) ? c.actions : []).map((/** @type {any} */ a) => actionText(a || {}, names)).join(' · ');
  return html`<li data-cue=${c.id} data-at=${i} class=${'cuerow' + (on ? ' on' : '') + (picked ? ' picked' : '') + (wrong.length ? ' bad' : '')}>
    <span class="grip" data-grip="1" title=${t('cue.drag')} aria-hidden="true">${icon('M9 6h.01M15 6h.01M9 12h.01M15 12h.01M9 18h.01M15 18h.01')}</span>
    <label class="tick"><input type="checkbox" checked=${picked} aria-label=${t('cue.pick', { title })} onClick=${(/** @type {any} */ e) => does.pick(i, e.shiftKey)} /></label>
    <span class=${'fig when' + (c.fixed ? ' fixed' : '')} title=${c.fixed ? t('cue.fixed') : ''}>${at}</span>
    <button type="button" class="cuename" data-do="edit" aria-current=${on ? 'true' : null} tabindex=${on ? 0 : -1} onClick=${() => does.choose(i)}><b class="cut" title=${title}>${title}</b>
      <span class="cut muted small" title=${what}>${[c.detail, what].filter(Boolean).join(' · ')}</span>
      ${by !== 0 && html`<span class=${'small ' + (by > 0 ? 'warned' : 'muted')} data-slip=${by}>${slipText(by)}</span>`}
      ${wrong.map((p, n) => html`<span key=${n} class="wrong small">${wrongText(p)}</span>`)}</button>
    <span class="by small"><span>${t(c.lane === 'host' ? 'role.host' : 'role.director')}</span>${c.confirm && html`<span class="warned">${t('rundown.confirm.short')}</span>`}</span>
    <span class="fig small muted takes">${howLong(takes)}</span></li>`;
}

/** Rows by id, each drawn anew only when something of it is another. */
function useRows() {
  const rows = useRef(/** @type {Map<string, {deps: any[], row: any}>} */ (new Map()));
  return (/** @type {string} */ key, /** @type {RowOf} */ p, /** @type {any} */ does) => {
    const deps = [p.c, p.i, p.at, p.takes, p.by, p.names, p.on, p.picked, ...p.wrong], had = rows.current.get(key);
    if (had && had.deps.length === deps.length && had.deps.every((d, n) => d === deps[n])) return had.row;
    const row = html`<${Row} key=${key} ...${p} does=${does} />`;
    rows.current.set(key, { deps, row });
    return row;
  };
}

/** The key of a row: its cue's id, and where two have the same, the place of the second. @param {Set<string>} had @param {string} id @param {number} i */
function nameRow(had, id, i) {
  const key = had.has(id) ? id + '@' + i : id;
  had.add(id);
  return key;
}

/** Dragging by the grip: a line shows where it would come. @param {{current: HTMLElement|null}} box @param {{current: (which: number, at: number, beside: number) => void}} drop */
function useDrag(box, drop) {
  useEffect(() => {
    const el = box.current;
    if (!el) return undefined;
    /** @type {{which: number, id: number, at: number, beside: number, row: HTMLElement|null}|null} */
    let drag = null, roll = 0, y = 0;
    const mark = (/** @type {HTMLElement|null} */ row, /** @type {boolean} */ below) => {
      for (const x of el.querySelectorAll('.drop-above, .drop-below')) x.classList.remove('drop-above', 'drop-below');
      if (row) row.classList.add(below ? 'drop-below' : 'drop-above');
    };
    const look = () => {
      if (!drag) return;
      const under = document.elementFromPoint(el.getBoundingClientRect().left + 80, y), row = under && /** @type {HTMLElement|null} */ (under.closest('.cuerow'));
      if (!row || !el.contains(row)) return;
      const r = row.getBoundingClientRect(), below = y > r.top + r.height / 2;
      drag.beside = Number(row.dataset.at);
      drag.at = drag.beside + (below ? 1 : 0);
      mark(row, below);
    };
    const rolling = () => { // near an edge the list goes along, and the page where the list does not scroll
      if (!drag) return;
      const own = el.scrollHeight > el.clientHeight + 1, r = el.getBoundingClientRect(), top = Math.max(0, r.top) + 48, bottom = Math.min(innerHeight, r.bottom) - 48;
      const by = y < top ? y - top : y > bottom ? y - bottom : 0;
      if (by) { (own ? el : window).scrollBy(0, by / 5); look(); }
      roll = requestAnimationFrame(rolling);
    };
    const down = (/** @type {PointerEvent} */ e) => {
      const grip = /** @type {HTMLElement} */ (e.target).closest('[data-grip]'), row = grip && /** @type {HTMLElement|null} */ (grip.closest('.cuerow'));
      if (!row || e.button !== 0) return;
      e.preventDefault();
      drag = { which: Number(row.dataset.at), id: e.pointerId, at: -1, beside: -1, row };
      row.classList.add('dragged');
      el.setPointerCapture(e.pointerId);
      y = e.clientY;
      rolling();
    };
    const move = (/** @type {PointerEvent} */ e) => { if (drag && e.pointerId === drag.id) { y = e.clientY; look(); } };
    const done = (/** @type {boolean} */ good) => {
      if (!drag) return;
      const d = drag;
      drag = null;
      cancelAnimationFrame(roll);
      if (d.row) d.row.classList.remove('dragged');
      mark(null, false);
      if (good && d.at >= 0) drop.current(d.which, d.at, d.beside);
    };
    const up = () => done(true), away = () => done(false);
    const key = (/** @type {KeyboardEvent} */ e) => { if (drag && e.key === 'Escape') { e.preventDefault(); done(false); } };
    el.addEventListener('pointerdown', down);
    el.addEventListener('pointermove', move);
    el.addEventListener('pointerup', up);
    el.addEventListener('pointercancel', away);
    addEventListener('keydown', key, true);
    return () => { done(false); el.removeEventListener('pointerdown', down); el.removeEventListener('pointermove', move); el.removeEventListener('pointerup', up); el.removeEventListener('pointercancel', away); removeEventListener('keydown', key, true); };
  }, []);
}

/** The head of a part of the night, which folds it. @param {{s: import('./moves.js').Section, at: string, wrong: number, folded: boolean, all: boolean, some: boolean, onFold: () => void, onPick: () => void}} p */
function Heading({ s, at, wrong, folded, all, some, onFold, onPick }) {
  const name = s.name || t('group.none');
  return html`<div class="parthead"><label class="tick"><input type="checkbox" checked=${all} indeterminate=${some && !all} aria-label=${t('cue.pick.part', { name })} onClick=${onPick} /></label>
    <button type="button" class="fold" aria-expanded=${!folded} onClick=${onFold}>${icon(folded ? 'M9 6l6 6-6 6' : 'M6 9l6 6 6-6')}<span class="fig when">${at}</span><b class="cut" title=${name}>${name}</b>
      <span class="muted small">${t('cue.part', { n: s.to - s.from, time: howLong(s.takes) })}</span>${wrong > 0 && html`<span class="tag bad">${t('cue.part.wrong', { n: wrong })}</span>`}</button></div>`;
}

/** Which rows a search leaves. @param {any[]} cues @param {string} text @param {(c: any) => string} words what else a cue is found by */
function found(cues, text, words) {
  const parts = text.trim().toLowerCase().split(/\s+/).filter(Boolean);
  if (!parts.length) return null;
  const out = new Set();
  cues.forEach((c, i) => { const all = (String(c.title) + ' ' + (c.detail || '') + ' ' + (c.group || '') + ' ' + c.id + ' ' + words(c)).toLowerCase(); if (parts.every((p) => all.includes(p))) out.add(i); });
  return out;
}

/**
 * @typedef {{choose: (i: number) => void, pick: (i: number, range: boolean) => void, picks: (which: number[], on: boolean) => void, move: (step: number) => void, copy: () => void, drop: () => void, to: (which: number, at: number, beside: number) => void, next: () => void}} Does
 * @param {{cues: any[], parts: import('./moves.js').Section[], tell: (plan: number) => string, names: Map<string, string>, words: (c: any) => string, wrongOf: (i: number) => Doc.Problem[], chosen: number, picked: Set<string>, does: Does, tools: any}} p
 */
export function List({ cues, parts, tell, names, words, wrongOf, chosen, picked, does, tools }) {
  const [text, find] = useState('');
  const [shut, setShut] = useState(/** @type {Map<string, boolean>} */ (new Map())); // what was folded or opened by hand
  const box = useRef(/** @type {HTMLElement|null} */ (null));
  const row = useRows(), twice = new Set(), takes = lengths(cues), hits = found(cues, text, words);
  const now = useRef(does), drop = useRef(does.to);
  now.current = does;
  drop.current = does.to;
  useDrag(box, drop);
  const steady = useRef({ choose: (/** @type {number} */ i) => now.current.choose(i), pick: (/** @type {number} */ i, /** @type {boolean} */ range) => now.current.pick(i, range) });
  const folds = cues.length > FEW;
  const folded = (/** @type {import('./moves.js').Section} */ s) => (hits ? false : shut.get(s.key) ?? (folds && !(chosen >= s.from && chosen < s.to)));
  const fold = (/** @type {import('./moves.js').Section} */ s) => setShut(new Map(shut).set(s.key, !folded(s)));
  const all = (/** @type {boolean} */ on) => setShut(new Map(parts.map((s) => [s.key, on])));
  useEffect(() => { // whatever was chosen, by whichever way, is in sight
    const at = parts.find((s) => chosen >= s.from && chosen < s.to);
    if (at && (folds || shut.get(at.key)) && shut.get(at.key) !== false) setShut(new Map(shut).set(at.key, false));
    const el = box.current && box.current.querySelector('.cuerow.on');
    if (el) el.scrollIntoView({ block: 'nearest' });
  }, [chosen, cues[chosen] && cues[chosen].id]);
  const walk = () => parts.flatMap((s) => (!hits && shut.get(s.key) ? [] : cues.slice(s.from, s.to).map((_, n) => s.from + n))).filter((i) => !hits || hits.has(i));
  /** The one so many on from the chosen; parts that were folded by hand are passed over. @param {number} by */
  const beyond = (by) => {
    const all = walk(), at = all.indexOf(chosen);
    return at < 0 ? (by > 0 ? all.find((i) => i > chosen) : all.filter((i) => i < chosen).pop()) : all[Math.min(all.length - 1, Math.max(0, at + by))];
  };
  const step = (/** @type {number} */ by) => {
    const to = beyond(by);
    if (to === undefined) return;
    does.choose(to);
    requestAnimationFrame(() => { const el = box.current && /** @type {HTMLElement|null} */ (box.current.querySelector('.cuerow.on .cuename')); if (el) el.focus(); });
  };
  const keys = (/** @type {KeyboardEvent} */ e) => {
    if (e.isComposing || !/** @type {HTMLElement} */ (e.target).closest('.cuerow') || e.ctrlKey || e.metaKey) return;
    const up = e.key === 'ArrowUp', down = e.key === 'ArrowDown';
    if ((up || down) && e.altKey) does.move(up ? -1 : 1);
    else if (up || down) {
      const to = beyond(up ? -1 : 1);
      if (e.shiftKey && chosen >= 0 && to !== undefined) does.picks([chosen, to], true);
      step(up ? -1 : 1);
    }
    else if (e.key === 'Home' || e.key === 'End') step(e.key === 'Home' ? -cues.length : cues.length);
    else if (e.key === 'Delete') does.drop();
    else if (e.key === ' ' && /** @type {HTMLElement} */ (e.target).closest('.cuename') && chosen >= 0) does.picks([chosen], !picked.has(cues[chosen].id));
    else return;
    e.preventDefault();
  };
  return html`<div class="runtools" role="toolbar" aria-label=${t('cue.doing')}><label class="find"><span class="sr">${t('cue.find')}</span><input class="input" id="cue-find" type="search" placeholder=${t('cue.find')} value=${text} onInput=${(/** @type {any} */ e) => find(e.target.value)} /></label>
      ${hits && html`<span class="small muted" role="status" id="cue-found">${t('cue.found', { n: hits.size, of: cues.length })}</span>`}
      ${tools}
      ${folds && !hits && html`<button type="button" class="btn slim quiet" data-do="fold-all" onClick=${() => all(true)}>${t('cue.fold')}</button><button type="button" class="btn slim quiet" data-do="open-all" onClick=${() => all(false)}>${t('cue.unfold')}</button>`}</div>
    <div class="cuelist" id="cues" ref=${box} onKeyDown=${keys}>${parts.map((s) => {
      const close = folded(s), inside = cues.slice(s.from, s.to), rows = close ? [] : inside.map((_, n) => s.from + n).filter((i) => !hits || hits.has(i));
      if (hits && !rows.length) return null;
      const ticked = inside.filter((c) => picked.has(c.id)).length;
      return html`<section key=${s.key} data-part=${s.name}>
        ${(parts.length > 1 || s.name) && html`<${Heading} s=${s} at=${tell(Number(cues[s.from].plan) || 0)} wrong=${inside.reduce((n, _, k) => n + wrongOf(s.from + k).length, 0)} folded=${close} all=${ticked === inside.length} some=${ticked > 0} onFold=${() => fold(s)} onPick=${() => does.picks(inside.map((_, n) => s.from + n), ticked < inside.length)} />`}
        ${rows.length > 0 && html`<ol>${rows.map((i) => row(nameRow(twice, String(cues[i].id), i), { c: cues[i], i, at: tell(Number(cues[i].plan) || 0), takes: takes[i], by: slip(cues, takes, i), names, wrong: wrongOf(i), on: i === chosen, picked: picked.has(cues[i].id) }, steady.current))}</ol>`}</section>`;
    })}</div>`;
}

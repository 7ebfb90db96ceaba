// One entry and the judge's sheet of it: four criteria, the total, submit.

import { timeOfDay } from '../lib/clock.js';
import { errorText, t } from '../lib/i18n.js';
import { Hold, Track, html, toast, trackStyle, useEffect, useRef, useState } from '../lib/ui.js';
import { complete, formatMark, parseMark, total } from './marks.js';
import { StateChip, stateOf } from './order.js';

/** @typedef {import('./sheets.js').Sheets} Sheets */
/** @typedef {import('./sheets.js').Entry} Entry */
/** @typedef {import('./marks.js').Criterion} Criterion */

const STEPS = [-100, -50, 50, 100]; // hundredths of a point
const QUICK = [60, 70, 80, 85, 90, 95]; // percent of the most

/** @param {{entry: Entry}} p */
function Head({ entry }) {
  const units = [entry.lead, ...(entry.partners || [])];
  return html`<header class="entry" style=${trackStyle(entry.track)}>
    <span class="no fig">${entry.order}</span>
    <div class="grow">
      <h1>${entry.title}</h1>
      <p class="who"><${Track} id=${entry.track} name=${entry.trackName} /><span>${entry.team}</span><span>${units.join(t('judge.comma'))}</span></p>
      ${entry.summary && html`<p class="summary">${entry.summary}</p>`}
    </div></header>`;
}

/** @param {{c: Criterion, mark: number|undefined, fixed: boolean, onMark: (mark: number|undefined) => void}} p */
function Mark({ c, mark, fixed, onMark }) {
  const [text, setText] = useState(mark === undefined ? '' : formatMark(mark));
  const typed = parseMark(text, c.max);
  const value = typed === null ? undefined : typed;
  useEffect(() => { // it changed elsewhere: by a button, or on another device
    if (value !== mark) setText(mark === undefined ? '' : formatMark(mark));
  }, [mark]);
  const wrong = typed === undefined;
  const set = (/** @type {number} */ m) => onMark(Math.max(0, Math.min(c.max * 100, m)));
  const next = (/** @type {any} */ e) => {
    if (e.key !== 'Enter') return;
    const all = [.../** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll('.criterion input'))];
    const following = all[all.indexOf(e.currentTarget) + 1];
    if (following) following.focus(); else e.currentTarget.blur();
  };
  const step = (/** @type {number} */ by) => html`<button type="button" class="btn" disabled=${fixed || mark === undefined}
    aria-label=${t(by < 0 ? 'judge.less' : 'judge.more', { name: c.name, by: formatMark(Math.abs(by)) })}
    onClick=${() => set((mark || 0) + by)}>${by < 0 ? '−' : '+'}${formatMark(Math.abs(by))}</button>`;
  return html`<section class=${'criterion' + (mark !== undefined ? ' filled' : '') + (wrong ? ' wrong' : '')} data-criterion=${c.id}>
    <div class="name"><h2>${c.name}</h2><span class="weight fig">${c.weight}%</span></div>
    <p class="text">${c.text}</p>
    <div class="stepper">${step(STEPS[0])}${step(STEPS[1])}
      <label><span class="sr">${c.name}</span><input class="fig" inputmode="decimal" enterkeyhint="next" autocomplete="off" value=${text} placeholder="—"
        readonly=${fixed} aria-invalid=${wrong ? 'true' : null} onFocus=${(/** @type {any} */ e) => { if (!fixed) e.currentTarget.select(); }} onKeyDown=${next}
        onInput=${(/** @type {any} */ e) => {
          setText(e.currentTarget.value);
          const m = parseMark(e.currentTarget.value, c.max);
          onMark(m === null ? undefined : m);
        }} /></label>
      ${step(STEPS[2])}${step(STEPS[3])}</div>
    ${wrong ? html`<p class="hint" role="alert">${t('judge.range', { max: c.max })}</p>` : html`<div class="quick">${QUICK.map((q) => {
      const m = Math.round(q * c.max);
      return html`<button type="button" key=${q} class=${'fig' + (m === mark ? ' on' : '')} disabled=${fixed} onClick=${() => set(m)}>${formatMark(m)}</button>`;
    })}</div>`}</section>`;
}

/** A modal question. @param {any} p */
function Ask({ title, children, onClose }) {
  const box = useRef(/** @type {HTMLDialogElement|null} */ (null));
  useEffect(() => { if (box.current && !box.current.open) box.current.showModal(); }, []);
  return html`<dialog ref=${box} class="ask" onClose=${onClose} onCancel=${onClose}><h2>${title}</h2>${children}</dialog>`;
}

/** @param {{sheets: Sheets, entry: Entry, onClose: () => void}} p */
function AskSubmit({ sheets, entry, onClose }) {
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState(/** @type {any} */ (null));
  const criteria = sheets.desk ? sheets.desk.criteria : [];
  const { marks } = sheets.content(entry);
  const go = async () => {
    setBusy(true);
    setFailed(null);
    try {
      await sheets.submit(entry.id);
      toast(t('judge.received'), 'good');
      onClose();
    } catch (err) { setFailed(err); setBusy(false); }
  };
  return html`<${Ask} title=${t('judge.submit.ask')} onClose=${onClose}>
    <p class="muted">${entry.title}</p>
    <dl class="figures">${criteria.map((c) => html`<div key=${c.id}><dt>${c.name}</dt><dd class="fig">${formatMark(marks[c.id] || 0)}</dd></div>`)}
      <div class="sum"><dt>${t('judge.total')}</dt><dd class="fig">${total(criteria, marks)}</dd></div></dl>
    <p class="small muted">${t('judge.submit.final')}</p>
    ${failed && html`<p class="note bad" role="alert">${errorText(failed)}</p>`}
    <div class="row end"><button type="button" class="btn" disabled=${busy} onClick=${onClose}>${t('judge.submit.back')}</button>
      <button type="button" class="btn main" id="confirm-submit" disabled=${busy} onClick=${go}>${t(busy ? 'judge.submitting' : 'judge.submit.yes')}</button></div><//>`;
}

/** @param {{sheets: Sheets, entry: Entry, onClose: () => void}} p */
function AskRecuse({ sheets, entry, onClose }) {
  const [reason, setReason] = useState('');
  const [failed, setFailed] = useState(/** @type {any} */ (null));
  const go = async () => {
    try {
      await sheets.recuse(entry.id, reason.trim());
      onClose();
    } catch (err) { setFailed(err); }
  };
  return html`<${Ask} title=${t('judge.recuse.ask')} onClose=${onClose}>
    <p class="muted">${entry.title}</p>
    <label class="field"><span>${t('judge.recuse.reason')}</span>
      <textarea class="input" rows="3" maxlength="500" value=${reason} onInput=${(/** @type {any} */ e) => setReason(e.currentTarget.value)}></textarea></label>
    <p class="small muted">${t('judge.recuse.final')}</p>
    ${failed && html`<p class="note bad" role="alert">${errorText(failed)}</p>`}
    <div class="row end"><button type="button" class="btn" onClick=${onClose}>${t('cancel')}</button>
      <${Hold} class="danger" disabled=${!reason.trim()} onHold=${go}>${t('judge.recuse.hold')}<//></div><//>`;
}

/** What happened to this sheet that the judge should know. @param {{sheets: Sheets, entry: Entry}} p */
function News({ sheets, entry }) {
  const clash = sheets.clashes[entry.id];
  if (clash && sheets.desk) {
    const newer = clash.theirs.updatedAt >= clash.mine.at ? 'judge.clash.theirs' : 'judge.clash.mine';
    return html`<div class="note warn news" role="alert"><p><b>${t('judge.clash')}</b> ${t(newer, { theirs: timeOfDay(clash.theirs.updatedAt), mine: timeOfDay(clash.mine.at) })}</p>
      <p class="fig">${t('judge.clash.totals', { theirs: total(sheets.desk.criteria, clash.theirs.marks), mine: total(sheets.desk.criteria, clash.mine.marks) })}</p>
      <div class="row"><button type="button" class="btn slim" onClick=${() => sheets.forget(entry.id)}>${t('judge.clash.ok')}</button>
        ${entry.sheet.state === 'draft' && entry.open && html`<button type="button" class="btn slim" onClick=${() => sheets.restoreMine(entry.id)}>${t('judge.clash.restore')}</button>`}</div></div>`;
  }
  if (sheets.late.has(entry.id)) {
    return html`<div class="note warn news row"><p class="grow">${t('judge.late')}</p><button type="button" class="btn slim" onClick=${() => sheets.forget(entry.id)}>${t('judge.clash.ok')}</button></div>`;
  }
  const state = stateOf(sheets, entry);
  const kind = state === 'submitted' || state === 'locked' ? 'good' : state === 'missed' ? 'bad' : '';
  if (state === 'todo' || state === 'draft' && entry.open) return null;
  const text = state === 'draft' ? 'judge.news.paused' : 'judge.news.' + state;
  return html`<p class=${'note news ' + kind}>${t(text, { time: entry.sheet.updatedAt ? timeOfDay(entry.sheet.updatedAt) : '', reason: entry.sheet.comment })}</p>`;
}

/** @param {{sheets: Sheets, entry: Entry}} p */
function Saved({ sheets, entry }) {
  const standing = sheets.standing(entry.id);
  if (standing === 'saved' && entry.sheet.rev === 0) return html`<span class="saved muted">${t('judge.saved.empty')}</span>`;
  const failed = sheets.failed[entry.id];
  return html`<span class=${'saved ' + standing} role="status"><span class=${'dot ' + (standing === 'saved' ? 'good' : standing === 'unsynced' ? 'warn' : '')}></span>
    ${t('judge.saved.' + standing)}${standing === 'saved' && html` <span class="fig">${timeOfDay(entry.sheet.updatedAt)}</span>`}
    ${failed && html`<span class="why">${failed.code.startsWith('net.') ? t('judge.saved.local') : errorText(failed)}</span>
      <button type="button" class="btn slim" onClick=${() => sheets.save(entry.id)}>${t('retry')}</button>`}</span>`;
}

/** In place of the sheet of an entry that has left the contest meanwhile. @param {{entry: Entry, filled: boolean, next: string, onPick: (id: string) => void}} p */
export function Gone({ entry, filled, next, onPick }) {
  return html`<article class="paper gone" data-gone=${entry.id}><${Head} entry=${entry} />
    <div class="note warn news row" role="alert"><p class="grow"><b>${t('judge.gone')}</b> ${t(filled ? 'judge.gone.filled' : 'judge.gone.how')}</p>
      ${next && html`<button type="button" class="btn slim" onClick=${() => onPick(next)}>${t('judge.gone.next')}</button>`}</div></article>`;
}

/** @param {{sheets: Sheets, entry: Entry}} p */
export function Paper({ sheets, entry }) {
  const [asking, setAsking] = useState('');
  const criteria = sheets.desk ? sheets.desk.criteria : [];
  const state = stateOf(sheets, entry);
  const { marks, comment } = sheets.content(entry);
  const fixed = !(state === 'todo' || state === 'draft') || !entry.open;
  const missing = criteria.filter((c) => marks[c.id] === undefined).length;
  const shut = () => setAsking('');
  const change = (/** @type {string} */ id, /** @type {number|undefined} */ m) => {
    if (fixed) return; // a key that was under the finger when the sheet closed
    const now = { ...sheets.content(entry).marks };
    if (m === undefined) delete now[id]; else now[id] = m;
    sheets.edit(entry.id, now, sheets.content(entry).comment);
  };
  const say = (/** @type {string} */ text) => sheets.edit(entry.id, sheets.content(entry).marks, text);
  useEffect(() => { shut(); }, [entry.id]);
  if (state === 'recused') return html`<article class="paper"><${Head} entry=${entry} /><${News} sheets=${sheets} entry=${entry} /></article>`;
  const mayRecuse = ['new', 'todo', 'draft', 'submitted'].includes(state);
  return html`<article class=${'paper ' + state}>
    <${Head} entry=${entry} /><${News} sheets=${sheets} entry=${entry} />
    <div class="criteria">${criteria.map((c) => html`<${Mark} key=${entry.id + c.id} c=${c} mark=${marks[c.id]} fixed=${fixed} onMark=${(/** @type {number|undefined} */ m) => change(c.id, m)} />`)}</div>
    ${(!fixed || comment) && html`<label class="field comment"><span>${t('judge.comment')}</span>
      <textarea class="input" rows="2" maxlength="500" readonly=${fixed} value=${comment} placeholder=${fixed ? '' : t('judge.comment.hint')}
        onInput=${(/** @type {any} */ e) => say(e.currentTarget.value)}></textarea></label>`}
    ${mayRecuse && html`<div class="aside"><button type="button" class="btn quiet slim" onClick=${() => setAsking('recuse')}>${t('judge.recuse')}</button></div>`}
    <footer class="tally">
      <div class="sum"><span>${t(missing && !fixed ? 'judge.total.sofar' : 'judge.total')}</span><b class="fig" id="total">${missing === criteria.length ? '—' : total(criteria, marks)}</b></div>
      <div class="grow">${fixed ? html`<${StateChip} state=${state} />` : html`<${Saved} sheets=${sheets} entry=${entry} />`}</div>
      ${!fixed && html`<button type="button" class="btn main" id="submit" disabled=${!complete(criteria, marks)}
        onClick=${() => setAsking('submit')}>${missing ? t('judge.missing', { n: missing }) : t('judge.submit')}</button>`}
    </footer>
    ${asking === 'submit' && html`<${AskSubmit} sheets=${sheets} entry=${entry} onClose=${shut} />`}
    ${asking === 'recuse' && html`<${AskRecuse} sheets=${sheets} entry=${entry} onClose=${shut} />`}</article>`;
}

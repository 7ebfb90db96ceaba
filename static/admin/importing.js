// Import of entries from a file: first what would change, then, with nothing
// wrong, all of it at once.

import { Refused, base } from '../lib/api.js';
import { errorText, t } from '../lib/i18n.js';
import { Track, html, toast, useRef, useState } from '../lib/ui.js';
import { call } from './call.js';
import { Tag } from './parts.js';
import { useUnsaved } from './unsaved.js';

const MOST = 60; // lines of one kind that are drawn

/** @param {Blob} file @param {string} name @param {string} basis of the preview that is to be applied; '' to look @param {string} sheet of a workbook with several lists, '' for its only one */
function send(file, name, basis, sheet) {
  const form = new FormData();
  form.append('file', file, name);
  const query = [basis && 'apply=1&basis=' + basis, sheet && 'sheet=' + encodeURIComponent(sheet)].filter(Boolean).join('&');
  return call('/v1/admin/entries/import' + (query && '?' + query), { form, timeout: 60000 });
}

/** The heading of a column of the list. @param {string} path */
function column(path) { return path ? t('column.' + path) === 'column.' + path ? path : t('column.' + path) : t('import.file'); }

/** One changed field, old above new. @param {{d: Doc.FieldDiff}} p */
function Diff({ d }) {
  return html`<div class="diff"><span class="muted small">${column(d.field)}${d.frozen && html` <${Tag} tone="warn">${t('import.frozen')}<//>`}</span>
    <del>${d.old || t('import.blank')}</del><ins>${d.new || t('import.blank')}</ins></div>`;
}

/** A cell or the whole file, and what is wrong with it or should be looked at. @param {{x: Doc.Problem, kind: any, wrong: boolean}} p */
function Told({ x, kind, wrong }) {
  const a = x.args || {};
  return html`<tr data-kind=${wrong ? 'problem' : 'notice'}>
    <td class="num fig" data-label=${t('import.line')}>${x.line || '–'}</td>${kind}
    <td data-label=${t('import.column')}>${column(x.path)}${a.cell && html` <span class="fig">${a.cell}</span>`}${a.value && html`<span class="muted small">${a.value}</span>`}</td>
    <td class=${wrong ? 'wrong' : ''}>${errorText(x)}</td></tr>`;
}

/** What is left out of a long list. @param {{n: number}} p */
function Rest({ n }) {
  return n > MOST ? html`<tr><td></td><td></td><td colspan="2" class="muted">${t('import.rest', { n: n - MOST })}</td></tr>` : null;
}

/** @param {{p: Doc.Preview}} p */
function Preview({ p }) {
  const lined = p.problems.length + p.notices.length + p.change.length > 0; // of what is new or the same no line is known
  const kind = (/** @type {string} */ name, /** @type {string} */ tone) => html`<td data-label=${t('import.kind')}><${Tag} tone=${tone}>${t('import.' + name)}<//></td>`;
  return html`<div class="scroll"><table class=${'table preview' + (lined ? '' : ' unlined')} id="import-preview">
    <thead><tr><th scope="col" class="num">${t('import.line')}</th><th scope="col">${t('import.kind')}</th><th scope="col">${t('import.what')}</th><th scope="col">${t('import.detail')}</th></tr></thead>
    <tbody>
      ${p.problems.slice(0, MOST).map((x, /** @type {number} */ i) => html`<${Told} key=${'p' + i} x=${x} wrong=${true} kind=${kind('problem', 'bad')} />`)}<${Rest} n=${p.problems.length} />
      ${p.notices.slice(0, MOST).map((x, /** @type {number} */ i) => html`<${Told} key=${'n' + i} x=${x} wrong=${false} kind=${kind('notice', 'warn')} />`)}<${Rest} n=${p.notices.length} />
      ${p.change.slice(0, MOST).map((x) => html`<tr key=${'c' + x.entry.id} data-kind="change">
        <td class="num fig" data-label=${t('import.line')}>${x.line}</td>${kind('change', 'accent')}
        <td class="main">${x.entry.title}<span class="muted small">${x.entry.id}</span></td>
        <td>${x.fields.map((d) => html`<${Diff} key=${d.field} d=${d} />`)}</td></tr>`)}<${Rest} n=${p.change.length} />
      ${p.add.slice(0, MOST).map((x) => html`<tr key=${'a' + x.id} data-kind="add">
        <td class="num fig"></td>${kind('add', 'good')}
        <td class="main">${x.title}<span class="muted small">${x.id}</span></td>
        <td><${Track} id=${x.track} /><span class="small muted">${x.lead}</span></td></tr>`)}<${Rest} n=${p.add.length} />
      ${p.same.length > 0 && html`<tr data-kind="same"><td></td>${kind('same', '')}<td colspan="2" class="muted">${t('import.same.n', { n: p.same.length })}</td></tr>`}
    </tbody></table></div>`;
}

/** What was read and what comes of it. @param {{state: {file: Blob, name: string, sheet: string, preview: Doc.Preview}, busy: boolean, onApply: () => void, onDrop: () => void, onSheet: (name: string) => void}} p */
function Found({ state, busy, onApply, onDrop, onSheet }) {
  const p = state.preview;
  const frozen = p.change.some((x) => x.fields.some((d) => d.frozen));
  const wrong = p.problems.length > 0, idle = !wrong && !p.add.length && !p.change.length && !p.notices.length;
  const several = p.problems.find((x) => x.code === 'sheet.several');
  return html`<div class="found">
    <div class="sums"><strong class="cut">${state.name}</strong>${p.sheet && html`<span class="muted" id="import-sheet">${t('import.sheet', { sheet: p.sheet })}</span>`}
      ${[['add', p.add.length], ['change', p.change.length], ['same', p.same.length], ['notice', p.notices.length], ['problem', p.problems.length]].map(([k, n]) => html`
        <span key=${k} class=${'sum of-' + k + (n ? '' : ' zero')}><b class="fig">${n}</b> ${t('import.' + k)}</span>`)}</div>
    ${p.ignored && p.ignored.length > 0 && html`<p class="muted small">${t('import.ignored', { list: p.ignored.join('、') })}</p>`}
    ${p.kept && p.kept.length > 0 && html`<p class="muted small" id="import-kept">${t('import.kept', { list: p.kept.map(column).join('、') })}</p>`}
    ${several && html`<div class="row" id="import-sheets">${(several.args || {}).names.map((/** @type {string} */ name) => html`
      <button key=${name} type="button" class="btn" disabled=${busy} onClick=${() => onSheet(name)}>${t('import.sheet', { sheet: name })}</button>`)}</div>`}
    ${wrong && !several && html`<p class="note bad">${t('import.wrong')}</p>`}
    ${frozen && !wrong && html`<p class="note warn">${t('import.frozen.how')}</p>`}
    ${idle && html`<p class="note good">${t('import.idle')}</p>`}
    ${!idle && html`<${Preview} p=${p} />`}
    <div class="row end"><button type="button" class="btn quiet" disabled=${busy} onClick=${onDrop}>${t(idle ? 'close' : 'cancel')}</button>
      <button type="button" class="btn main" id="import-apply" disabled=${busy || wrong || !p.add.length && !p.change.length} onClick=${onApply}>${t(busy ? 'import.busy' : 'import.apply')}</button></div>
  </div>`;
}

/** @param {{onDone: () => Promise<any>}} p */
export function Importing({ onDone }) {
  const [state, set] = useState(/** @type {{name: string, file: Blob, sheet: string, preview: Doc.Preview}|null} */ (null));
  const [failed, fail] = useState(/** @type {any} */ (null));
  const [busy, setBusy] = useState(false);
  const [over, setOver] = useState(false);
  useUnsaved(!!state && (state.preview.add.length > 0 || state.preview.change.length > 0)); // it looks like a list that is in already
  const input = useRef(/** @type {HTMLInputElement|null} */ (null));
  const run = async (/** @type {() => Promise<any>} */ f) => {
    setBusy(true);
    fail(null);
    try { await f(); } catch (err) { fail(err); }
    setBusy(false);
  };
  const read = (/** @type {File|undefined} */ file) => file && run(async () => {
    set(null);
    // A copy: what is applied is what was shown, even if the file is saved again meanwhile.
    const copy = new Blob([await file.arrayBuffer()]);
    set({ name: file.name, file: copy, sheet: '', preview: await send(copy, file.name, '', '') });
  });
  const choose = (/** @type {string} */ sheet) => state && run(async () => set({ ...state, sheet, preview: await send(state.file, state.name, '', sheet) }));
  const apply = () => state && run(async () => {
    let preview;
    try { preview = await send(state.file, state.name, state.preview.basis, state.sheet); } catch (err) {
      // Another has changed the list since: what this file would do now is shown again.
      if (err instanceof Refused && err.code === 'entry.stale_import') set({ ...state, preview: await send(state.file, state.name, '', state.sheet) });
      throw err;
    }
    if (!preview.applied) { set({ ...state, preview }); return; } // as much has changed as to be wrong now
    set(null);
    toast(t('import.done', { add: preview.add.length, change: preview.change.length }), 'good');
    await onDone();
  });
  const drop = (/** @type {DragEvent} */ e) => { e.preventDefault(); setOver(false); if (e.dataTransfer && !busy) read(e.dataTransfer.files[0]); };
  return html`<section class=${'panel importing' + (over ? ' over' : '')} onDragOver=${(/** @type {Event} */ e) => { e.preventDefault(); setOver(true); }} onDragLeave=${() => setOver(false)} onDrop=${drop}>
    <div class="bar-row"><div class="grow"><h2>${t('import')}</h2><p class="muted small">${t('import.how')}</p></div>
      <div class="acts"><a class="btn" href=${base + '/v1/admin/entries/template'} download="entries.xlsx">${t('import.template')}</a>
      <button type="button" class="btn main" disabled=${busy} onClick=${() => input.current && input.current.click()}>${t(busy && !state ? 'import.reading' : 'import.choose')}</button>
      <input class="sr" type="file" id="import-file" ref=${input} tabindex="-1" aria-label=${t('import.choose')} accept=".xlsx,.csv,.tsv,.txt"
        onChange=${(/** @type {any} */ e) => { read(e.target.files[0]); e.target.value = ''; }} /></div></div>
    ${failed && html`<p class="note bad" role="alert">${errorText(failed)}</p>`}
    ${state && html`<${Found} state=${state} busy=${busy} onApply=${apply} onDrop=${() => set(null)} onSheet=${choose} />`}
  </section>`;
}

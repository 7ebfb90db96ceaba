// Import of entries from a file: first what would change, then, with nothing
// wrong, all of it at once.

import { errorText, t } from '../lib/i18n.js';
import { Track, html, toast, useRef, useState } from '../lib/ui.js';
import { call } from './call.js';
import { Tag } from './parts.js';

const MOST = 60; // lines of one kind that are drawn

/** @param {Blob} file @param {string} name @param {boolean} apply */
function send(file, name, apply) {
  const form = new FormData();
  form.append('file', file, name);
  return call('/v1/admin/entries/import' + (apply ? '?apply=1' : ''), { form, timeout: 60000 });
}

/** The heading of a column of the list. @param {string} path */
function column(path) { return path ? t('column.' + path) === 'column.' + path ? path : t('column.' + path) : t('import.file'); }

/** One changed field, old above new. @param {{d: any}} p */
function Diff({ d }) {
  return html`<div class="diff"><span class="muted small">${column(d.field)}${d.frozen && html` <${Tag} tone="warn">${t('import.frozen')}<//>`}</span>
    <del>${d.old || t('import.blank')}</del><ins>${d.new || t('import.blank')}</ins></div>`;
}

/** What is left out of a long list. @param {{n: number}} p */
function Rest({ n }) {
  return n > MOST ? html`<tr><td></td><td></td><td colspan="2" class="muted">${t('import.rest', { n: n - MOST })}</td></tr>` : null;
}

/** @param {{p: any}} p */
function Preview({ p }) {
  const kind = (/** @type {string} */ name, /** @type {string} */ tone) => html`<td data-label=${t('import.kind')}><${Tag} tone=${tone}>${t('import.' + name)}<//></td>`;
  return html`<div class="scroll"><table class="table preview" id="import-preview">
    <thead><tr><th scope="col" class="num">${t('import.line')}</th><th scope="col">${t('import.kind')}</th><th scope="col">${t('import.what')}</th><th scope="col">${t('import.detail')}</th></tr></thead>
    <tbody>
      ${p.problems.slice(0, MOST).map((/** @type {any} */ x, /** @type {number} */ i) => html`<tr key=${'p' + i} data-kind="problem">
        <td class="num fig" data-label=${t('import.line')}>${x.line || '–'}</td>${kind('problem', 'bad')}
        <td data-label=${t('import.column')}>${column(x.path)}${x.args && x.args.value && html`<span class="muted small">${x.args.value}</span>`}</td>
        <td class="wrong">${errorText(x)}</td></tr>`)}<${Rest} n=${p.problems.length} />
      ${p.change.slice(0, MOST).map((/** @type {any} */ x) => html`<tr key=${'c' + x.entry.id} data-kind="change">
        <td class="num fig" data-label=${t('import.line')}>${x.line}</td>${kind('change', 'accent')}
        <td class="main">${x.entry.title}<span class="muted small">${x.entry.id}</span></td>
        <td>${x.fields.map((/** @type {any} */ d) => html`<${Diff} key=${d.field} d=${d} />`)}</td></tr>`)}<${Rest} n=${p.change.length} />
      ${p.add.slice(0, MOST).map((/** @type {any} */ x) => html`<tr key=${'a' + x.id} data-kind="add">
        <td class="num fig"></td>${kind('add', 'good')}
        <td class="main">${x.title}<span class="muted small">${x.id}</span></td>
        <td><${Track} id=${x.track} /><span class="small muted">${x.lead}</span></td></tr>`)}<${Rest} n=${p.add.length} />
      ${p.same.length > 0 && html`<tr data-kind="same"><td></td>${kind('same', '')}<td colspan="2" class="muted">${t('import.same.n', { n: p.same.length })}</td></tr>`}
    </tbody></table></div>`;
}

/** What was read and what comes of it. @param {any} p */
function Found({ state, busy, onApply, onDrop }) {
  const p = state.preview;
  const frozen = p.change.some((/** @type {any} */ x) => x.fields.some((/** @type {any} */ d) => d.frozen));
  const wrong = p.problems.length > 0, idle = !wrong && !p.add.length && !p.change.length;
  return html`<div class="found">
    <div class="sums"><strong class="cut">${state.name}</strong>
      ${[['add', p.add.length], ['change', p.change.length], ['same', p.same.length], ['problem', p.problems.length]].map(([k, n]) => html`
        <span key=${k} class=${'sum ' + k + (n ? '' : ' zero')}><b class="fig">${n}</b> ${t('import.' + k)}</span>`)}</div>
    ${p.ignored && p.ignored.length > 0 && html`<p class="muted small">${t('import.ignored', { list: p.ignored.join('、') })}</p>`}
    ${wrong && html`<p class="note bad">${t('import.wrong')}</p>`}
    ${frozen && !wrong && html`<p class="note warn">${t('import.frozen.how')}</p>`}
    ${idle && html`<p class="note good">${t('import.idle')}</p>`}
    ${!idle && html`<${Preview} p=${p} />`}
    <div class="row end"><button type="button" class="btn quiet" disabled=${busy} onClick=${onDrop}>${t(idle ? 'close' : 'cancel')}</button>
      <button type="button" class="btn main" id="import-apply" disabled=${busy || wrong || idle} onClick=${onApply}>${t(busy ? 'import.busy' : 'import.apply')}</button></div>
  </div>`;
}

/** @param {{onDone: () => Promise<any>}} p */
export function Importing({ onDone }) {
  const [state, set] = useState(/** @type {any} */ (null)); // {name, file, preview}
  const [failed, fail] = useState(/** @type {any} */ (null));
  const [busy, setBusy] = useState(false);
  const [over, setOver] = useState(false);
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
    set({ name: file.name, file: copy, preview: await send(copy, file.name, false) });
  });
  const apply = () => run(async () => {
    const preview = await send(state.file, state.name, true);
    if (!preview.applied) { set({ ...state, preview }); return; } // the list has changed since
    set(null);
    toast(t('import.done', { add: preview.add.length, change: preview.change.length }), 'good');
    await onDone();
  });
  const drop = (/** @type {DragEvent} */ e) => { e.preventDefault(); setOver(false); if (e.dataTransfer && !busy) read(e.dataTransfer.files[0]); };
  return html`<section class=${'panel importing' + (over ? ' over' : '')} onDragOver=${(/** @type {Event} */ e) => { e.preventDefault(); setOver(true); }} onDragLeave=${() => setOver(false)} onDrop=${drop}>
    <div class="bar-row"><div class="grow"><h2>${t('import')}</h2><p class="muted small">${t('import.how')}</p></div>
      <div class="acts"><a class="btn" href="/v1/admin/entries/template" download="entries.xlsx">${t('import.template')}</a>
      <button type="button" class="btn main" disabled=${busy} onClick=${() => input.current && input.current.click()}>${t(busy && !state ? 'import.reading' : 'import.choose')}</button>
      <input class="sr" type="file" id="import-file" ref=${input} tabindex="-1" aria-label=${t('import.choose')} accept=".xlsx,.csv,.tsv,.txt"
        onChange=${(/** @type {any} */ e) => { read(e.target.files[0]); e.target.value = ''; }} /></div></div>
    ${failed && html`<p class="note bad" role="alert">${errorText(failed)}</p>`}
    ${state && html`<${Found} state=${state} busy=${busy} onApply=${apply} onDrop=${() => set(null)} />`}
  </section>`;
}

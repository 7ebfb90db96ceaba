// Another contest of the installation: by a copy of this one's plan, or by a file.

import { base } from '../lib/api.js';
import { errorText, t } from '../lib/i18n.js';
import { html, useEffect, useRef, useState } from '../lib/ui.js';
import { call } from './call.js';
import { Choice, Dialog, Field } from './parts.js';
import { goOn } from './unsaved.js';

/** @typedef {{name: string, shortName: string, code: string, from: string}} Form */

/** What a plan file says of itself; its mistakes are for the server to tell. @param {string} text @returns {Form} */
function said(text) {
  let p;
  try { p = JSON.parse(text.replace(/^\ufeff/, '')); } catch (e) { p = null; }
  const of = (/** @type {string} */ name) => (p && typeof p[name] === 'string' ? p[name] : '');
  return { name: of('name'), shortName: of('shortName'), code: of('code'), from: of('from') };
}

/** Waits until the node that answers has heard of the contest: others of the
    installation do so within a second. @param {string} to */
async function opens(to) {
  for (let i = 0; i < 40; i++) {
    try { if ((await fetch(to + '/v1/contest')).ok) return true; } catch (e) { /* the network: again */ }
    await new Promise((done) => { setTimeout(done, 250); });
  }
  return false;
}

/** @param {{list: Doc.Problem[]}} p */
function Problems({ list }) {
  const box = useRef(/** @type {HTMLElement|null} */ (null));
  useEffect(() => { if (box.current) box.current.scrollIntoView({ block: 'nearest' }); }, [list]); // on a phone it is below the form
  return html`<div class="note bad" role="alert" id="another-problems" ref=${box}><p class="strong">${t('another.wrong', { n: list.length })}</p>
    <ol class="problems">${list.map((p, i) => html`<li key=${i}><code>${p.path || t('another.whole')}${p.line ? ' · ' + t('another.line', { n: p.line }) : ''}</code> <span>${errorText(p)}</span></li>`)}</ol></div>`;
}

/** @param {{plan: Doc.Contest, url: string, onClose: () => void}} p */
export function Another({ plan, url, onClose }) {
  const copy = { name: '', shortName: '', code: '', from: plan.from };
  const [basis, setBasis] = useState('copy');
  const [file, setFile] = useState(/** @type {{name: string, text: string}|null} */ (null));
  const [form, set] = useState(/** @type {Form} */ (copy));
  const [failed, fail] = useState(/** @type {any} */ (null));
  const [busy, setBusy] = useState(false);
  const input = useRef(/** @type {HTMLInputElement|null} */ (null));
  const site = url.slice(0, url.length - base.length);
  const pick = (/** @type {string} */ to) => { setBasis(to); fail(null); set(to === 'file' && file ? said(file.text) : copy); };
  const read = async (/** @type {File|undefined} */ f) => {
    if (!f) return;
    const text = await f.text();
    fail(null);
    setFile({ name: f.name, text });
    set(said(text));
  };
  const make = async (/** @type {Event} */ e) => {
    e.preventDefault();
    setBusy(true);
    fail(null);
    try {
      const made = await call('/v1/admin/contests', { body: { ...form, plan: basis === 'file' && file ? file.text : '' }, timeout: 60000 });
      if (await opens(made.base)) { goOn(made.base + '/admin'); return; }
      fail({ late: site + made.base + '/admin' });
    } catch (err) { fail(err); }
    setBusy(false);
  };
  const text = (/** @type {'name'|'shortName'|'code'} */ name, /** @type {string} */ label, /** @type {number} */ most, /** @type {string} */ hint) => html`
    <${Field} label=${t('another.' + label)} hint=${hint}><input class="input" name=${name} required=${basis === 'copy'} maxlength=${most} autocomplete="off" spellcheck="false" value=${form[name]}
      onInput=${(/** @type {any} */ e) => set({ ...form, [name]: e.target.value })} /><//>`;
  const problems = failed && failed.args && Array.isArray(failed.args.problems) ? failed.args.problems : null;
  return html`<${Dialog} title=${t('another')} lead=${t('another.how')} wide=${true} busy=${busy} onClose=${onClose}
    foot=${html`${failed && !problems && html`<p class="note bad small grow" role="alert">${failed.late ? t('another.late', { url: failed.late }) : errorText(failed)}</p>`}
      <button type="button" class="btn quiet" disabled=${busy} onClick=${onClose}>${t('cancel')}</button>
      <button form="another-form" id="another-make" class="btn main" disabled=${busy || basis === 'file' && !file}>${t(busy ? 'another.busy' : 'another.go')}</button>`}>
    <form id="another-form" class="stack" onSubmit=${make}>
      <${Choice} label=${t('another.basis')} name="basis" value=${basis} onPick=${pick} options=${['copy', 'file'].map((v) => ({ value: v, label: t('another.' + v), hint: t('another.' + v + '.how') }))} />
      ${basis === 'file' && html`<div class="row"><button type="button" class="btn" onClick=${() => input.current && input.current.click()}>${t('another.choose')}</button><span class="cut muted">${file ? file.name : ''}</span>
        <input class="sr" type="file" id="another-file" ref=${input} tabindex="-1" aria-label=${t('another.choose')} accept=".json,application/json"
          onChange=${(/** @type {any} */ e) => { read(e.target.files[0]); e.target.value = ''; }} /></div>`}
      ${(basis === 'copy' || file) && html`
        ${text('name', 'name', 80, '')}
        <div class="halves">${text('shortName', 'short', 80, t('another.short.how'))}
          ${text('code', 'code', 64, t('another.code.how', { url: site.replace(/^https?:\/\//, '') + '/c/' + (form.code.trim() || '…') }))}
          <${Field} label=${t('another.from')} hint=${t('another.from.how')}><input class="input" type="date" name="from" required=${basis === 'copy'} value=${form.from}
            onInput=${(/** @type {any} */ e) => set({ ...form, from: e.target.value })} /><//></div>`}
      ${problems && html`<${Problems} list=${problems} />`}
    </form><//>`;
}

// The few controls that the tabs share.

import { errorText, lang, t } from '../lib/i18n.js';
import { html, useEffect, useLayoutEffect, useRef, useState } from '../lib/ui.js';

/** The head of a tab. */
export function Head(/** @type {any} */ { title, lead, children }) {
  return html`<div class="head"><div class="grow"><h1>${title}</h1>${lead && html`<p class="muted">${lead}</p>`}</div>
    ${children && html`<div class="acts">${children}</div>`}</div>`;
}

/** Shows data once it is there; says when it fails, and when what is shown is old. */
export function Load(/** @type {{of: any, children: any}} */ { of, children }) {
  if (of.data === null && of.error) {
    return html`<div class="failed panel" role="alert"><p>${errorText(of.error)}</p><button type="button" class="btn" onClick=${of.reload}>${t('retry')}</button></div>`;
  }
  if (of.data === null) return html`<div class="loading muted" role="status">${t('loading')}</div>`;
  return html`${of.error && html`<p class="note warn stale" role="status">${t('stale', { why: errorText(of.error) })}
    <button type="button" class="btn slim" onClick=${of.reload}>${t('retry')}</button></p>`}${children()}`;
}

/** Nothing there yet, and what to do about it. */
export function Empty(/** @type {any} */ { title, children }) {
  return html`<div class="empty"><p class="strong">${title}</p>${children && html`<p>${children}</p>`}</div>`;
}

/** A modal dialog. Its errors stand inside it: a toast would be behind it. */
export function Dialog(/** @type {any} */ { title, lead, wide, onClose, children, foot }) {
  const box = useRef(/** @type {any} */ (null));
  useLayoutEffect(() => {
    const el = box.current;
    el.showModal();
    return () => el.close();
  }, []);
  return html`<dialog ref=${box} class=${'dialog' + (wide ? ' wide' : '')} aria-label=${title}
    onCancel=${(/** @type {any} */ e) => { e.preventDefault(); onClose(); }}>
    <header class="row"><div class="grow"><h2>${title}</h2>${lead && html`<p class="muted small">${lead}</p>`}</div>
      <button type="button" class="btn quiet icon" aria-label=${t('close')} onClick=${onClose}>
        <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M6 6l12 12M18 6L6 18" /></svg></button></header>
    <div class="inside">${children}</div>
    ${foot && html`<footer>${foot}</footer>`}
  </dialog>`;
}

/** Copies, also where the browser has no clipboard: on plain HTTP in a hall's network. @param {string} text */
async function copy(text) {
  if (navigator.clipboard && isSecureContext) { await navigator.clipboard.writeText(text); return; }
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'sr';
  (document.querySelector('dialog[open]') || document.body).appendChild(area); // outside a modal nothing can be selected
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  if (!done) throw new Error('copy');
}

/** A button that copies a text and says so. */
export function Copy(/** @type {any} */ { text, label, class: c, onDone }) {
  const [said, set] = useState('');
  useEffect(() => {
    if (!said) return undefined;
    const timer = setTimeout(() => set(''), 2000);
    return () => clearTimeout(timer);
  }, [said]);
  const go = () => copy(text).then(() => { set('copied'); if (onDone) onDone(); }, () => set('copy.failed'));
  return html`<button type="button" class=${'btn slim ' + (c || '')} onClick=${go} aria-live="polite">${said === 'copied' ? t('copied') : said ? t('copy.failed') : label || t('copy')}</button>`;
}

/** A line that is there to be copied: an address, a secret. */
export function Line(/** @type {any} */ { label, text }) {
  return html`<div class="line"><span class="muted small">${label}</span><div class="row"><code class="grow">${text}</code><${Copy} text=${text} /></div></div>`;
}

/** The picture of a QR code: svg text, or the address of one of our pages. */
export function Qr(/** @type {any} */ { svg, path, alt }) {
  const src = svg ? 'data:image/svg+xml,' + encodeURIComponent(svg) : '/qr.svg?path=' + encodeURIComponent(path);
  return html`<img class="qr" src=${src} alt=${alt} width="240" height="240" />`;
}

/** A labelled control. */
export function Field(/** @type {any} */ { label, hint, error, class: c, children }) {
  return html`<label class=${'field ' + (c || '')}><span>${label}</span>${children}
    ${error ? html`<small class="wrong">${error}</small>` : hint && html`<small class="muted">${hint}</small>`}</label>`;
}

/** One of a few, each with what it means. */
export function Choice(/** @type {any} */ { label, name, value, options, onPick, class: c }) {
  return html`<fieldset class=${'choice ' + (c || '')}><legend>${label}</legend><div>${options.map((/** @type {any} */ o) => html`
    <label key=${o.value} class=${o.value === value ? 'on' : ''}><input type="radio" name=${name} checked=${o.value === value} onChange=${() => onPick(o.value)} />
      <span><b>${o.label}</b>${o.hint && html`<small class="muted">${o.hint}</small>`}</span></label>`)}</div></fieldset>`;
}

/** Which session of the contest. */
export function Sessions(/** @type {{ctx: any}} */ { ctx }) {
  return html`<label class="pick"><span class="muted small">${t('session')}</span>
    <select class="input" id="session" value=${ctx.session} onChange=${(/** @type {any} */ e) => ctx.pick(e.target.value)}>
      ${ctx.overview.sessions.map((/** @type {any} */ s) => html`<option key=${s.id} value=${s.id}>${s.title}</option>`)}</select></label>`;
}

/** The title of a session. @param {any} ctx @param {string} id */
export function sessionTitle(ctx, id) {
  const s = ctx.overview.sessions.find((/** @type {any} */ x) => x.id === id);
  return s ? s.title : id;
}

/** A chip of a state. @param {{tone: string, children: any}} p */
export function Tag({ tone, children }) {
  return html`<span class=${'tag ' + tone}>${children}</span>`;
}

/** Hands a file to the browser to save. @param {string} name @param {string} type @param {string} body */
export function download(name, type, body) {
  const url = URL.createObjectURL(new Blob([body], { type }));
  const a = document.createElement('a');
  a.href = url;
  a.download = name;
  a.click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

/** A list as the language writes it. @param {string[]} parts */
export function joined(parts) { return parts.filter(Boolean).join(lang() === 'zh' ? '，' : ', '); }

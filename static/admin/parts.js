// The few controls that the tabs share.

import { base } from '../lib/api.js';
import { errorText, lang, t } from '../lib/i18n.js';
import { liveOf, takeOf } from '../lib/on.js';
import { html, useEffect, useLayoutEffect, useRef, useState } from '../lib/ui.js';
import { useUnsaved } from './unsaved.js';

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

/** A modal dialog. Its errors stand inside it: a toast would be behind it. Esc and
    the cross close it at once, unless something was filled in: then they ask. What
    can't be shown again (once) is closed by the buttons of its foot alone. While it
    is busy nothing can be filled in, for the dialog that is done takes it along.
    A calm one keeps what is written as it is written, and never asks. */
export function Dialog(/** @type {any} */ { title, lead, wide, once, calm, busy, onClose, children, foot }) {
  const box = useRef(/** @type {any} */ (null));
  const [filled, fill] = useState(false);
  const [asking, ask] = useState(false);
  useUnsaved(filled || !!once);
  useLayoutEffect(() => {
    const el = box.current, root = document.documentElement;
    const back = () => el.showModal(); // a browser heeds a second Esc, whatever a page says to the first
    el.showModal();
    el.addEventListener('close', back);
    root.classList.add('modal'); // what is printed is the dialog, not the tab behind it
    return () => { el.removeEventListener('close', back); el.close(); root.classList.toggle('modal', !!document.querySelector('dialog[open]')); };
  }, []);
  const at = useRef(/** @type {any} */ (null)); // where the caret was: what is inert has none
  useLayoutEffect(() => {
    if (busy) return () => { if (at.current && at.current.isConnected) at.current.focus(); };
    return undefined;
  }, [busy]);
  const leave = () => { if (once || filled) ask(true); else onClose(); };
  return html`<dialog ref=${box} class=${'dialog' + (wide ? ' wide' : '')} aria-label=${title} onInput=${() => fill(!calm)} onFocusIn=${(/** @type {any} */ e) => { if (e.target.closest('.inside')) at.current = e.target; }}
    onCancel=${(/** @type {any} */ e) => { if (e.target === box.current) { e.preventDefault(); leave(); } }}
    onKeyDown=${(/** @type {any} */ e) => { if (e.key === 'Escape' && !e.isComposing) { e.preventDefault(); leave(); } }}>
    <header class="row"><div class="grow"><h2>${title}</h2>${lead && html`<p class="muted small">${lead}</p>`}</div>
      ${!once && html`<button type="button" class="btn quiet icon" aria-label=${t('close')} onClick=${leave}>
        <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M6 6l12 12M18 6L6 18" /></svg></button>`}</header>
    <div class="inside" inert=${!!busy}>${children}</div>
    ${asking && !once ? html`<footer key="asking" class="asking" role="alert"><p class="grow strong">${t('leave.form')}</p>
        <button type="button" class="btn quiet danger-text" data-do="drop" onClick=${onClose}>${t('leave.drop')}</button>
        <button type="button" class="btn main" data-do="stay" onClick=${() => ask(false)}>${t('leave.stay')}</button></footer>`
      : foot && html`<footer key="foot">${asking && html`<p class="asking grow strong" role="alert">${t('leave.once')}</p>`}${foot}</footer>`}
  </dialog>`; // two keys: a button that became the other under the click would submit the form
}

/** Asks before something that is not saved is left. @param {{onStay: () => void, onLeave: () => void}} p */
export function Leaving({ onStay, onLeave }) {
  return html`<${Dialog} title=${t('leave')} onClose=${onStay}
    foot=${html`<button type="button" class="btn quiet danger-text" data-do="leave" onClick=${onLeave}>${t('leave.go')}</button>
      <button type="button" class="btn main" data-do="stay" onClick=${onStay}>${t('leave.stay')}</button>`}><p>${t('leave.how')}</p><//>`;
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
  const src = svg ? 'data:image/svg+xml,' + encodeURIComponent(svg) : base + '/qr.svg?path=' + encodeURIComponent(path);
  return html`<img class="qr" src=${src} alt=${alt} width="240" height="240" />`;
}

/** Whether an address opens on this computer alone. @param {string} url */
function homeOnly(url) {
  try { return /^(localhost|127\.|\[::1\])/.test(new URL(url).hostname); } catch (e) { return true; }
}

/** The warning that phones can't reach an address, and what to do. @param {{url: string}} p */
export function HomeOnly({ url }) {
  return homeOnly(url) ? html`<p class="note warn small" data-home="1">${t('address.home')}</p>` : null;
}

/** A labelled control. */
export function Field(/** @type {any} */ { label, hint, error, class: c, children }) {
  return html`<label class=${'field ' + (c || '')}><span>${label}</span>${children}
    ${error ? html`<small class="wrong">${error}</small>` : hint && html`<small class="muted">${hint}</small>`}</label>`;
}

/** One of a few, each with what it means; bare where a heading says already what they are. */
export function Choice(/** @type {any} */ { label, name, value, options, onPick, bare, class: c }) {
  return html`<fieldset class=${'choice ' + (c || '')}><legend class=${bare ? 'sr' : ''}>${label}</legend><div>${options.map((/** @type {any} */ o) => html`
    <label key=${o.value} class=${o.value === value ? 'on' : ''}><input type="radio" name=${name} checked=${o.value === value} onChange=${() => onPick(o.value)} />
      <span><b>${o.label}</b>${o.hint && html`<small class="muted">${o.hint}</small>`}</span></label>`)}</div></fieldset>`;
}

/** Which session of the contest. */
export function Sessions(/** @type {{ctx: import('./frame.js').Ctx}} */ { ctx }) {
  return html`<label class="pick"><span class="muted small">${t('session')}</span>
    <select class="input" id="session" value=${ctx.session} onChange=${(/** @type {any} */ e) => ctx.pick(e.target.value)}>
      ${ctx.overview.sessions.map((s) => html`<option key=${s.id} value=${s.id}>${s.title}</option>`)}</select></label>`;
}

/** The title of a session, or of a take of it. @param {import('./frame.js').Ctx} ctx @param {string} id */
export function sessionTitle(ctx, id) {
  const s = ctx.overview.sessions.find((x) => x.id === liveOf(id)), n = takeOf(id);
  if (!s) return id;
  return n ? s.title + ' · ' + t('rehearsal.take', { n }) : s.title;
}

/** A chip of a state. @param {{tone: string, children: any}} p */
export function Tag({ tone, children }) {
  return html`<span class=${'tag ' + tone}>${children}</span>`;
}

/** Where a session stands. @param {{state: Doc.Session['state']}} p */
export function Stands({ state }) {
  return html`<${Tag} tone=${state === 'live' ? 'live' : state === 'rehearsing' ? 'warn' : ''}><span data-state=${state}>${t('session.state.' + state)}</span><//>`;
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

/** What a person should look at, which holds nothing back. @param {{of: Doc.Problem}} p */
export function Notice({ of }) { return html`<p class="note warn small" data-code=${of.code}>${errorText(of)}</p>`; }

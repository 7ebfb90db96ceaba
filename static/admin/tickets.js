// 观众票码: codes that prove a seat. The house keeps only their hashes, so a code
// is seen once and must be saved here.

import { errorText, number, t } from '../lib/i18n.js';
import { html, toast, useEffect, useState } from '../lib/ui.js';
import { call, useAct } from './call.js';
import { Copy, Empty, Field, Head, HomeOnly, Qr, download } from './parts.js';

const MOST = 20000; // at once, as the server has it
const SHEET = 240; // cards drawn at once, ten pages of paper; the file has all

/** In fours, to be read aloud; spaces don't count when a code is entered. @param {string} code */
function fours(code) { return code.replace(/(.{4})(?=.)/g, '$1 '); }

/** The address is for a printed QR code: it brings the code along in the fragment. @param {string[]} codes @param {string} page */
function csv(codes, page) {
  // The mark at the start tells Excel that it is UTF-8.
  return '\ufeff' + [t('tickets.csv.no') + ',' + t('tickets.csv.code') + ',' + t('tickets.csv.link'), ...codes.map((c, i) => [i + 1, c, page + c].join(','))].join('\r\n') + '\r\n';
}

/** The cards of some codes, as they are printed: each with its own QR code. @param {{codes: string[], from: number, plan: Doc.Contest}} p */
function Cards({ codes, from, plan }) {
  const [drawn, set] = useState(/** @type {{cards: string[], page: string}} */ ({ cards: [], page: '' }));
  const [failed, fail] = useState(/** @type {any} */ (null));
  useEffect(() => {
    let mine = true;
    call('/v1/admin/tickets/cards', { body: { codes }, timeout: 60000 }).then((x) => { if (mine) set(x); }, (err) => { if (mine) fail(err); });
    return () => { mine = false; };
  }, []);
  if (failed) return html`<p class="note bad" role="alert">${errorText(failed)}</p>`;
  return html`<ol class="cards" data-drawn=${drawn.cards.length}>${codes.map((c, i) => html`<li key=${c} class="card">
    ${drawn.cards[i] ? html`<${Qr} svg=${drawn.cards[i]} alt=${t('tickets.qr', { n: from + i + 1 })} />` : html`<span class="qr"></span>`}
    <div><b>${plan.shortName || plan.name}</b><span class="muted small">${t('tickets.card')}</span><code>${fours(c)}</code><span class="muted small">${drawn.page.replace(/^https?:\/\//, '')} · ${t('tickets.no', { n: from + i + 1 })}</span></div></li>`)}</ol>`;
}

/** Frees the code of a phone that has lost its cookie. */
function Release() {
  const [code, set] = useState('');
  const [failed, fail] = useState(/** @type {any} */ (null));
  const [busy, setBusy] = useState(false);
  const go = async (/** @type {Event} */ e) => {
    e.preventDefault();
    setBusy(true);
    fail(null);
    try {
      await call('/v1/admin/tickets/release', { body: { code } });
      set((x) => (x === code ? '' : x)); // the next one may be on its way already
      toast(t('tickets.released'), 'good');
    } catch (err) { fail(err); }
    setBusy(false);
  };
  return html`<section class="panel noprint"><h2>${t('tickets.release')}</h2><form class="inline" id="release-form" onSubmit=${go}>
    <${Field} class="wide" label=${t('tickets.csv.code')} hint=${t('tickets.release.how')} error=${failed && errorText(failed)}>
      <input class="input mono" name="code" required maxlength="64" autocomplete="off" autocapitalize="characters" value=${code} onInput=${(/** @type {any} */ e) => { fail(null); set(e.target.value); }} /><//>
    <button class="btn" disabled=${busy}>${t('tickets.release.go')}</button></form></section>`;
}

/** @param {{ctx: import('./frame.js').Ctx}} p */
export function Tickets({ ctx }) {
  const keep = ctx.keep;
  const [count, setCount] = useState('100');
  const [busy, act] = useAct();
  const [, turn] = useState(0);
  const make = (/** @type {Event} */ e) => {
    e.preventDefault();
    act(async () => {
      const { codes, page } = await call('/v1/admin/tickets', { body: { count: Number(count) }, timeout: 60000 });
      keep.codes = codes;
      keep.page = page;
      keep.saved = false;
      toast(t('tickets.done', { n: number(codes.length) }), 'good');
    });
  };
  const saved = () => { keep.saved = true; turn((n) => n + 1); };
  const save = () => { download('tickets.csv', 'text/csv;charset=utf-8', csv(keep.codes || [], keep.page || '')); saved(); };
  const drop = () => { keep.codes = null; keep.saved = true; turn((n) => n + 1); };
  const codes = keep.codes;
  const [sheet, setSheet] = useState(0);
  const sheets = codes ? Math.ceil(codes.length / SHEET) : 0, from = Math.min(sheet, Math.max(0, sheets - 1)) * SHEET;
  const part = codes ? codes.slice(from, from + SHEET) : [];
  return html`<${Head} title=${t('tab.tickets')} lead=${t('tickets.lead')} />
    <section class="panel"><form class="inline" id="ticket-form" onSubmit=${make}>
      <${Field} label=${t('tickets.count')} hint=${t('tickets.count.how', { max: number(MOST) })}>
        <input class="input fig" name="count" type="number" inputmode="numeric" required min="1" max=${MOST} value=${count} onInput=${(/** @type {any} */ e) => setCount(e.target.value)} /><//>
      <button class="btn main" disabled=${busy || (codes && !keep.saved)}>${t(busy ? 'tickets.busy' : 'tickets.make')}</button></form>
      ${codes && !keep.saved && html`<p class="note warn" role="status">${t('tickets.unsaved')}</p>`}</section>
    ${codes ? html`<section class="panel" id="tickets">
      <div class="bar-row"><div class="grow"><h2>${t('tickets.made', { n: number(codes.length) })}</h2>
        <p class="muted small">${t(keep.saved ? 'tickets.saved' : 'tickets.once')}</p></div>
        <div class="acts"><${Copy} text=${codes.join('\n')} label=${t('tickets.copy')} onDone=${saved} />
          ${sheets > 1 && html`<select class="input" id="tickets-sheet" aria-label=${t('tickets.sheet')} value=${from / SHEET} onChange=${(/** @type {any} */ e) => setSheet(Number(e.target.value))}>
            ${[...Array(sheets).keys()].map((i) => html`<option key=${i} value=${i}>${t('tickets.range', { from: i * SHEET + 1, to: Math.min((i + 1) * SHEET, codes.length) })}</option>`)}</select>`}
          <button type="button" class="btn" id="tickets-print" onClick=${() => print()}>${t('tickets.print', { n: part.length })}</button>
          <button type="button" class="btn main" onClick=${save}>${t('tickets.download')}</button>
          ${keep.saved && html`<button type="button" class="btn quiet" onClick=${drop}>${t('tickets.clear')}</button>`}</div></div>
      <${HomeOnly} url=${ctx.overview.url} />
      <${Cards} key=${part[0]} codes=${part} from=${from} plan=${ctx.plan} /></section>`
      : html`<section class="panel"><${Empty} title=${t('tickets.empty')}>${t('tickets.empty.how')}<//></section>`}
    <${Release} />`;
}

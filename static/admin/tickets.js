// 观众票码: codes that prove a seat. The house keeps only their hashes, so a code
// is seen once and must be saved here.

import { number, t } from '../lib/i18n.js';
import { html, toast, useState } from '../lib/ui.js';
import { call, useAct } from './call.js';
import { Copy, Empty, Field, Head, download } from './parts.js';

const MOST = 20000; // at once, as the server has it
const DRAWN = 300; // codes drawn on the page; the file has all

/** In fours, to be read aloud; spaces don't count when a code is entered. @param {string} code */
function fours(code) { return code.replace(/(.{4})(?=.)/g, '$1 '); }

/** @param {string[]} codes */
function csv(codes) {
  // The mark at the start tells Excel that it is UTF-8.
  return '\ufeff' + [t('tickets.csv.no') + ',' + t('tickets.csv.code'), ...codes.map((c, i) => i + 1 + ',' + c)].join('\r\n') + '\r\n';
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
      const { codes } = await call('/v1/admin/tickets', { body: { count: Number(count) }, timeout: 60000 });
      keep.codes = codes;
      keep.saved = false;
      toast(t('tickets.done', { n: number(codes.length) }), 'good');
    });
  };
  const saved = () => { keep.saved = true; turn((n) => n + 1); };
  const save = () => { download('tickets.csv', 'text/csv;charset=utf-8', csv(keep.codes || [])); saved(); };
  const drop = () => { keep.codes = null; keep.saved = true; turn((n) => n + 1); };
  const codes = keep.codes;
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
          <button type="button" class="btn main" onClick=${save}>${t('tickets.download')}</button>
          ${keep.saved && html`<button type="button" class="btn quiet" onClick=${drop}>${t('tickets.clear')}</button>`}</div></div>
      <ol class="codes">${codes.slice(0, DRAWN).map((c) => html`<li key=${c}><code>${fours(c)}</code></li>`)}</ol>
      ${codes.length > DRAWN && html`<p class="muted small">${t('tickets.rest', { n: number(codes.length - DRAWN) })}</p>`}</section>`
      : html`<section class="panel"><${Empty} title=${t('tickets.empty')}>${t('tickets.empty.how')}<//></section>`}`;
}

// 彩排: the takes in which a session is rehearsed. One is begun, and ended; what
// is kept of one that has ended can be cleared away, but for its number.

import { errorText, t } from '../lib/i18n.js';
import { Hold, html, toast, toastError, useState } from '../lib/ui.js';
import { call, useAct, useData } from './call.js';
import { Dialog, Load, Tag } from './parts.js';
import { stamp } from './time.js';

/** @param {{x: Doc.Take, path: string, zone: string, onDone: () => Promise<any>}} p */
function Take({ x, path, zone, onDone }) {
  const [busy, act] = useAct();
  const name = t('rehearsal.take', { n: x.take });
  const mine = path + '/' + x.take;
  const end = () => act(async () => { await call(mine + '/end', { method: 'POST' }); toast(t('take.ended', { name }), 'good'); await onDone(); });
  const purge = () => act(async () => { await call(mine, { method: 'DELETE' }); toast(t('take.purged', { name }), 'good'); await onDone(); });
  const state = !x.ended ? 'on' : x.purged ? 'purged' : 'ended';
  return html`<li data-take=${x.take} data-state=${state}>
    <div class="grow"><p class="tags"><b>${name}</b><${Tag} tone=${state === 'on' ? 'warn' : ''}>${t('take.state.' + state)}<//></p>
      <p class="muted small"><span class="fig">${stamp(x.began, zone)}${x.ended > 0 && ' – ' + stamp(x.ended, zone)}</span> · ${t('take.by', { name: x.by })}</p>
      ${state === 'ended' && html`<p class="muted small">${t('take.purge.how')}</p>`}</div>
    ${state === 'on' && html`<${Hold} class="slim danger" data-act="end" disabled=${busy} title=${t('hold.how')} onHold=${end}>${t('take.end')}<//>`}
    ${state === 'ended' && html`<${Hold} class="slim quiet danger-text" data-act="purge" disabled=${busy} title=${t('hold.how')} onHold=${purge}>${t('take.purge')}<//>`}</li>`;
}

/** Begins although the show is under way. @param {{title: string, why: any, busy: boolean, onSure: () => void, onClose: () => void}} p */
function Sure({ title, why, busy, onSure, onClose }) {
  return html`<${Dialog} title=${t('take.sure')} lead=${title} onClose=${onClose}
    foot=${html`<button type="button" class="btn quiet" onClick=${onClose}>${t('cancel')}</button>
      <${Hold} id="take-sure" class="danger" disabled=${busy} title=${t('hold.how')} onHold=${onSure}>${t('take.begin')}<//>`}><p>${errorText(why)}</p><//>`;
}

/** @param {{s: {id: string, title: string}, zone: string, onMoved: () => Promise<any>}} p */
function Session({ s, zone, onMoved }) {
  const path = '/v1/admin/sessions/' + encodeURIComponent(s.id) + '/takes';
  /** @type {import('./call.js').Data<Doc.Takes>} */
  const takes = useData(path, 5000);
  const moved = () => Promise.all([takes.reload(), onMoved()]);
  const [asked, ask] = useState(/** @type {any} */ (null));
  const [busy, setBusy] = useState(false);
  const begin = async (/** @type {boolean} */ sure) => {
    setBusy(true);
    try {
      /** @type {Doc.Take} */
      const x = await call(path, { body: { sure } });
      ask(null);
      toast(t('take.begun', { name: t('rehearsal.take', { n: x.take }) }), 'good');
      await moved();
    } catch (err) {
      if (/** @type {any} */ (err).code === 'take.under_way') ask(err); else toastError(err);
    }
    setBusy(false);
  };
  const list = takes.data ? takes.data.takes : [];
  const on = list.some((x) => !x.ended);
  return html`<li data-session=${s.id}><div class="row"><h3 class="grow">${s.title}</h3>
      ${!on && html`<${Hold} class="slim" data-act="begin" disabled=${busy || !takes.data} title=${t('hold.how')} onHold=${() => begin(false)}>${t('take.begin')}<//>`}</div>
    <${Load} of=${takes}>${() => list.length > 0 && html`<ol class="takes">${list.map((x) => html`<${Take} key=${x.show} x=${x} path=${path} zone=${zone} onDone=${moved} />`)}</ol>`}<//>
    ${asked && html`<${Sure} title=${s.title} why=${asked} busy=${busy} onSure=${() => begin(true)} onClose=${() => ask(null)} />`}</li>`;
}

/** @param {{ctx: import('./frame.js').Ctx}} p */
export function Takes({ ctx }) {
  const { sessions } = ctx.overview;
  if (!sessions.length) return null;
  return html`<section class="panel" id="takes"><h2>${t('rehearsal')}</h2><p class="muted small">${t('takes.how')}</p>
    <ul class="sessions">${sessions.map((s) => html`<${Session} key=${s.id} s=${s} zone=${ctx.plan.timezone} onMoved=${ctx.refresh} />`)}</ul></section>`;
}

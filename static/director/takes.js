// Rehearsals (彩排) at the desk: a band says that one is on, and an organiser ends
// it there, or begins the next.

import { api } from '../lib/api.js';
import { errorText, t } from '../lib/i18n.js';
import { Hold, html, toastError, useState } from '../lib/ui.js';
import { Ask } from './ask.js';

/** @param {string} session */
const takes = (session) => '/v1/admin/sessions/' + encodeURIComponent(session) + '/takes';

/** @param {Doc.Me} me */
const organises = (me) => me.roles.includes('organiser');

/** Over everything else while a rehearsal is on. @param {{session: string, on: Doc.OnAir, me: Doc.Me, live: boolean}} p */
export function Taking({ session, on, me, live }) {
  const [busy, setBusy] = useState(false);
  if (!on.take) return null;
  const end = async () => {
    setBusy(true);
    try { await api(takes(session) + '/' + on.take + '/end', { method: 'POST' }); } catch (err) { toastError(err); }
    setBusy(false);
  };
  return html`<section class="taking" data-take=${on.take}><i class="dot warn"></i><p class="grow"><b>${t('rehearsal.take', { n: on.take })}</b> <span>${t('take.how')}</span></p>
    ${organises(me) && html`<${Hold} id="take-end" class="slim" disabled=${busy || !live} onHold=${end}>${t('take.end')}<//>`}</section>`;
}

/** Where an organiser begins a rehearsal. @param {{session: string, on: Doc.OnAir, me: Doc.Me, live: boolean}} p */
export function Begin({ session, on, me, live }) {
  const [busy, setBusy] = useState(false);
  const [asked, ask] = useState(/** @type {any} */ (null)); // why it is asked again: the show is under way
  if (on.take || !organises(me)) return null;
  const begin = async (/** @type {boolean} */ sure) => {
    setBusy(true);
    try {
      await api(takes(session), { body: { sure } });
      ask(null);
    } catch (err) {
      if (/** @type {any} */ (err).code === 'take.under_way') ask(err);
      else toastError(err);
    }
    setBusy(false);
  };
  return html`<section class="begin"><header class="label"><h2>${t('rehearsal')}</h2></header>
    <p class="muted small">${t('take.begin.how')}</p>
    <${Hold} id="take-begin" class="slim" disabled=${busy || !live} onHold=${() => begin(false)}>${t('take.begin')}<//>
    ${asked && html`<${Ask} title=${t('take.sure')} onClose=${() => ask(null)}><p class="muted">${errorText(asked)}</p>
      <div class="row end"><button type="button" class="btn" onClick=${() => ask(null)}>${t('cancel')}</button>
        <${Hold} id="take-sure" class="danger" disabled=${busy} onHold=${() => begin(true)}>${t('take.begin')}<//></div><//>`}</section>`;
}

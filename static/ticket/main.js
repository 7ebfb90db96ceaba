// A printed ticket: its QR code brings the code along in the fragment, which no
// server sees. The page binds it to this device and says where to vote.

import { api, base } from '../lib/api.js';
import { errorText, t } from '../lib/i18n.js';
import { Language, boot, html, useEffect, useState } from '../lib/ui.js';

/** Takes the code out of the address bar, where a camera could read it. */
function takeCode() {
  const code = decodeURIComponent(location.hash.slice(1));
  if (code) history.replaceState(null, '', location.pathname);
  return code;
}

const printed = takeCode();

/** @typedef {{id: string, title: string, session: string, open: boolean}} Choice */

/** The ballots that one may vote on, now or later. @returns {Promise<Choice[]>} */
async function ballots() {
  const out = [];
  for (const session of await api('/v1/sessions')) {
    for (const id of session.ballots) {
      /** @type {Doc.Board|null} */
      const b = await api('/v1/ballots/' + encodeURIComponent(id)).catch(() => null);
      if (b && (b.state === 'open' || b.state === 'armed')) out.push({ id, title: b.title, session: session.title, open: b.state === 'open' });
    }
  }
  return out;
}

function Where() {
  const [list, setList] = useState(/** @type {Choice[] | null} */ (null));
  useEffect(() => { ballots().then(setList, () => setList([])); }, []);
  if (!list) return html`<p class="muted">${t('loading')}</p>`;
  if (!list.length) return html`<p>${t('ticket.later')}</p><a class="btn main" href=${base + '/'}>${t('vote.home')}</a>`;
  return html`<p>${t('ticket.where')}</p><ul class="where">${list.map((b) => html`<li key=${b.id}>
    <a class=${'btn' + (b.open ? ' main' : '')} href=${base + '/vote/' + encodeURIComponent(b.id)}>${b.title}</a> <small class="muted">${b.session}${b.open ? '' : t('vote.comma') + t('vote.armed')}</small></li>`)}</ul>`;
}

function App() {
  const [code, setCode] = useState(printed);
  const [state, setState] = useState(printed ? 'sending' : 'asking');
  const [err, setErr] = useState('');
  const redeem = async () => {
    setState('sending');
    setErr('');
    try {
      await api('/v1/device', { body: {} });
      await api('/v1/tickets/redeem', { body: { code } });
      setState('done');
    } catch (x) { setErr(errorText(x)); setState('asking'); }
  };
  useEffect(() => { document.title = t('ticket.title'); if (printed) redeem(); }, []);
  return html`<main class="vote-page">
    <header class="row"><a href=${base + '/'} class="brand">喝彩</a><span class="grow"></span><${Language} /></header>
    <section class="ticket" data-ticket-state=${state} aria-live="polite"><h1>${t('ticket.title')}</h1>
      ${state === 'sending' && html`<p>${t('ticket.sending')}</p>`}
      ${state === 'done' && html`<p>${t('ticket.done')}</p><${Where} />`}
      ${state === 'asking' && html`<form class="row" onSubmit=${(/** @type {Event} */ e) => { e.preventDefault(); redeem(); }}>
        <input class="input grow" value=${code} autocomplete="off" autocapitalize="characters" placeholder=${t('vote.code')} aria-label=${t('vote.code')}
          onInput=${(/** @type {any} */ e) => setCode(e.target.value)} /><button class="btn main" disabled=${!code.trim()}>${t('vote.redeem')}</button></form>
        ${err && html`<p class="note bad">${err}</p>`}`}
    </section></main>`;
}

boot(['vote'], App);

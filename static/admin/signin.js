// The door: a sign-in link, a name and a password, or the first account.

import { api, takeFragment } from '../lib/api.js';
import { errorText, t } from '../lib/i18n.js';
import { Language, html, useState } from '../lib/ui.js';

const KEPT = 'hecai:setup';

/** The secret of the first account: a reload or another language keeps it for this tab. */
function kept() {
  const given = takeFragment('setup');
  try {
    if (given) sessionStorage.setItem(KEPT, given);
    return given || sessionStorage.getItem(KEPT) || '';
  } catch (e) { return given; } // storage is off: it lives as long as the page
}

let setup = kept();

function forget() {
  setup = '';
  try { sessionStorage.removeItem(KEPT); } catch (e) { /* nothing was kept */ }
}

/** Another sign-in or setup link was put into the address of this tab: it counts, and leaves the address. @param {() => void} then */
export function onLink(then) {
  addEventListener('hashchange', () => {
    if (!/[#&](login|setup)=/.test(location.hash)) return;
    setup = kept();
    then();
  });
}

/** Spends the sign-in link of the address, if there is one; returns why it failed. */
export async function enterByLink() {
  const token = takeFragment('login');
  if (!token) return null;
  try { await api('/v1/signin/link', { body: { token } }); } catch (err) { return err; }
  return null;
}

/** @param {{error: any, other: string, onIn: () => void}} p other is who is signed in without the right to be here */
export function SignIn({ error, other, onIn }) {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [failed, setFailed] = useState(error);
  const [busy, setBusy] = useState(false);
  const enter = async (/** @type {Event} */ e) => {
    e.preventDefault();
    setBusy(true);
    setFailed(null);
    try {
      await (setup ? api('/v1/setup', { body: { token: setup, name, password } }) : api('/v1/signin', { body: { name, password } }));
      forget();
      onIn();
    } catch (err) {
      if (setup && /** @type {any} */ (err).code === 'access.link_spent') forget(); // there is an account by now, or the link is too old
      setFailed(err);
    }
    setBusy(false);
  };
  return html`<main class="door"><form id=${setup ? 'setup' : 'login'} class="panel" onSubmit=${enter}>
    <header class="row"><h1 class="grow">${t('title')}</h1><${Language} /></header>
    <p class="muted">${t(setup ? 'enter.setup' : 'enter.how')}</p>
    ${other && !failed && html`<p class="note warn">${t('enter.other', { name: other })}</p>`}
    <label class="field"><span>${t('sign.name')}</span>
      <input class="input" name="name" autocomplete="username" required maxlength="40" value=${name} onInput=${(/** @type {any} */ e) => setName(e.target.value)} /></label>
    <label class="field"><span>${t('sign.password')}</span>
      <input class="input" name="password" type="password" autocomplete=${setup ? 'new-password' : 'current-password'} required value=${password}
        onInput=${(/** @type {any} */ e) => setPassword(e.target.value)} />
      ${setup && html`<small class="muted">${t('enter.password')}</small>`}</label>
    ${failed && html`<p class="note bad" role="alert">${errorText(failed)}</p>`}
    <button class="btn main" disabled=${busy}>${t(busy ? 'enter.busy' : setup ? 'enter.create' : 'sign.in')}</button>
    ${setup && html`<button type="button" class="btn quiet" onClick=${() => { forget(); setFailed(null); }}>${t('enter.have')}</button>`}
  </form></main>`;
}

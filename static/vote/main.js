// The voting page: one ballot by its address, with search and a filter.

import { api } from '../lib/api.js';
import { Hub } from '../lib/hub.js';
import { errorText, t } from '../lib/i18n.js';
import { Language, Lost, boot, html, useEffect, useState } from '../lib/ui.js';
import { Ballot } from './ballot.js';

const id = decodeURIComponent(location.pathname.split('/')[2] || '');
const hub = new Hub({ as: 'audience', prepare: () => api('/v1/device', { method: 'POST', body: {} }) });

function App() {
  const [err, setErr] = useState(/** @type {any} */ (null));
  useEffect(() => {
    hub.start();
    api('/v1/ballots/' + encodeURIComponent(id)).then((b) => { document.title = b.title; }).catch(setErr);
  }, []);
  return html`<main class="vote-page">
    <header class="row"><a href="/" class="brand">喝彩</a><span class="grow"></span><${Language} /></header>
    ${err && err.status === 404 ? html`<div class="wait"><p>${t('vote.unknown')}</p><a class="btn" href="/">${t('vote.home')}</a></div>` : html`<${Ballot} hub=${hub} id=${id} search />`}
    ${err && err.status !== 404 && html`<p class="note bad">${errorText(err)}</p>`}
    <${Lost} hub=${hub} /></main>`;
}

boot(['vote'], App);

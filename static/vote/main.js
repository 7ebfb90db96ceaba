// The voting page: one ballot by its address, with search and a filter.

import { api, base, steps } from '../lib/api.js';
import { Hub } from '../lib/hub.js';
import { errorText, t } from '../lib/i18n.js';
import { takeOf } from '../lib/on.js';
import { ranked } from '../lib/race.js';
import { Language, Lost, boot, html, useEffect, useState } from '../lib/ui.js';
import { Ballot } from './ballot.js';

const id = steps[2] || '';
const hub = new Hub({ as: 'audience', prepare: () => api('/v1/device', { method: 'POST', body: {} }) });

/** The rows, best first once the ballot is over and its votes are public. @param {Doc.Board} board @returns {Doc.BoardRow[]} */
const results = (board) => (board.votes && /closed|revealed/.test(board.state) ? ranked(board).sort((a, b) => a.place - b.place) : board.rows);

function App() {
  const [err, setErr] = useState(/** @type {any} */ (null));
  useEffect(() => {
    hub.start();
    api('/v1/ballots/' + encodeURIComponent(id)).then((/** @type {Doc.Board} */ b) => { document.title = b.title; }).catch(setErr);
  }, []);
  return html`<main class="vote-page">
    <header class="row"><a href=${base + '/'} class="brand">喝彩</a><span class="grow"></span>${takeOf(id) > 0 && html`<span class="chip take">${t('rehearsal.take', { n: takeOf(id) })}</span>`}<${Language} /></header>
    ${err && err.status === 404 ? html`<div class="wait"><p>${t('vote.unknown')}</p><a class="btn" href=${base + '/'}>${t('vote.home')}</a></div>` : html`<${Ballot} hub=${hub} id=${id} search order=${results} />`}
    <p class="muted small"><a href=${base + '/verify'}>${t('vote.verify')}</a></p>
    ${err && err.status !== 404 && html`<p class="note bad">${errorText(err)}</p>`}
    <${Lost} hub=${hub} /></main>`;
}

boot(['vote'], App);

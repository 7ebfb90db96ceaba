// What is left to do before a session, with the page that it is done on.

import { base } from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { html } from '../lib/ui.js';
import { Empty } from './parts.js';

/** The page that mends each. @type {Record<Doc.Task['kind'], string>} */
const PAGES = { rundown: 'rundown', entries: 'lineup', quorum: 'lineup', host: 'links', judges: 'links', ballot: 'ballots', seal: 'rundown' };

/** A few names of many. @param {string[]} names */
function few(names) { return t('list.few', { names: names.slice(0, 5).join(t('list.and')), more: names.length > 5 ? t('list.more', { n: names.length }) : '' }); }

/** @param {Doc.Task} x */
function taskText(x) { return t('todo.' + x.kind, { n: x.have, need: x.need, title: x.title, names: few(x.names), count: x.names.length }); }

/** What is left to do, session by session. @param {{ctx: import('./frame.js').Ctx}} p */
export function Todo({ ctx }) {
  const { sessions, todo } = ctx.overview;
  const go = (/** @type {Doc.Task} */ x) => { ctx.pick(x.session); ctx.go(PAGES[x.kind]); };
  const left = sessions.filter((s) => todo.some((x) => x.session === s.id));
  return html`<section class="panel" id="todo"><h2>${t('todo')}</h2>
    ${left.length === 0 && html`<${Empty} title=${t(sessions.length ? 'todo.none' : 'overview.where.none')} />`}
    ${left.map((s, n) => { // the first of them is the next one, and the others wait folded
      const mine = todo.filter((x) => x.session === s.id);
      return html`<details key=${s.id} data-session=${s.id} open=${n === 0}><summary><b>${s.title}</b> <span class="muted small">${t('todo.n', { n: mine.length })}</span></summary><ul class="todo">${mine.map((x, i) => html`
        <li key=${i} data-todo=${x.kind}><span class="grow">${taskText(x)}</span><button type="button" class="btn slim" data-to=${PAGES[x.kind]} onClick=${() => go(x)}>${t('todo.go', { page: t('tab.' + PAGES[x.kind]) })}</button></li>`)}</ul></details>`;
    })}</section>`;
}

/** Tells that a panel is smaller than the rules need; nothing where it is not. @param {{have: number, need: number, title?: string}} p title of the session, where others are told of too */
export function Quorum({ have, need, title }) {
  if (have >= need) return null;
  return html`<p class="note warn small" data-quorum=${need}>${t(title ? 'quorum.of' : 'quorum', { n: have, need, title })}</p>`;
}

/** The director's desk of a session. @param {string} id */
export function deskOf(id) { return base + '/director?session=' + encodeURIComponent(id); }

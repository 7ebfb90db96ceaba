// Who and what is there: ballots, judges, screens, and what needs a look.

import { mmss } from '../lib/clock.js';
import { number, t } from '../lib/i18n.js';
import { html, useNow } from '../lib/ui.js';
import { sceneName } from './sketch.js';
import { warnings } from './facts.js';

const STATES = ['draft', 'armed', 'open', 'closed', 'revealed'];

function Ballot(/** @type {any} */ { b, staff }) {
  const now = useNow(b.state === 'open' ? 250 : 0);
  const left = b.deadline - now;
  const open = b.state === 'open';
  const when = !open ? '' : b.deadline ? t('ballot.left', { time: mmss(Math.max(0, left)) }) : t('ballot.byhand');
  return html`<li class=${'ballot ' + b.state} data-ballot=${b.id}>
    <div class="grow"><b>${b.title}</b><span class=${open && b.deadline && left < 10000 ? 'urgent' : ''}>
      ${t('ballot.' + (STATES.includes(b.state) ? b.state : 'draft'))}${b.round > 1 ? ' · ' + t('ballot.round', { n: b.round }) : ''}${when ? ' · ' : ''}<span class="fig">${when}</span></span></div>
    <dl>
      <div><dd class="fig">${number(b.voters)}</dd><dt>${t('ballot.voters')}</dt></div>
      <div><dd class="fig">${number(staff.audience)}</dd><dt>${t('ballot.present')}</dt></div>
      <div><dd class="fig">${staff.ackP99Ms > 0 ? Math.max(1, Math.round(staff.ackP99Ms)) : '—'}<small>${staff.ackP99Ms > 0 ? ' ms' : ''}</small></dd><dt>${t('ballot.ack')}</dt></div>
    </dl></li>`;
}

/** @param {{staff: any}} p */
export function Ballots({ staff }) {
  const order = (/** @type {any} */ b) => ['open', 'armed', 'closed'].indexOf(b.state) + 1 || 4;
  const list = [...staff.ballots].sort((a, b) => order(a) - order(b));
  return html`<section class="ballots"><header class="label"><h2>${t('ballots')}</h2></header>
    ${list.length ? html`<ul>${list.map((b) => html`<${Ballot} key=${b.id} b=${b} staff=${staff} />`)}</ul>` : html`<p class="empty">${t('ballots.empty')}</p>`}</section>`;
}

/** @param {{staff: any, view: any}} p */
export function Judges({ staff, view }) {
  const scoring = !!view.dots;
  const done = staff.judges.filter((/** @type {any} */ j) => j.done).length;
  const online = staff.judges.filter((/** @type {any} */ j) => j.online).length;
  const head = !scoring ? t('judges.online', { n: online, of: staff.judges.length })
    : t(view.dots.locked ? 'judges.locked' : 'judges.done', { n: done, of: staff.judges.length });
  const word = (/** @type {any} */ j) => (j.done ? 'judge.done' : scoring && view.dots.locked ? 'judge.missing' : !j.online ? 'judge.offline' : scoring ? 'judge.open' : 'judge.online');
  return html`<section class="judges"><header class="label"><h2>${t('judges')}</h2><span class="fig">${staff.judges.length ? head : ''}</span></header>
    ${staff.judges.length ? html`<ul>${staff.judges.map((/** @type {any} */ j) => html`<li key=${j.id} class=${word(j).slice(6)}><b class="cut" title=${j.name}>${j.name}</b><span>${t(word(j))}</span></li>`)}</ul>`
      : html`<p class="empty">${t('judges.empty')}</p>`}</section>`;
}

/** @param {{staff: any}} p */
export function Screens({ staff }) {
  const lag = (/** @type {any} */ s) => (!s.online ? '—' : s.lag >= 1000 ? t('screen.late', { s: Math.round(s.lag / 1000) }) : s.lag > 0 ? s.lag + ' ms' : t('screen.sync'));
  return html`<section class="screens"><header class="label"><h2>${t('screens')}</h2><span class="fig">${staff.screens.length || ''}</span></header>
    ${staff.screens.length ? html`<ul class="lines">${staff.screens.map((/** @type {any} */ s) => html`<li key=${s.name} data-screen=${s.name}><i class=${'dot ' + (!s.online ? 'bad' : s.lag >= 3000 ? 'warn' : 'good')}></i>
      <span class="what"><b>${s.name}</b><span>${!s.online ? t('screen.off') : s.scene === 'blackout' ? t('scene.blackout') : s.scene ? sceneName({ name: s.scene }) : t('screen.loading')}</span></span><span class="fig">${lag(s)}</span></li>`)}</ul>`
      : html`<p class="empty">${t('screens.empty')}</p>`}</section>`;
}

/** @param {{staff: any, view: any}} p */
export function Warnings({ staff, view }) {
  const list = warnings(staff, view);
  return html`<section class="warnings"><header class="label"><h2>${t('warnings')}</h2><span class="fig">${list.length || ''}</span></header>
    ${list.length ? html`<ul class="lines">${list.map((w) => html`<li key=${w.key}><i class=${'dot ' + w.level}></i><span class="what"><b>${w.title}</b><span>${w.detail}</span></span></li>`)}</ul>`
      : html`<p class="calm"><i class="dot good"></i>${t('warnings.none')}</p>`}</section>`;
}

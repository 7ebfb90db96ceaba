// Who and what is there: ballots, judges, screens, and what needs a look.

import { mmss } from '../lib/clock.js';
import { number, t } from '../lib/i18n.js';
import { html, useNow } from '../lib/ui.js';
import { sceneName } from './sketch.js';
import { warnings } from './facts.js';

const STATES = ['draft', 'armed', 'open', 'closed', 'revealed'];

function Ballot(/** @type {{b: Doc.Turnout, staff: Doc.Desk}} */ { b, staff }) {
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
      <div><dd class="fig">${staff.ackP99Ms > 0 ? Math.max(1, Math.round(staff.ackP99Ms)) : '—'}<small>${staff.ackP99Ms > 0 ? ' ' + t('ballot.ms') : ''}</small></dd><dt>${t('ballot.ack')}</dt></div>
    </dl></li>`;
}

/** @param {{staff: Doc.Desk}} p */
export function Ballots({ staff }) {
  const order = (/** @type {Doc.Turnout} */ b) => ['open', 'armed', 'closed'].indexOf(b.state) + 1 || 4;
  const list = [...staff.ballots].sort((a, b) => order(a) - order(b));
  return html`<section class="ballots"><header class="label"><h2>${t('ballots')}</h2></header>
    ${list.length ? html`<ul>${list.map((b) => html`<${Ballot} key=${b.id} b=${b} staff=${staff} />`)}</ul>` : html`<p class="empty">${t('ballots.empty')}</p>`}</section>`;
}

/** @param {{staff: Doc.Desk, view: Doc.View, blind: boolean}} p */
export function Judges({ staff, view, blind }) {
  const scoring = !!view.dots, locked = !!view.dots && view.dots.locked;
  const sits = staff.judges.filter((j) => !j.recused);
  const done = sits.filter((j) => j.done).length;
  const online = staff.judges.filter((j) => j.online).length;
  const head = !scoring ? t('judges.online', { n: blind ? '—' : online, of: staff.judges.length })
    : t(locked ? 'judges.locked' : 'judges.done', { n: done, of: sits.length }) + (staff.need ? ' · ' + t('judges.need', { n: staff.need }) : '');
  const short = scoring && staff.need > sits.length;
  const word = (/** @type {Doc.DeskJudge} */ j) => (j.recused && scoring ? 'judge.recused' : j.done ? 'judge.done' : locked ? 'judge.missing' : blind ? 'judge.unknown' : !j.online ? 'judge.offline' : scoring ? 'judge.open' : 'judge.online');
  return html`<section class="judges"><header class="label"><h2>${t('judges')}</h2><span class="fig">${staff.judges.length ? head : ''}</span></header>
    ${staff.judges.length ? html`<ul>${staff.judges.map((j) => html`<li key=${j.id} data-judge=${j.id} class=${word(j).slice(6)}><b class="cut" title=${j.name}>${j.name}</b><span>${t(word(j))}</span></li>`)}</ul>`
      : html`<p class="empty">${t('judges.empty')}</p>`}
    ${short && html`<p class="note warn" id="short">${t('judges.short', { n: sits.length, need: staff.need })}</p>`}</section>`;
}

/** @param {{staff: Doc.Desk, blind: boolean}} p */
export function Screens({ staff, blind }) {
  const lag = (/** @type {Doc.Screen} */ s) => (blind || !s.online ? '—' : s.lag >= 1000 ? t('screen.late', { s: Math.round(s.lag / 1000) }) : s.lag > 0 ? s.lag + ' ms' : t('screen.sync'));
  return html`<section class="screens"><header class="label"><h2>${t('screens')}</h2><span class="fig">${staff.screens.length || ''}</span></header>
    ${staff.screens.length ? html`<ul class="lines">${staff.screens.map((s) => html`<li key=${s.name} data-screen=${s.name}><i class=${'dot ' + (blind ? '' : !s.online ? 'bad' : s.lag >= 3000 ? 'warn' : 'good')}></i>
      <span class="what"><b>${s.name}</b><span>${blind ? t('screen.unknown') : !s.online ? t('screen.off') : s.scene === 'blackout' ? t('scene.blackout') : s.scene ? sceneName(s.scene) : t('screen.loading')}</span></span><span class="fig">${lag(s)}</span></li>`)}</ul>`
      : html`<p class="empty">${t('screens.empty')}</p>`}</section>`;
}

/** @param {{staff: Doc.Desk, view: Doc.View, blind: boolean}} p */
export function Warnings({ staff, view, blind }) {
  const list = warnings(staff, view);
  return html`<section class="warnings"><header class="label"><h2>${t('warnings')}</h2><span class="fig">${list.length || ''}</span></header>
    ${list.length ? html`<ul class="lines">${list.map((w) => html`<li key=${w.key}><i class=${'dot ' + w.level}></i><span class="what"><b>${w.title}</b><span>${w.detail}</span></span></li>`)}</ul>`
      : html`<p class="calm"><i class=${'dot ' + (blind ? '' : 'good')}></i>${t(blind ? 'warnings.unknown' : 'warnings.none')}</p>`}</section>`;
}

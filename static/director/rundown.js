// The rundown (流程单): every cue with its plan and how far it is. A cue may be
// taken out of turn: choose its line, then arm it, and it comes next.

import { base } from '../lib/api.js';
import { timeOfDay } from '../lib/clock.js';
import { t } from '../lib/i18n.js';
import { Hold, html, useEffect, useNow, useRef, useState } from '../lib/ui.js';
import { course, nextCue, onStage, planned } from './facts.js';

/** The word at the end of a line. @param {Doc.DeskCue} c @param {boolean} on @param {boolean} next */
function mark(c, on, next) {
  if (c.state === 'running') return t('cue.step', { step: c.step, steps: c.steps });
  if (c.state === 'armed') return t('cue.armed');
  if (on) return t('cue.on');
  if (c.state === 'done') return t('cue.done');
  if (c.state === 'skipped') return t('cue.skipped');
  if (next) return t('cue.next');
  if (c.steps > 1) return t('cue.steps', { n: c.steps });
  return c.confirm ? t('cue.confirm') : '';
}

/** "20:05" @param {number} ms */
const hhmm = (ms) => timeOfDay(ms).slice(0, 5);

/** How far off the plan, in whole minutes as people say it. @param {number} ms */
function off(ms) {
  const m = Math.round(Math.abs(ms) / 60e3), h = Math.floor(m / 60);
  if (!m) return t('course.even');
  return t(ms > 0 ? 'course.late' : 'course.early', { time: h ? t('course.hm', { h, m: m % 60 }) : t('course.m', { m }) });
}

/** Late or early, the end that is to be expected, and the next fixed start. @param {{staff: Doc.Desk}} p */
function Course({ staff }) {
  const c = course(staff, useNow(1000));
  if (!c) return null;
  const tone = (/** @type {number} */ ms) => (ms >= 60e3 ? ' bad' : ms <= -60e3 ? ' good' : '');
  return html`<dl class="course" id="course"><div class=${'off' + tone(c.late)}><dt>${t('course')}</dt><dd>${off(c.late)}</dd></div>
    ${c.ends > 0 && html`<div><dt>${t('course.ends')}</dt><dd class="fig">${hhmm(c.ends)}</dd></div>`}
    ${c.hard && html`<div class=${'hard' + tone(c.hard.late)}><dt class="cut" title=${c.hard.title}>${t('course.hard', { title: c.hard.title })}</dt><dd><span class="fig">${hhmm(c.hard.at)}</span> ${c.hard.late >= 60e3 ? off(c.hard.late) : t('course.kept')}</dd></div>`}</dl>`;
}

function Line(/** @type {{c: Doc.DeskCue, at: string, on: boolean, next: boolean, open: boolean, can: boolean, onOpen: any, send: any}} */ { c, at, on, next, open, can, onOpen, send }) {
  const over = c.state === 'done' || c.state === 'skipped';
  const kind = c.state === 'armed' ? 'armed' : on ? 'on' : next ? 'next' : over ? 'over' : '';
  return html`<li class=${'cue ' + kind + (c.state === 'skipped' ? ' skipped' : '')} data-state=${c.state} data-line=${c.id}>
    <button type="button" class="line" aria-expanded=${open} disabled=${over} onClick=${onOpen}>
      <span class=${'plan fig' + (at.length > 5 ? ' hours' : '') + (c.fixed ? ' fixed' : '')} title=${c.fixed ? t('cue.fixed') : ''}>${at}</span>
      <span class="what"><b>${c.title}</b><span>${c.detail}${c.lane === 'host' && html`<i class="lane">${t('cue.host')}</i>`}</span></span>
      <span class="mark">${mark(c, on, next)}</span>
    </button>
    ${open && !over && html`<div class="acts">
      ${c.state === 'planned' && !next && html`<button type="button" class="btn slim" disabled=${!can} onClick=${() => send('arm', { cue: c.id })}>${t('cue.take')}</button>`}
      ${c.state === 'armed' && html`<button type="button" class="btn slim" disabled=${!can} onClick=${() => send('disarm', { cue: c.id })}>${t('bar.disarm')}</button>`}
      <${Hold} class="slim" disabled=${!can} onHold=${() => send('skip', { cue: c.id })}>${t('cue.skip')}<//>
    </div>`}
  </li>`;
}

/** @param {{staff: Doc.Desk, me: Doc.Me, can: boolean, send: any}} p */
export function Rundown({ staff, me, can, send }) {
  const [open, setOpen] = useState('');
  const list = useRef(/** @type {HTMLElement|null} */ (null));
  const on = onStage(staff), next = nextCue(staff);
  const eye = staff.armed || (on || next || {}).id; // one armed out of turn may be far from where we are
  useEffect(() => { // keeps the cue on stage a third from the top, without moving the page
    const box = list.current, row = box && /** @type {HTMLElement|null} */ (box.querySelector(`[data-line="${CSS.escape(eye || '')}"]`));
    if (box && row) box.scrollTo({ top: row.offsetTop - box.offsetTop - box.clientHeight / 3, behavior: 'smooth' });
  }, [eye]);
  useEffect(() => setOpen(''), [staff.rev]);
  const done = staff.cues.filter((c) => c.state === 'done' || c.state === 'skipped').length;
  return html`<section class="run" aria-label=${t('rundown')}>
    <header class="label"><h2>${t('rundown')}</h2>${me.roles.includes('organiser') && html`<a class="link" id="build" href=${base + '/admin#rundown'} target="_blank" rel="noopener">${t('rundown.build')}</a>`}<span class="fig">${done}/${staff.cues.length}</span></header>
    <${Course} staff=${staff} />
    ${staff.cues.length === 0 ? html`<p class="empty">${t('rundown.empty')}</p>`
      : html`<ol ref=${list}>${staff.cues.map((c, i) => html`${c.group && (i === 0 || staff.cues[i - 1].group !== c.group) && html`<li key=${'part ' + i} class="partname cut" title=${c.group}>${c.group}</li>`}<${Line} key=${c.id} c=${c} at=${staff.starts ? hhmm(staff.starts + c.plan * 1000) : planned(c.plan)} on=${!!on && on.id === c.id} next=${c.id === staff.next}
          open=${open === c.id} can=${can} send=${send} onOpen=${() => setOpen(open === c.id ? '' : c.id)} />`)}</ol>`}
  </section>`;
}

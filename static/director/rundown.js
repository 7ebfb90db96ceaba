// The rundown (流程单): every cue with its plan and how far it is. A cue may be
// taken out of turn: choose its line, then arm it, and it comes next.

import { t } from '../lib/i18n.js';
import { Hold, html, useEffect, useRef, useState } from '../lib/ui.js';
import { nextCue, onStage, planned } from './facts.js';

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

function Line(/** @type {{c: Doc.DeskCue, on: boolean, next: boolean, open: boolean, can: boolean, onOpen: any, send: any}} */ { c, on, next, open, can, onOpen, send }) {
  const over = c.state === 'done' || c.state === 'skipped';
  const kind = c.state === 'armed' ? 'armed' : on ? 'on' : next ? 'next' : over ? 'over' : '';
  return html`<li class=${'cue ' + kind + (c.state === 'skipped' ? ' skipped' : '')} data-state=${c.state} data-line=${c.id}>
    <button type="button" class="line" aria-expanded=${open} disabled=${over} onClick=${onOpen}>
      <span class=${'plan fig' + (c.plan >= 3600 ? ' hours' : '')}>${planned(c.plan)}</span>
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

/** @param {{staff: Doc.Desk, can: boolean, send: any}} p */
export function Rundown({ staff, can, send }) {
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
    <header class="label"><h2>${t('rundown')}</h2><span class="fig">${done}/${staff.cues.length}</span></header>
    ${staff.cues.length === 0 ? html`<p class="empty">${t('rundown.empty')}</p>`
      : html`<ol ref=${list}>${staff.cues.map((c) => html`<${Line} key=${c.id} c=${c} on=${!!on && on.id === c.id} next=${c.id === staff.next}
          open=${open === c.id} can=${can} send=${send} onOpen=${() => setOpen(open === c.id ? '' : c.id)} />`)}</ol>`}
  </section>`;
}

// The keys that move the show. The next action is the biggest thing on the
// desk; what can't be taken back acts only after being held for 800 ms.

import { mmss } from '../lib/clock.js';
import { t } from '../lib/i18n.js';
import { useKey } from '../lib/key.js';
import { Hold, html, useEffect, useNow, useRef } from '../lib/ui.js';
import { asking } from './ask.js';
import { cutsShort, extendable, modeOf, nextCue } from './facts.js';

/** Whether a text is being written, where space is a space. @param {any} el */
function writing(el) {
  return !!el && (/INPUT|TEXTAREA|SELECT/.test(el.tagName) || el.isContentEditable);
}

/** @param {KeyboardEvent} e */
function modified(e) { return e.ctrlKey || e.metaKey || e.altKey || e.shiftKey; }

/**
 * Space is the go key wherever the focus is; it is never a click on what has
 * the focus. With a modifier it is somebody's input method or their window
 * manager, and does nothing at all; while a question is open it is the question's.
 * @param {{current: {press: () => void, down: () => void, up: () => void, held: boolean}}} key
 */
function useSpace(key) {
  useEffect(() => {
    const down = (/** @type {KeyboardEvent} */ e) => {
      if (e.key !== ' ' || writing(e.target) || asking()) return;
      e.preventDefault();
      e.stopPropagation();
      if (e.repeat || modified(e)) return;
      if (key.current.held) key.current.down(); else key.current.press();
    };
    const up = (/** @type {KeyboardEvent} */ e) => {
      if (e.key !== ' ' || writing(e.target) || asking()) return;
      e.preventDefault();
      e.stopPropagation();
      key.current.up();
    };
    const away = () => key.current.up();
    addEventListener('keydown', down, true);
    addEventListener('keyup', up, true);
    addEventListener('blur', away);
    return () => { removeEventListener('keydown', down, true); removeEventListener('keyup', up, true); removeEventListener('blur', away); };
  }, []);
}

/** What the big key says: [first line, second line].
    @param {{cue: Doc.DeskCue|null, mode: string, left: number, ended: boolean, status: string, busy: boolean, directs: boolean, empty: boolean}} p @returns {[string, string]} */
function words({ cue, mode, left, ended, status, busy, directs, empty }) {
  if (ended) return [t('ended'), t('ended.how')];
  if (!cue && empty) return [t('fire.empty'), t('fire.empty.how')];
  if (!cue) return [t('fire.none'), t('fire.none.how')];
  const title = cue.steps > 1 && cue.state === 'running' ? t('fire.stepping', { title: cue.title, step: cue.step + 1, steps: cue.steps }) : cue.title;
  const first = t('fire.' + (mode === 'arm' ? 'arm' : left > 0 ? 'early' : cue.state === 'running' ? 'go' : 'fire'), { title });
  if (status !== 'live') return [first, t('fire.lost')];
  if (!directs) return [first, t('fire.forbidden')];
  return [first, busy ? t('fire.busy') : left > 0 && mode === 'fire' ? t('fire.early.how', { time: mmss(left) }) : t('fire.' + mode + '.how')];
}

/** @param {{staff: Doc.Desk, view: Doc.View, can: boolean, status: string, busy: boolean, send: any}} p */
function Fire({ staff, view, can, status, busy, send }) {
  const cue = nextCue(staff);
  const end = cue ? cutsShort(staff, cue) : 0;
  const at = useNow(end ? 250 : 0), left = end ? end - at : 0;
  const mode = cue ? modeOf(cue, left > 0) : 'next';
  const ended = !!(view.session && view.session.ended);
  const meaning = cue ? cue.id + ':' + cue.step + ':' + mode : '';
  const { off, held, press, begin, click, down, up } = useKey({
    meaning, blocked: !can || busy || !cue,
    act: () => { if (cue) send(mode === 'arm' ? 'arm' : 'fire', { cue: cue.id }); },
  });
  const key = useRef({ press, down, up, held: mode === 'fire' });
  key.current = { press, down, up, held: mode === 'fire' };
  useSpace(key);
  // A key that has just changed takes no press for a moment: it says so, or a tap would be lost without a sign.
  const [first, second] = words({ cue, mode, left, ended, status, busy: busy || (can && off), directs: can || status !== 'live', empty: !staff.cues.length });
  const hold = mode === 'fire';
  return html`<button type="button" id="fire" data-cue=${cue ? cue.id : ''} data-mode=${mode} data-step=${cue ? cue.step + 1 : 0} disabled=${off}
    class=${'go ' + mode + (hold ? ' hold' : '') + (held ? ' held' : '') + (cue ? '' : ' over')}
    onClick=${hold ? undefined : click}
    onPointerDown=${(/** @type {PointerEvent} */ e) => { begin(); if (hold && e.button === 0) down(); }}
    onPointerUp=${up} onPointerLeave=${up} onPointerCancel=${up} onContextMenu=${(/** @type {any} */ e) => e.preventDefault()}
    onKeyDown=${(/** @type {KeyboardEvent} */ e) => {
      if (e.key !== 'Enter') return;
      if (hold || e.repeat) e.preventDefault(); // one that is kept down presses once
      if (hold && !e.repeat && !modified(e)) down();
    }} onKeyUp=${up} onBlur=${up}>
    <b title=${first}>${first}</b><span>${second}</span></button>`;
}

/** @param {{staff: Doc.Desk, view: Doc.View, can: boolean, status: string, busy: boolean, send: any}} p */
export function Bar({ staff, view, can, status, busy, send }) {
  const cue = nextCue(staff);
  const armed = staff.armed;
  const more = extendable(view);
  return html`<footer class="foot-keys">
    <${Hold} id="skip" disabled=${!can || busy || !cue} onHold=${() => cue && send('skip', { cue: cue.id })}><b>${t('bar.skip')}</b><span class="cut" title=${cue ? cue.title : ''}>${cue ? cue.title : t('none')}</span><//>
    <button type="button" id="disarm" class="btn" disabled=${!can || busy || !armed} onClick=${() => send('disarm', { cue: armed })}><b>${t('bar.disarm')}</b><span>${t(armed ? 'bar.disarm.how' : 'bar.disarm.none')}</span></button>
    <${Fire} staff=${staff} view=${view} can=${can} status=${status} busy=${busy} send=${send} />
    <button type="button" id="more" class="btn" disabled=${!can || !more} onClick=${() => send(more, { seconds: 30 })}><b>${t('bar.more')}</b><span>${t(more === 'extend' ? 'bar.more.vote' : more ? 'bar.more.timer' : 'bar.more.none')}</span></button>
    <${Hold} id="blackout" class=${view.blackout ? 'lit' : ''} aria-pressed=${view.blackout} disabled=${!can} onHold=${() => send('blackout', { on: !view.blackout })}><b>${t(view.blackout ? 'bar.light' : 'bar.black')}</b><span>${t('bar.hold')}</span><//>
  </footer>`;
}

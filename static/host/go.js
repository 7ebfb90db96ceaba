// The host's one key. It moves the host's own lane with a press, and what the
// director has armed with a hold of 800 ms; else it says whom to wait for.

import { mmss } from '../lib/clock.js';
import { t } from '../lib/i18n.js';
import { useKey } from '../lib/key.js';
import { html, toast, toastError, useNow, useState } from '../lib/ui.js';

const CATCH_UP = 1500; // ms to wait for the new line

/** The end of the open vote that the next step would cut short; 0 = none. @param {Doc.HostNext|null} next @param {Doc.StageBallot|null} b the ballot on stage */
function cutsShort(next, b) { return next && b && b.open && b.deadline && next.closes.includes(b.id) ? b.deadline : 0; }

/** @param {Doc.HostNext|null} next @param {boolean} begun @param {number} left ms of a vote that it cuts short @param {boolean} ended @param {string} status @param {boolean} busy @returns {[string, string]} */
function words(next, begun, left, ended, status, busy) {
  if (ended) return [t('go.ended'), ''];
  if (!next) return begun ? [t('go.none'), ''] : [t('go.empty'), t('go.empty.how')];
  if (status !== 'live') return [t('go'), t('go.lost')];
  if (busy) return [t('go'), t('go.busy')];
  if (!next.fire) return [t(next.confirm ? 'go.unarmed' : 'go.director'), next.title];
  if (left > 0) return [t('go.early'), t('go.early.left', { title: next.title, time: mmss(left) })];
  return [t(next.confirm ? 'go.hold' : 'go'), next.title + (next.steps > 1 ? ' ' + next.step + '/' + next.steps : '')];
}

/** A press together with a modifier is somebody's input method: not for us. @param {KeyboardEvent} e */
function modified(e) { return e.ctrlKey || e.metaKey || e.altKey || e.shiftKey; }

/** @param {{hub: any, session: string, host: Doc.HostView, view: Doc.View, status: string}} p */
export function Go({ hub, session, host, view, status }) {
  const next = host.next;
  const end = cutsShort(next, view.ballot), at = useNow(end ? 250 : 0), left = end ? end - at : 0;
  const [busy, setBusy] = useState(false);
  const hold = !!(next && (next.confirm || left > 0));
  const meaning = next ? next.cue + ':' + next.step + ':' + next.fire + ':' + hold : '';
  const act = async () => {
    setBusy(true);
    try {
      const { rev } = await hub.request('stage.command', { session, kind: 'next', rev: host.rev });
      const topic = hub.topic('host/' + session);
      for (let waited = 0; topic.doc.rev < rev && waited < CATCH_UP; waited += 50) await new Promise((f) => setTimeout(f, 50));
    } catch (err) {
      if (/** @type {any} */ (err).code === 'stage.stale_rev') toast(t('stale'), 'bad');
      else toastError(err);
    }
    setBusy(false);
  };
  const { off, held, begin, click, down, up } = useKey({ meaning, blocked: !next || !next.fire || host.ended || status !== 'live' || busy, act });
  const [first, second] = words(next, !!host.now, left, host.ended, status, busy);
  const open = !!(next && next.fire && !host.ended);
  return html`<footer><button type="button" id="next" disabled=${off} data-cue=${next ? next.cue : ''} data-mode=${hold ? 'hold' : 'press'} data-step=${next ? next.step : 0}
    class=${(open ? 'open ' : '') + (hold ? 'hold ' : '') + (held ? 'held' : '')} onClick=${hold ? undefined : click}
    onPointerDown=${() => { begin(); if (hold) down(); }} onPointerUp=${up} onPointerLeave=${up} onPointerCancel=${up}
    onKeyDown=${(/** @type {KeyboardEvent} */ e) => {
      if (e.key !== 'Enter' && e.key !== ' ') return;
      if (hold || e.repeat || modified(e)) e.preventDefault();
      if (hold && !e.repeat && !modified(e)) down();
    }} onKeyUp=${up} onBlur=${up}
    onContextMenu=${(/** @type {Event} */ e) => e.preventDefault()}><b>${first}</b>${second && html`<span class="cut">${second}</span>`}</button></footer>`;
}

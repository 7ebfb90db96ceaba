// The host's one key. It moves the host's own lane with a press, and what the
// director has armed with a hold of 800 ms; else it says whom to wait for.

import { t } from '../lib/i18n.js';
import { useKey } from '../lib/key.js';
import { html, toast, toastError, useState } from '../lib/ui.js';

const CATCH_UP = 1500; // ms to wait for the new line

/** @param {any} next @param {boolean} ended @param {string} status @param {boolean} busy @returns {[string, string]} */
function words(next, ended, status, busy) {
  if (ended) return [t('go.ended'), ''];
  if (!next) return [t('go.none'), ''];
  if (status !== 'live') return [t('go'), t('go.lost')];
  if (busy) return [t('go'), t('go.busy')];
  if (!next.fire) return [t(next.confirm ? 'go.unarmed' : 'go.director'), next.title];
  return [t(next.confirm ? 'go.hold' : 'go'), next.title + (next.steps > 1 ? ' ' + next.step + '/' + next.steps : '')];
}

/** @param {{hub: any, session: string, host: any, status: string}} p */
export function Go({ hub, session, host, status }) {
  const next = host.next;
  const meaning = next ? next.cue + ':' + next.step + ':' + next.fire : '';
  const [busy, setBusy] = useState(false);
  const hold = !!(next && next.confirm);
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
  const { off, held, press, down, up } = useKey({ meaning, blocked: !next || !next.fire || host.ended || status !== 'live' || busy, act });
  const [first, second] = words(next, host.ended, status, busy);
  const open = !!(next && next.fire && !host.ended);
  return html`<footer><button type="button" id="next" disabled=${off} data-cue=${next ? next.cue : ''} data-mode=${hold ? 'hold' : 'press'} data-step=${next ? next.step : 0}
    class=${(open ? 'open ' : '') + (hold ? 'hold ' : '') + (held ? 'held' : '')} onClick=${hold ? undefined : press}
    onPointerDown=${hold ? down : undefined} onPointerUp=${up} onPointerLeave=${up} onPointerCancel=${up}
    onKeyDown=${hold ? (/** @type {KeyboardEvent} */ e) => { if (!e.repeat && (e.key === 'Enter' || e.key === ' ')) { e.preventDefault(); down(); } } : undefined} onKeyUp=${up} onBlur=${up}
    onContextMenu=${(/** @type {Event} */ e) => e.preventDefault()}><b>${first}</b>${second && html`<span class="cut">${second}</span>`}</button></footer>`;
}

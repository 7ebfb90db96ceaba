// An entry goes out of the contest, for a reason that is kept, or comes back.

import { errorText, t } from '../lib/i18n.js';
import { Hold, html, toast, useState } from '../lib/ui.js';
import { call } from './call.js';
import { Clash, theirsOf } from './clash.js';
import { Dialog, Field } from './parts.js';

/** @param {{e: Doc.EntryRow, to: string, onDone: () => void, onClose: () => void}} p to is the state it gets */
export function Standing({ e, to, onDone, onClose }) {
  const [reason, set] = useState('');
  const [failed, fail] = useState(/** @type {any} */ (null));
  const [theirs, setTheirs] = useState(/** @type {import('./clash.js').Theirs|null} */ (null));
  const [busy, setBusy] = useState(false);
  const out = to !== 'qualified';
  const go = async (/** @type {string} */ over) => {
    setBusy(true);
    fail(null);
    try {
      /** @type {Doc.EntryState} */
      const r = await call('/v1/admin/entries/' + encodeURIComponent(e.id) + '/state', { body: { state: to, reason: reason.trim(), rev: over } });
      toast(r.ballots.length ? t('standing.done.ballots', { title: e.title, n: r.ballots.length }) : t('standing.done', { title: e.title }), 'good');
      onDone();
    } catch (err) {
      const other = theirsOf(err);
      if (other) setTheirs(other); else fail(err);
      setBusy(false);
    }
  };
  const stand = (/** @type {{state: string, reason: string}} */ x) => t('entry.' + x.state) + (x.reason ? t('colon') + x.reason : '');
  return html`<${Dialog} title=${t('standing.' + to)} lead=${e.title} busy=${busy} onClose=${onClose}
    foot=${html`<button type="button" class="btn quiet" onClick=${onClose}>${t('cancel')}</button>
      ${out ? html`<${Hold} class="danger" id="standing-go" disabled=${busy || theirs || !reason.trim()} onHold=${() => go(e.rev)}>${t('standing.go.' + to)}<//>`
        : html`<button type="button" class="btn main" id="standing-go" disabled=${busy || theirs} onClick=${() => go(e.rev)}>${t('standing.go.qualified')}</button>`}`}>
    <div class="stack">${theirs && html`<${Clash} id="standing-clash" theirs=${theirs} busy=${busy} off=${!theirs.now} onTake=${onDone} onKeep=${() => go(theirs.rev)}
        rows=${theirs.now && [[t('entries.state'), stand(theirs.now), stand({ state: to, reason: reason.trim() })], [t('entries.title.col'), theirs.now.title, e.title], [t('entries.team'), theirs.now.team, e.team]]} />`}
      <p class="note ${out ? 'warn' : ''}">${t(out ? 'standing.out.how' : 'standing.in.how')}</p>
      ${out && html`<${Field} label=${t('standing.reason')} hint=${t('standing.reason.how')}><textarea class="input" id="standing-reason" rows="3" required maxlength="200" value=${reason} onInput=${(/** @type {any} */ x) => set(x.target.value)}></textarea><//>`}
      ${failed && html`<p class="note bad" role="alert">${errorText(failed)}</p>`}</div><//>`;
}

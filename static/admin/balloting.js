// What is done to a ballot by hand: opening it, moving its end, another round.

import { now } from '../lib/clock.js';
import { errorText, t } from '../lib/i18n.js';
import { takeOf } from '../lib/on.js';
import { Hold, html, useNow, useState } from '../lib/ui.js';
import { call } from './call.js';
import { Dialog, Field } from './parts.js';
import { fromLocal, remaining, stamp, toLocal, zoneName } from './time.js';

export const GRACE = 1500; // ms that a ballot takes votes after the end that people are told (vote.Grace)
const MOST = 14 * 86400; // seconds at once
const TIMES = [40, 60, 120, 300, 600]; // seconds offered for an opening
const STEPS = [60, 300, 1800, 3600, 86400, -300]; // seconds offered to move an end by

/** The end that people are told, ms; 0 closed by hand. @param {Doc.BallotRow} b */
export function endOf(b) { return b.deadline ? b.deadline - GRACE : 0; }

/** @param {number} n seconds */
function spanText(n) {
  const s = Math.abs(n);
  return s < 120 ? t('ballot.s', { n: s }) : s < 3600 ? t('ballot.min', { n: s / 60 }) : s < 86400 ? t('ballot.h', { n: s / 3600 }) : t('ballot.d', { n: s / 86400 });
}

/** One post, with what is said while it runs and when it fails. @param {() => Promise<any>} post @param {(answer: any) => void} onDone @returns {[boolean, any, () => Promise<void>]} */
function usePost(post, onDone) {
  const [failed, fail] = useState(/** @type {any} */ (null));
  const [busy, setBusy] = useState(false);
  const go = async () => {
    setBusy(true);
    fail(null);
    try { onDone(await post()); } catch (err) { fail(err); setBusy(false); }
  };
  return [busy, failed, go];
}

/** @param {Doc.BallotRow} b @param {string} what */
const path = (b, what) => '/v1/admin/ballots/' + encodeURIComponent(b.id) + '/' + what;

/** Opening for a while, until the planned end, or until closed by hand. @param {{b: Doc.BallotRow, zone: string, onDone: (answer: any) => void, onClose: () => void}} p */
export function Opening({ b, zone, onDone, onClose }) {
  const at = useNow(1000), take = takeOf(b.id);
  const planned = b.closesAt > at;
  const [seconds, set] = useState(planned ? '0' : '60');
  const [busy, failed, go] = usePost(() => call(path(b, 'open'), { body: { seconds: Number(seconds) || 0 } }), onDone);
  const bad = !/^\d+$/.test(seconds) || Number(seconds) > MOST;
  const end = bad ? 0 : Number(seconds) ? at + Number(seconds) * 1000 : planned ? b.closesAt : 0;
  const pick = (/** @type {string} */ v, /** @type {string} */ text) => html`<button type="button" key=${v} class=${'btn' + (seconds === v ? ' on' : '')} aria-pressed=${seconds === v} onClick=${() => set(v)}>${text}</button>`;
  return html`<${Dialog} title=${t('ballot.open')} lead=${b.title} busy=${busy} onClose=${onClose}
    foot=${html`<button type="button" class="btn quiet" onClick=${onClose}>${t('cancel')}</button>
      <button type="button" class="btn main" id="ballot-go" disabled=${busy || bad} onClick=${go}>${t('ballot.open.go')}</button>`}>
    <div class="stack"><p class=${'note' + (take ? '' : ' warn')} id="ballot-whose">${take ? t('ballot.open.take', { name: t('rehearsal.take', { n: take }) }) : t('ballot.open.real')}</p>
      <div class="times" role="group" aria-label=${t('ballot.seconds')}>${TIMES.map((n) => pick(String(n), spanText(n)))}${pick('0', t(planned ? 'ballot.asplanned' : 'ballot.byhand'))}</div>
      <${Field} label=${t('ballot.seconds')} hint=${t('ballot.seconds.how')}><input class="input fig" id="ballot-seconds" type="number" inputmode="numeric" required min="0" max=${MOST} value=${seconds} onInput=${(/** @type {any} */ e) => set(e.target.value)} /><//>
      <p class="note" id="ballot-end" role="status">${end ? t('ballot.ends', { at: stamp(end, zone, true), left: remaining(end - at) }) : t('ballot.seconds.none')}</p>
      ${b.level === 0 && html`<p class="note warn">${t('level.0.warn')}</p>`}
      ${failed && html`<p class="note bad" role="alert">${errorText(failed)}</p>`}</div><//>`;
}

/** Moving the end of an open ballot. Nothing is chosen for anyone, and an earlier end is held. @param {{b: Doc.BallotRow, zone: string, onDone: (answer: any) => void, onClose: () => void}} p */
export function Extending({ b, zone, onDone, onClose }) {
  const at = useNow(1000), end = endOf(b);
  const [step, setStep] = useState(0); // seconds, added up by clicks
  const [exact, setExact] = useState(''); // a datetime-local value; wins
  const next = exact ? fromLocal(exact, zone) : end + step * 1000;
  const by = Math.round((next - end) / 1000);
  const [busy, failed, go] = usePost(() => call(path(b, 'extend'), { body: { seconds: by } }), onDone);
  const past = next <= at, off = !by || past || Math.abs(by) > 100 * 86400, text = t(by < 0 ? 'ballot.shorten.go' : 'ballot.longer.go');
  const add = (/** @type {number} */ n) => { setExact(''); setStep((exact ? by : step) + n); };
  return html`<${Dialog} title=${t('ballot.longer')} lead=${b.title} busy=${busy} onClose=${onClose}
    foot=${html`<button type="button" class="btn quiet" onClick=${onClose}>${t('cancel')}</button>
      ${by < 0 ? html`<${Hold} class="danger" id="ballot-go" disabled=${busy || off} onHold=${go}>${text}<//>` : html`<button type="button" class="btn main" id="ballot-go" disabled=${busy || off} onClick=${go}>${text}</button>`}`}>
    <div class="stack"><p>${t('ballot.now', { at: stamp(end, zone, true), left: remaining(end - at) })}</p>
      <div class="times" role="group" aria-label=${t('ballot.longer.by')}>${STEPS.map((n) => html`<button type="button" key=${n} class="btn" data-step=${n} onClick=${() => add(n)}>${t(n < 0 ? 'ballot.minus' : 'ballot.plus', { span: spanText(n) })}</button>`)}</div>
      <${Field} label=${t('ballot.until', { zone: zoneName(zone) })} error=${past && t('ballot.longer.past')}>
        <input class="input fig" id="ballot-until" type="datetime-local" value=${exact || toLocal(next, zone)} onInput=${(/** @type {any} */ e) => { setExact(e.target.value); if (!e.target.value) setStep(0); }} /><//>
      ${by !== 0 && !past && html`<p class=${'note ' + (by < 0 ? 'warn' : '')} id="ballot-end" role="status">${t(by < 0 ? 'ballot.ends.sooner' : 'ballot.ends', { at: stamp(next, zone, true), left: remaining(next - at) })}</p>`}
      ${failed && html`<p class="note bad" role="alert">${errorText(failed)}</p>`}</div><//>`;
}

/** Another round of a closed ballot: for a reason that everyone reads. @param {{b: Doc.BallotRow, zone: string, onDone: (answer: any) => void, onClose: () => void}} p */
export function Again({ b, onDone, onClose }) {
  const [reason, set] = useState('');
  const [busy, failed, go] = usePost(() => call(path(b, 'round'), { body: { reason: reason.trim() } }), onDone);
  return html`<${Dialog} title=${t('ballot.again')} lead=${b.title} busy=${busy} onClose=${onClose}
    foot=${html`<button type="button" class="btn quiet" onClick=${onClose}>${t('cancel')}</button>
      <${Hold} class="danger" id="ballot-go" disabled=${busy || !reason.trim()} onHold=${go}>${t('ballot.again.go')}<//>`}>
    <div class="stack"><p class="note warn">${t('ballot.again.how', { round: b.round + 1 })}</p>
      <${Field} label=${t('ballot.again.reason')} hint=${t('ballot.again.reason.how')}><textarea class="input" id="ballot-reason" rows="3" required maxlength="200" value=${reason} onInput=${(/** @type {any} */ e) => set(e.target.value)}></textarea><//>
      ${failed && html`<p class="note bad" role="alert">${errorText(failed)}</p>`}</div><//>`;
}

/** How long it still runs, or when it will. @param {{b: Doc.BallotRow, zone: string}} p */
export function Clock({ b, zone }) {
  useNow(b.state === 'open' && b.deadline ? 250 : 0);
  if (b.state === 'open') {
    if (!b.deadline) return html`<span class="muted">${t('ballot.running')}</span>`;
    const left = endOf(b) - now();
    return html`<span>${t('ballot.left', { time: remaining(Math.max(0, left)) })}${left > 3600e3 && html`<small class="muted">${t('ballot.until.at', { at: stamp(endOf(b), zone) })}</small>`}</span>`;
  }
  if (b.state === 'armed' && b.opensAt) {
    return html`<span class="muted">${t(b.closesAt ? 'ballot.planned' : 'ballot.planned.open', { from: stamp(b.opensAt, zone), to: stamp(b.closesAt, zone) })}</span>`;
  }
  if (b.state === 'closed' && !b.round) return html`<span class="warned">${t('ballot.missed')}</span>`;
  return b.round ? html`<span class="muted">${t('ballot.round', { n: b.round })}</span>` : html`<span class="muted">${t('ballot.waits')}</span>`;
}

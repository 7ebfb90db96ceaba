// A whole programme from the plan, the session's entries and its ballots: what would
// be typed cue by cue.

import { t } from '../lib/i18n.js';
import { html, useMemo, useState } from '../lib/ui.js';
import { ownBallot } from './cueform.js';
import { PROGRAMMES, programme, suited } from './cues.js';
import { MOST, end } from './moves.js';
import { Choice, Dialog, Field } from './parts.js';
import { howLong } from './time.js';

/** @param {{cues: any[], known: import('./cueform.js').Names, onDone: (parts: import('./moves.js').Part[], anew: boolean) => void, onClose: () => void}} p */
export function Programme({ cues, known, onDone, onClose }) {
  const offered = suited(known.at);
  const [name, pick] = useState(known.at.follows || !known.entries.length && !known.at.joinedIn && !known.at.revealedIn ? 'ceremony' : known.at.revealedIn && !known.at.joinedIn ? 'sealed' : 'defence');
  const [show, setShow] = useState('8');
  const [ask, setAsk] = useState('5');
  const [ballot, setBallot] = useState(ownBallot(known.ballots));
  const [anew, setAnew] = useState(true);
  const has = (/** @type {string} */ kind) => PROGRAMMES[name].includes(kind);
  const parts = useMemo(() => programme(name, {
    entries: known.entries, awards: known.awards, ballot: (!known.at.follows && known.ballots.find((b) => b.id === ballot)) || null,
    show: Math.round(Number(show) * 60) || 0, ask: Math.round(Number(ask) * 60) || 0,
  }, new Set(anew ? [] : cues.map((c) => String(c.id)))), [name, show, ask, ballot, anew, known.entries.length]);
  const few = (has('each') || has('stage')) && !known.entries.length, many = parts.length + (anew ? 0 : cues.length) > 500;
  const takes = parts.reduce((sum, p) => sum + p.takes, 0), over = takes + (anew ? 0 : end(cues)) > MOST;
  const wrong = few ? t('programme.noentries') : many ? t('programme.many') : !(Number(show) > 0) || Number(ask) < 0 ? t('programme.minutes.wrong') : over ? t('programme.over', { time: howLong(takes + (anew ? 0 : end(cues))) }) : '';
  const minutes = (/** @type {string} */ key, /** @type {string} */ value, /** @type {(v: string) => void} */ set) => html`<${Field} label=${t('programme.' + key)}><input class="input fig" name=${key} type="number" min="0" max="120" step="0.5" value=${value} onInput=${(/** @type {any} */ e) => set(e.target.value)} /><//>`;
  const submit = (/** @type {Event} */ e) => { e.preventDefault(); if (!wrong) onDone(parts, anew); };
  return html`<${Dialog} title=${t('programme')} lead=${t('programme.lead')} wide=${true} onClose=${onClose}
    foot=${html`<p class=${'grow small ' + (wrong ? 'wrong' : 'muted')} role="status" id="programme-sum">${wrong || t('programme.sum', { n: parts.length, time: howLong(takes) })}</p>
      <button type="button" class="btn quiet" onClick=${onClose}>${t('cancel')}</button><button form="programme-form" class="btn main" disabled=${!!wrong}>${t(anew && cues.length ? 'programme.replace' : 'programme.add')}</button>`}>
    <form id="programme-form" class="stack" onSubmit=${submit}>
      <${Choice} class="two" bare=${true} label=${t('programme')} name="programme" value=${name} onPick=${pick}
        options=${offered.map((v) => ({ value: v, label: t('programme.' + v), hint: t('programme.' + v + '.how', { n: known.entries.length, awards: known.awards.length }) }))} />
      ${(has('each') || has('stage')) && html`<div class="grid2">${minutes('show', show, setShow)}${has('each') && minutes('ask', ask, setAsk)}</div>`}
      ${(has('vote') || has('seal')) && !known.at.follows && html`<${Field} label=${t('cue.ballot')} hint=${t('programme.ballot.how')}><select class="input" name="ballot" value=${ballot} onChange=${(/** @type {any} */ e) => setBallot(e.target.value)}>
        <option value="">${t('cue.noballot')}</option>${known.ballots.map((b) => html`<option key=${b.id} value=${b.id}>${b.title}</option>`)}</select><//>`}
      ${cues.length > 0 && html`<${Choice} class="two" label=${t('programme.where')} name="anew" value=${anew ? 'anew' : 'end'} onPick=${(/** @type {string} */ v) => setAnew(v === 'anew')}
        options=${['anew', 'end'].map((v) => ({ value: v, label: t('programme.' + v), hint: t('programme.' + v + '.how', { n: cues.length }) }))} />`}
    </form><//>`;
}

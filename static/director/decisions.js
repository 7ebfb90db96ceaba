// What keeps the result from being sealed, and the chair's decision (裁定) that
// clears it: with a reason, on record, and to be taken back until the seal. The
// entries are named here and nowhere else, and never with a mark.

import { t } from '../lib/i18n.js';
import { Hold, html, useState } from '../lib/ui.js';
import { Ask } from './ask.js';

/** What clears which blocker, the mildest first. @type {Record<string, string[]>} */
const CLEARS = {
  'award.boundary_tie': ['tie'],
  'award.not_rankable': ['quorum', 'entry_out'],
  'stage.quorum': ['quorum', 'entry_out'],
  'stage.not_locked': ['entry_out'],
  'stage.ballot_open': ['ballot_out'],
  'seal.ballot_unfair': ['ballot_out', 'entry_out'],
  'seal.open_ballot': ['open_ballot', 'ballot_out'],
};

const ABOUT_BALLOTS = ['ballot_out', 'open_ballot'];

/** @typedef {{ballot?: string, entries?: string[]}} About what a blocker or a decision is about */

/** @param {Doc.Desk} staff @param {string} id */
function name(staff, id) { return (staff.names && staff.names[id]) || id; }

/** @param {Doc.Desk} staff @param {string|undefined} id */
function ballotName(staff, id) { return (staff.ballots.find((b) => b.id === id) || { title: id }).title; }

/** Whether decisions in force have cleared the blocker: it leaves with the next try. @param {Doc.Desk} staff @param {Doc.Blocker} b */
function cleared(staff, b) {
  const kinds = CLEARS[b.code] || [];
  const own = (staff.decisions || []).filter((d) => kinds.includes(d.what));
  if (b.ballot && own.some((d) => d.ballot === b.ballot)) return true;
  const entries = b.entries || [];
  if (b.code === 'award.boundary_tie') return own.some((d) => entries.every((/** @type {string} */ e) => (d.entries || []).includes(e)));
  return entries.length > 0 && entries.every((/** @type {string} */ e) => own.some((d) => (d.entries || []).includes(e)));
}

/** The order of exact equals: the first gets the better place. @param {{staff: Doc.Desk, ids: string[], onMove: (i: number, by: number) => void}} p */
function Order({ staff, ids, onMove }) {
  return html`<ol class="order">${ids.map((/** @type {string} */ id, /** @type {number} */ i) => html`<li key=${id} data-place=${id}><b class="fig">${i + 1}</b><span class="grow">${name(staff, id)}</span>
    <button type="button" class="btn slim" disabled=${i === 0} aria-label=${t('decide.up', { name: name(staff, id) })} onClick=${() => onMove(i, -1)}>↑</button>
    <button type="button" class="btn slim" disabled=${i === ids.length - 1} aria-label=${t('decide.down', { name: name(staff, id) })} onClick=${() => onMove(i, 1)}>↓</button></li>`)}</ol>`;
}

/** @param {{staff: Doc.Desk, ids: string[], picked: string[], onPick: (id: string) => void}} p */
function Pick({ staff, ids, picked, onPick }) {
  return html`<ul class="pick">${ids.map((/** @type {string} */ id) => html`<li key=${id}><label><input type="checkbox" name=${id} checked=${picked.includes(id)} onChange=${() => onPick(id)} /> <span>${name(staff, id)}</span></label></li>`)}</ul>`;
}

/** @param {{staff: Doc.Desk, what: string, blocker: About, undo?: boolean, send: any, onClose: () => void}} p */
function Decide({ staff, what, blocker, undo, send, onClose }) {
  const all = blocker.entries || [];
  const [ids, setIds] = useState(/** @type {string[]} */ (what === 'tie' || undo || all.length === 1 ? all : []));
  const [reason, setReason] = useState('');
  const move = (/** @type {number} */ i, /** @type {number} */ by) => {
    const next = [...ids];
    [next[i], next[i + by]] = [next[i + by], next[i]];
    setIds(next);
  };
  const flip = (/** @type {string} */ id) => setIds(ids.includes(id) ? ids.filter((x) => x !== id) : all.filter((/** @type {string} */ x) => x === id || ids.includes(x)));
  const aboutBallot = ABOUT_BALLOTS.includes(what);
  const ready = reason.trim() && (aboutBallot || ids.length);
  const go = async () => {
    const body = aboutBallot ? { ballot: blocker.ballot } : { entries: ids };
    if (await send('decide', { what, reason: reason.trim(), undo: !!undo, ...body })) onClose();
  };
  return html`<${Ask} title=${t(undo ? 'decide.undo' : 'decide.' + what)} onClose=${onClose}>
    <p class="muted">${undo ? t('decide.' + what) : t('decide.' + what + '.how')}</p>
    ${aboutBallot ? html`<p><b>${ballotName(staff, blocker.ballot)}</b></p>`
    : undo ? html`<p>${ids.map((id) => name(staff, id)).join(t('list.comma'))}</p>`
      : what === 'tie' ? html`<${Order} staff=${staff} ids=${ids} onMove=${move} />`
        : html`<${Pick} staff=${staff} ids=${all} picked=${ids} onPick=${flip} />`}
    <label class="field"><span>${t('decide.reason')}</span><input class="input" name="reason" maxlength="120" value=${reason} onInput=${(/** @type {any} */ e) => setReason(e.currentTarget.value)} /></label>
    <p class="small muted">${t('decide.record')}</p>
    <div class="row end"><button type="button" class="btn" onClick=${onClose}>${t('cancel')}</button>
      <${Hold} id="decide" class="main" disabled=${!ready} onHold=${go}>${t('decide.hold')}<//></div><//>`;
}

/** @param {{staff: Doc.Desk, can: boolean, send: any}} p */
export function Decisions({ staff, can, send }) {
  const [open, setOpen] = useState(/** @type {{what: string, blocker: About, undo?: boolean}|null} */ (null));
  const blockers = staff.blockers || [], decisions = staff.decisions || [];
  if (!blockers.length && !decisions.length) return null;
  const about = (/** @type {Doc.Decision} */ d) => (d.ballot ? ballotName(staff, d.ballot) : (d.entries || []).map((/** @type {string} */ e) => name(staff, e)).join(t('list.comma')));
  return html`<section class="decisions" aria-label=${t('decisions')}>
    ${blockers.length > 0 && html`<header class="label"><h2>${t('decisions')}</h2></header>
    <ul>${blockers.map((b, /** @type {number} */ i) => html`<li key=${b.code + (b.ballot || '') + i} class=${'blocker' + (cleared(staff, b) ? ' cleared' : '')} data-blocker=${b.code}>
      <div class="grow"><b>${CLEARS[b.code] ? t('block.' + b.code) : b.text}</b>
        <span>${cleared(staff, b) ? t('decisions.cleared') : b.ballot ? ballotName(staff, b.ballot) : (b.entries || []).slice(0, 6).map((/** @type {string} */ e) => name(staff, e)).join(t('list.comma')) + ((b.entries || []).length > 6 ? t('decisions.more', { n: (b.entries || []).length }) : '')}</span></div>
      <div class="clears">${!cleared(staff, b) && (CLEARS[b.code] || []).map((what) => html`<button type="button" key=${what} class="btn slim" data-decide=${what} disabled=${!can} onClick=${() => setOpen({ what, blocker: b })}>${t('decide.' + what)}</button>`)}</div></li>`)}</ul>`}
    ${decisions.length > 0 && html`<header class="label"><h2>${t('decisions.made')}</h2></header>
    <ul>${decisions.map((d) => html`<li key=${d.what + d.at} class="decision" data-decision=${d.what}><div class="grow"><b>${t('decide.' + d.what)}</b><span>${about(d)} · ${d.reason}</span></div>
      <button type="button" class="btn slim" data-undo=${d.what} disabled=${!can} onClick=${() => setOpen({ what: d.what, undo: true, blocker: d })}>${t('decide.undo')}</button></li>`)}</ul>`}
    ${open && html`<${Decide} staff=${staff} what=${open.what} undo=${open.undo} blocker=${open.blocker} send=${send} onClose=${() => setOpen(null)} />`}
  </section>`;
}

/** The end, and the way back from it. @param {{directs: boolean, live: boolean, send: any}} p */
export function Ended({ directs, live, send }) {
  return html`<section class="ended"><p class="grow"><b>${t('ended')}</b> <span class="muted">${t('ended.how')}</span></p>
    <${Hold} id="reopen" class="slim" disabled=${!directs || !live} onHold=${() => send('reopen')}>${t('reopen')}<//></section>`;
}

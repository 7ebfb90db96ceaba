// Someone else has saved what is being edited here: both versions stay in sight
// until a person decides, and nothing that was typed is lost.

import { t } from '../lib/i18n.js';
import { Hold, html } from '../lib/ui.js';

/** What the record has instead of what a save was made from; now is null where it has gone.
    @typedef {{rev: string, now: any}} Theirs */

/** Theirs, if that is why a save was refused, else null. @param {any} err @returns {Theirs|null} */
export function theirsOf(err) {
  return err && err.code === 'office.stale_rev' ? { rev: err.args.rev || '', now: err.args.now ?? null } : null;
}

/** @param {{id: string, theirs: Theirs, rows?: [string, any, any][], busy: boolean, off?: boolean, more?: any, onTake: () => void, onKeep: () => void, children?: any}} p
    rows are what the thing is made of: its name, theirs and mine; off when mine can't be saved as it is */
export function Clash({ id, theirs, rows, busy, off, more, onTake, onKeep, children }) {
  const differ = (rows || []).filter(([, a, b]) => a !== b);
  return html`<div class="note warn clash" role="alert" id=${id}><p class="strong">${t(theirs.now === null ? 'clash.gone' : 'clash')}</p><p>${t('clash.how')}</p>
    ${theirs.now !== null && differ.length > 0 && html`<ul class="rows">${differ.map(([name, a, b]) => html`<li key=${name}><b>${name}</b>
      <span>${t('clash.value.theirs', { value: a || t('none') })}</span><span>${t('clash.value.mine', { value: b || t('none') })}</span></li>`)}</ul>`}
    ${children}
    <div class="acts">${more}<button type="button" class="btn slim" data-do="take" disabled=${busy} onClick=${onTake}>${t('clash.take')}</button>
      <${Hold} class="slim danger" data-do="keep" disabled=${busy || off} title=${t('hold.how')} onHold=${onKeep}>${t('clash.keep')}<//></div></div>`;
}

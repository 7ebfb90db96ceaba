// One entry by hand: added, or its own fields put right. It is looked at as a row of
// the import is, and what a person should look at is shown before it is kept.

import { errorText, t } from '../lib/i18n.js';
import { allTracks, html, toast, useEffect, useState } from '../lib/ui.js';
import { call } from './call.js';
import { Clash, theirsOf } from './clash.js';
import { Dialog, Field, Notice } from './parts.js';

/** What is written of an entry. @param {Doc.Entry|null} e */
function written(e) {
  return e ? { code: e.id, title: e.title, track: e.track, direction: String(e.direction), team: e.team, lead: e.lead, partners: e.partners.join('\n'), summary: e.summary }
    : { code: '', title: '', track: '', direction: '', team: '', lead: '', partners: '', summary: '' };
}

/** Names as they are compared with each other. @param {string} s */
function fold(s) { return s.normalize('NFKC').trim().toLowerCase(); }

/** The directions of a track. @param {Doc.Contest} plan @param {string} track */
function directionsOf(plan, track) { return (plan.tracks.find((x) => x.id === track) || { directions: [] }).directions; }

/** What another has saved meanwhile beside what is here, in words. @param {Doc.Contest} plan @param {Doc.Entry} now @param {ReturnType<typeof written>} e @returns {[string, any, any][]} */
function differing(plan, now, e) {
  const theirs = written(now), name = (/** @type {string} */ id) => (allTracks().find((x) => x.id === id) || { short: id }).short;
  const topic = (/** @type {{track: string, direction: string}} */ x) => (directionsOf(plan, x.track).find((d) => String(d.no) === x.direction) || { title: x.direction }).title;
  return [[t('column.title'), theirs.title, e.title.trim()], [t('column.track'), name(theirs.track), name(e.track)], [t('column.direction'), topic(theirs), topic(e)],
    [t('column.team'), theirs.team, e.team.trim()], [t('column.lead'), theirs.lead, e.lead.trim()],
    [t('column.partners'), theirs.partners, e.partners.trim()], [t('column.summary'), theirs.summary, e.summary.trim()]];
}

/** @param {{entry: Doc.EntryRow|null, list: Doc.EntryRow[], plan: Doc.Contest, onDone: () => void, onStale: () => void, onClose: () => void}} p entry null makes a new one */
export function EntryForm({ entry, list, plan, onDone, onStale, onClose }) {
  const [e, set] = useState(() => written(entry));
  const [rev, setRev] = useState(entry ? entry.rev : 'none'); // that it is made from
  const [seen, setSeen] = useState(/** @type {{of: string, preview: Doc.Preview}|null} */ (null)); // what was looked at, and what was found
  const [failed, fail] = useState(/** @type {any} */ (null));
  const [theirs, setTheirs] = useState(/** @type {import('./clash.js').Theirs|null} */ (null));
  const [busy, setBusy] = useState(false);
  const put = (/** @type {string} */ key) => (/** @type {any} */ x) => set({ ...e, [key]: x.target.value, ...(key === 'track' ? { direction: '' } : {}) });
  const taken = !entry && !!e.code.trim() && list.some((x) => fold(x.id) === fold(e.code));
  const text = JSON.stringify(e), found = seen && seen.of === text ? seen.preview : null;
  const wrong = (/** @type {string} */ path) => (found ? found.problems.filter((p) => p.path === path).map(errorText).join(' ') : '');
  const frozen = !!found && found.change.some((c) => c.fields.some((f) => f.frozen));
  const asks = !!found && !found.problems.length && (found.notices.length > 0 || frozen);
  useEffect(() => { // what was found may be out of sight
    const at = seen && document.querySelector('#entry-asks, #entry-form .wrong');
    if (at) at.scrollIntoView({ block: 'center' });
  }, [seen]);
  const send = (/** @type {boolean} */ look, /** @type {string} */ over) => call('/v1/admin/entries', { body: { rows: [{ ...e, rev: over }], look } });
  const save = async (/** @type {string} */ over, /** @type {boolean} */ sure) => {
    setBusy(true);
    fail(null);
    try {
      /** @type {Doc.Preview} */
      const look = await send(true, over);
      const wait = look.problems.length > 0 || (!sure && (look.notices.length > 0 || look.change.some((c) => c.fields.some((f) => f.frozen))));
      const done = wait ? look : await send(false, over);
      if (!wait && !done.problems.length) {
        toast(t('saved'), 'good');
        onDone();
        return;
      }
      setSeen({ of: text, preview: done });
    } catch (err) {
      const other = theirsOf(err);
      if (other) onStale();
      if (other && entry) setTheirs(other); else fail(err);
    }
    setBusy(false);
  };
  const take = () => {
    if (!theirs || !theirs.now) { onClose(); return; }
    set(written(theirs.now));
    setRev(theirs.rev);
    setTheirs(null);
  };
  const line = (/** @type {'title'|'team'|'lead'} */ key) => html`<${Field} class="all" label=${t('column.' + key)} error=${wrong(key)}><input class="input" name=${key} required maxlength="60" value=${e[key]} onInput=${put(key)} /><//>`;
  return html`<${Dialog} title=${t(entry ? 'entryform.edit' : 'entryform.add')} lead=${entry && entry.title} busy=${busy} onClose=${onClose}
    foot=${html`<button type="button" class="btn quiet" onClick=${onClose}>${t('cancel')}</button>
      <button form="entry-form" class="btn main" id="entry-save" disabled=${busy || theirs || taken}>${t(asks ? 'entryform.sure' : 'save')}</button>`}>
    <form id="entry-form" class="grid2" onSubmit=${(/** @type {Event} */ x) => { x.preventDefault(); if (!theirs && !taken) save(rev, asks); }}>
      ${theirs && html`<div class="all"><${Clash} id="entry-clash" theirs=${theirs} busy=${busy} off=${!theirs.now} onTake=${take} onKeep=${() => save(theirs.rev, true)} rows=${theirs.now && differing(plan, theirs.now, e)} /></div>`}
      ${asks && html`<div class="all stack" id="entry-asks" role="alert">${frozen && html`<p class="note warn small" data-frozen="1">${t('entryform.frozen')}</p>`}
        ${found && found.notices.map((n, i) => html`<${Notice} key=${i} of=${n} />`)}</div>`}
      ${line('title')}
      <${Field} label=${t('column.track')} error=${wrong('track')}><select class="input" name="track" required value=${e.track} onChange=${put('track')}>
        <option value="" disabled>${t('cue.choose')}</option>${allTracks().map((x) => html`<option key=${x.id} value=${x.id}>${x.short}</option>`)}</select><//>
      <${Field} label=${t('column.direction')} error=${wrong('direction')}><select class="input" name="direction" required disabled=${!e.track} value=${e.direction} onChange=${put('direction')}>
        <option value="" disabled>${t('cue.choose')}</option>${directionsOf(plan, e.track).map((d) => html`<option key=${d.no} value=${String(d.no)}>${d.no} ${d.title}</option>`)}</select><//>
      ${line('team')}${line('lead')}
      <${Field} class="all" label=${t('column.partners')} hint=${t('entryform.partners.how')} error=${wrong('partners')}><textarea class="input" name="partners" rows="3" value=${e.partners} onInput=${put('partners')}></textarea><//>
      <${Field} class="all" label=${t('column.summary')} hint=${t('entryform.summary.how')} error=${wrong('summary')}><textarea class="input" name="summary" rows="4" maxlength="200" value=${e.summary} onInput=${put('summary')}></textarea><//>
      <${Field} class="all" label=${t('column.code')} hint=${t(entry ? 'form.id.fixed' : 'entryform.code.how')} error=${taken ? t('form.id.taken') : wrong('code')}>
        <input class="input mono" name="code" maxlength="32" pattern="[A-Za-z0-9][A-Za-z0-9\\-]{0,31}" disabled=${!!entry} value=${e.code} onInput=${put('code')} /><//>
      ${failed && html`<p class="note bad all" role="alert">${errorText(failed)}</p>`}
    </form><//>`;
}

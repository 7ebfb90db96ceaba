// 场次: what takes place, when and where. Each has its own line-up, ballots, links,
// rundown and pages from the moment that it is made.

import { errorText, lang, t } from '../lib/i18n.js';
import { base } from '../lib/api.js';
import { Hold, html, toast, useState } from '../lib/ui.js';
import { call, useAct, useData } from './call.js';
import { Clash, theirsOf } from './clash.js';
import { Dialog, Empty, Field, Head, Load, Stands, joined } from './parts.js';

/** As contest/session.go has them. */
const KINDS = ['prelim', 'defence', 'final', 'ceremony', 'salon', 'roadshow', 'other'];

/** @typedef {Omit<Doc.OfficeSession, 'rev'|'state'|'sealed'>} Facts */

/** The first free id: "s1", "s2", … @param {Doc.OfficeSession[]} all */
function freeID(all) {
  for (let n = all.length + 1; ; n++) if (!all.some((s) => s.id === 's' + n)) return 's' + n;
}

/** The day with its weekday; the calendar needs no zone. @param {string} date */
function day(date) {
  return date + ' ' + new Intl.DateTimeFormat(lang() === 'zh' ? 'zh-CN' : 'en-GB', { weekday: 'short', timeZone: 'UTC' }).format(new Date(date + 'T00:00:00Z'));
}

/** @param {{s: {date: string, time: string}}} p */
function When({ s }) { return s.date ? html`<span class="fig when">${day(s.date)}${s.time && html` <b>${s.time}</b>`}</span>` : html`<span class="muted">${t('sessions.undated')}</span>`; }

/** @param {Doc.OfficeSession} s @returns {Facts} */
function facts({ id, title, subtitle, kind, date, time, place, reveals, joins }) { return { id, title, subtitle, kind, date, time, place, reveals, joins: joins || [] }; }

/** @param {{s: Doc.OfficeSession|null, all: Doc.OfficeSession[], onDone: (all: Doc.OfficeSession[], id: string) => void, onStale: () => void, onClose: () => void}} p s null makes a new one */
function Form({ s, all, onDone, onStale, onClose }) {
  const [f, set] = useState(/** @type {Facts} */ (s ? facts(s) : { id: freeID(all), title: '', subtitle: '', kind: 'defence', date: '', time: '', place: '', reveals: '', joins: [] }));
  const [rev, setRev] = useState(s ? s.rev : 'none'); // that it is made from
  const [failed, fail] = useState(/** @type {any} */ (null));
  const [theirs, setTheirs] = useState(/** @type {import('./clash.js').Theirs|null} */ (null));
  const [busy, setBusy] = useState(false);
  const put = (/** @type {keyof Facts} */ key) => (/** @type {any} */ e) => set({ ...f, [key]: e.target.value });
  const taken = !s && all.some((x) => x.id === f.id);
  const mine = { ...f, title: f.title.trim(), subtitle: f.subtitle.trim(), place: f.place.trim(), time: f.date && f.time };
  const save = async (/** @type {string} */ over) => {
    setBusy(true);
    fail(null);
    try {
      const path = '/v1/admin/sessions' + (s ? '/' + encodeURIComponent(s.id) : '');
      onDone(await call(path, { method: s ? 'PUT' : 'POST', body: { ...mine, rev: over } }), f.id);
    } catch (err) {
      const other = theirsOf(err);
      if (other) onStale();
      if (other && s) setTheirs(other); else fail(err); // whose id another has taken just now chooses another one
      setBusy(false);
    }
  };
  const submit = (/** @type {Event} */ e) => { e.preventDefault(); if (!taken && !theirs) save(rev); };
  const take = () => {
    if (!theirs || !theirs.now) { onClose(); return; }
    set(facts(theirs.now));
    setRev(theirs.rev);
    setTheirs(null);
  };
  const places = [...new Set(all.map((x) => x.place).filter(Boolean))];
  const used = (/** @type {string} */ id) => all.some((y) => y.id !== f.id && (y.reveals === id || (y.joins || []).includes(id)));
  const others = all.filter((x) => x.id !== f.id && !x.reveals && !used(x.id)); // whose result may be revealed here
  const parts = others.filter((x) => !(x.joins || []).length && !x.sealed || (f.joins || []).includes(x.id)); // whose scores may be joined
  const there = all.find((x) => x.reveals === f.id), into = all.find((x) => (x.joins || []).includes(f.id));
  const join = (/** @type {string} */ id) => () => { const had = f.joins || []; set({ ...f, joins: had.includes(id) ? had.filter((x) => x !== id) : all.map((x) => x.id).filter((x) => x === id || had.includes(x)) }); };
  const joinText = (/** @type {string[]|null} */ ids) => joined((ids || []).map((id) => (all.find((x) => x.id === id) || { title: id }).title)) || '—';
  const revealText = (/** @type {string} */ id) => (id ? t('sessions.reveals.of', { title: (all.find((x) => x.id === id) || { title: id }).title }) : t('sessions.reveals.own'));
  const kindText = (/** @type {string} */ k) => t('session.kind.' + k);
  return html`<${Dialog} title=${t(s ? 'sessions.edit' : 'sessions.add')} busy=${busy} onClose=${onClose}
    foot=${html`<button type="button" class="btn quiet" onClick=${onClose}>${t('cancel')}</button><button form="session-form" class="btn main" disabled=${busy || theirs}>${t('save')}</button>`}>
    <form id="session-form" class="stack" onSubmit=${submit}>
      ${theirs && html`<${Clash} id="session-clash" theirs=${theirs} busy=${busy} onTake=${take} onKeep=${() => save(theirs.rev)} rows=${theirs.now && [
        [t('sessions.title'), theirs.now.title, mine.title], [t('sessions.subtitle'), theirs.now.subtitle, mine.subtitle], [t('sessions.kind'), kindText(theirs.now.kind), kindText(mine.kind)],
        [t('sessions.date'), theirs.now.date, mine.date], [t('sessions.time'), theirs.now.time, mine.time], [t('sessions.place'), theirs.now.place, mine.place], [t('sessions.reveals'), revealText(theirs.now.reveals), revealText(mine.reveals)], [t('sessions.joins'), joinText(theirs.now.joins), joinText(mine.joins)]]} />`}
      <${Field} label=${t('sessions.title')} hint=${t('sessions.title.how')}><input class="input" name="title" required pattern=".*\\S.*" maxlength="60" value=${f.title} onInput=${put('title')} /><//>
      <${Field} label=${t('sessions.kind')}><select class="input" name="kind" value=${f.kind} onChange=${put('kind')}>${KINDS.map((k) => html`<option key=${k} value=${k}>${kindText(k)}</option>`)}</select><//>
      <div class="two"><${Field} label=${t('sessions.date')}><input class="input" type="date" name="date" value=${f.date} onInput=${put('date')} /><//>
        <${Field} label=${t('sessions.time')}><input class="input" type="time" name="time" disabled=${!f.date} value=${f.date ? f.time : ''} onInput=${put('time')} /><//></div>
      <${Field} label=${t('sessions.place')}><input class="input" name="place" maxlength="60" list="session-places" value=${f.place} onInput=${put('place')} /><datalist id="session-places">${places.map((x) => html`<option key=${x} value=${x}></option>`)}</datalist><//>
      <${Field} label=${t('sessions.reveals')} hint=${t(there ? 'sessions.reveals.there' : 'sessions.reveals.how', { title: there ? there.title : '' })}><select class="input" name="reveals" disabled=${!!there || !!into || (f.joins || []).length > 0} value=${f.reveals} onChange=${put('reveals')}>
        <option value="">${revealText('')}</option>${others.map((x) => html`<option key=${x.id} value=${x.id}>${revealText(x.id)}</option>`)}</select><//>
      ${into ? html`<p class="muted small">${t('sessions.joins.there', { title: into.title })}</p>` : !f.reveals && parts.length > 0 && html`<fieldset class="parts" disabled=${!!s && s.sealed}><legend>${t('sessions.joins')}</legend><p class="muted small">${t('sessions.joins.how')}</p>
        ${parts.map((x) => html`<label key=${x.id}><input type="checkbox" name="joins" value=${x.id} checked=${(f.joins || []).includes(x.id)} onChange=${join(x.id)} /><span>${x.title}</span></label>`)}</fieldset>`}
      <${Field} label=${t('sessions.subtitle')} hint=${t('sessions.subtitle.how')}><input class="input" name="subtitle" maxlength="60" value=${f.subtitle} onInput=${put('subtitle')} /><//>
      <${Field} label=${t('sessions.id')} hint=${s ? t('sessions.id.fixed') : t('sessions.id.how', { url: base + '/live/' + (f.id || '…') })} error=${taken && t('sessions.id.taken')}>
        <input class="input mono" name="id" required pattern="[A-Za-z0-9][A-Za-z0-9\\-]{0,31}" disabled=${!!s} value=${f.id} onInput=${put('id')} /><//>
      ${failed && html`<p class="note bad" role="alert">${errorText(failed)}</p>`}
    </form><//>`;
}

/** @param {{s: Doc.OfficeSession, all: Doc.OfficeSession[], ctx: import('./frame.js').Ctx, busy: boolean, onEdit: () => void, onDrop: () => void}} p */
function Row({ s, all, ctx, busy, onEdit, onDrop }) {
  const of = all.find((x) => x.id === s.reveals), there = all.find((x) => x.reveals === s.id);
  const into = all.find((x) => (x.joins || []).includes(s.id)), parts = all.filter((x) => (s.joins || []).includes(x.id));
  const to = (/** @type {string} */ tab) => () => { ctx.pick(s.id); ctx.go(tab); };
  return html`<tr data-session=${s.id}>
    <td class="main"><span class="tags"><b>${s.title}</b><${Stands} state=${s.state} /></span>
      ${s.subtitle && html`<span class="muted small">${s.subtitle}</span>`}
      ${of && html`<span class="muted small" data-reveals=${of.id}>${t('sessions.reveals.of', { title: of.title })}</span>`}
      ${there && html`<span class="muted small" data-revealed=${there.id}>${t('sessions.reveals.there', { title: there.title })}</span>`}
      ${parts.map((x) => html`<span key=${x.id} class="muted small" data-joins=${x.id}>${t('sessions.joins.of', { title: x.title })}</span>`)}
      ${into && html`<span class="muted small" data-into=${into.id}>${t('sessions.joins.there', { title: into.title })}</span>`}
      <a class="mono small" href=${base + '/live/' + encodeURIComponent(s.id)} target="_blank" rel="noopener" title=${t('sessions.address')}>${base}/live/${s.id}</a></td>
    <td data-label=${t('sessions.kind')}>${t('session.kind.' + s.kind)}</td>
    <td data-label=${t('sessions.where')}><${When} s=${s} />${s.place && html`<span class="place">${s.place}</span>`}</td>
    <td class="do"><span class="acts"><button type="button" class="btn slim" data-to="lineup" onClick=${to('lineup')}>${t('tab.lineup')}</button>
      <button type="button" class="btn slim" data-to="rundown" onClick=${to('rundown')}>${t('tab.rundown')}</button>
      <button type="button" class="btn slim" data-edit=${s.id} onClick=${onEdit}>${t('edit')}</button>
      <${Hold} class="slim quiet danger-text" data-drop=${s.id} disabled=${busy} title=${t('hold.how')} onHold=${onDrop}>${t('sessions.drop')}<//></span></td></tr>`;
}

/** @param {{ctx: import('./frame.js').Ctx}} p */
export function SessionsTab({ ctx }) {
  /** @type {import('./call.js').Data<Doc.OfficeSession[]>} */
  const sessions = useData('/v1/admin/sessions', 15000);
  const [edit, setEdit] = useState(/** @type {{s: Doc.OfficeSession|null}|null} */ (null));
  const [busy, act] = useAct();
  const done = (/** @type {Doc.OfficeSession[]} */ all, /** @type {string} */ id) => { sessions.set(all); setEdit(null); ctx.refresh().then(() => ctx.pick(id)); toast(t('saved'), 'good'); };
  const drop = (/** @type {Doc.OfficeSession} */ s) => act(async () => {
    sessions.set(await call('/v1/admin/sessions/' + encodeURIComponent(s.id), { method: 'DELETE' }));
    ctx.refresh();
    toast(t('sessions.dropped', { title: s.title }), 'good');
  });
  const list = sessions.data || [];
  const head = ['title', 'kind', 'where'];
  return html`<${Head} title=${t('tab.sessions')} lead=${t('sessions.lead')}>
      <button type="button" class="btn main" id="session-add" disabled=${!sessions.data} onClick=${() => setEdit({ s: null })}>${t('sessions.add')}</button><//>
    <${Load} of=${sessions}>${() => list.length === 0 ? html`<section class="panel"><${Empty} title=${t('session.none')}>${t('sessions.lead')}<//></section>` : html`
      <p class="muted small">${joined([t('sessions.n', { n: list.length }), t('sessions.order')])}</p>
      <section class="panel flush"><div class="scroll"><table class="table" id="sessions">
        <thead><tr>${head.map((x) => html`<th key=${x} scope="col">${t('sessions.' + x)}</th>`)}<th scope="col"><span class="sr">${t('actions')}</span></th></tr></thead>
        <tbody>${list.map((s) => html`<${Row} key=${s.id} s=${s} all=${list} ctx=${ctx} busy=${busy} onEdit=${() => setEdit({ s })} onDrop=${() => drop(s)} />`)}</tbody></table></div></section>
      <p class="muted small">${t('sessions.drop.how')}</p>`}<//>
    ${edit && html`<${Form} s=${edit.s} all=${list} onDone=${done} onStale=${sessions.reload} onClose=${() => setEdit(null)} />`}`;
}

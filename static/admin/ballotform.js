// A ballot is written here until it first opens; from then on its rules stand.

import { errorText, t } from '../lib/i18n.js';
import { Track, allTracks, html, useState } from '../lib/ui.js';
import { call, useData } from './call.js';
import { Choice, Dialog, Field, Load } from './parts.js';
import { fromLocal, toLocal, zoneName } from './time.js';

/** @typedef {{id: string, title: string, session: string, max: string, min: string, perEntry: string, perTrack: string, window: string, change: boolean,
    visibility: string, level: number, opens: string, closes: string, all: boolean, chosen: Set<string>}} Draft */

/** @param {any} ctx @param {any} b @param {string[]} taken @returns {Draft} */
function draftOf(ctx, b, taken) {
  if (!b) {
    let n = taken.length + 1;
    while (taken.includes('vote-' + n)) n++;
    return {
      id: 'vote-' + n, title: '', session: ctx.session, max: '3', min: '1', perEntry: '1', perTrack: '0', window: 'ballot', change: true,
      visibility: 'count', level: 0, opens: '', closes: '', all: true, chosen: new Set(),
    };
  }
  const zone = ctx.plan.timezone, q = b.quota;
  return {
    id: b.id, title: b.title, session: b.session, max: String(q.max), min: String(q.min || 1), perEntry: String(q.perEntry || 1), perTrack: String(q.perTrack),
    window: q.window || 'ballot', change: q.change, visibility: b.visibility, level: b.level, opens: toLocal(b.opensAt, zone), closes: toLocal(b.closesAt, zone),
    all: false, chosen: new Set(b.options.map((/** @type {any} */ o) => o.entry)),
  };
}

/** The draft as the API takes it. @param {Draft} d @param {string} zone */
function bodyOf(d, zone) {
  return {
    id: d.id, session: d.session, title: d.title.trim(), entries: d.all ? [] : [...d.chosen], visibility: d.visibility, level: d.level,
    quota: { window: d.window, max: Number(d.max), min: Number(d.min), perEntry: Number(d.perEntry), perTrack: Number(d.perTrack), change: d.change, tz: zone },
    opensAt: fromLocal(d.opens, zone), closesAt: fromLocal(d.closes, zone),
  };
}

/** The title, the id and the session. @param {any} p */
function Names({ d, put, ctx, fixed, clash }) {
  return html`<div class="grid2"><${Field} class="all" label=${t('form.title')}><input class="input" name="title" required maxlength="120" value=${d.title} onInput=${put('title')} /><//>
    <${Field} label=${t('form.id')} hint=${t(fixed ? 'form.id.fixed' : 'form.id.how')} error=${clash && t('form.id.taken')}>
      <input class="input mono" name="id" required pattern="[a-z0-9_.\\-]{1,64}" disabled=${fixed} value=${d.id} onInput=${put('id')} /><//>
    <${Field} label=${t('session')}><select class="input" name="session" value=${d.session} onChange=${put('session')}>
      ${ctx.overview.sessions.map((/** @type {any} */ s) => html`<option key=${s.id} value=${s.id}>${s.title}</option>`)}<option value="">${t('ballot.nosession')}</option></select><//></div>`;
}

/** How many picks, in which window. @param {any} p */
function Quota({ d, put, set, plan }) {
  const take = (/** @type {any} */ q) => set({ window: q.window, max: String(q.maxVotes), perEntry: String(q.perEntry), perTrack: String(q.perTrack) });
  const n = (/** @type {string} */ key, /** @type {number} */ low) => html`<${Field} label=${t('form.' + key)} hint=${t('form.' + key + '.how')}>
    <input class="input fig" name=${key} type="number" inputmode="numeric" required min=${low} max="2000" value=${d[key]} onInput=${put(key)} /><//>`;
  const given = [['prelimVote', 'form.prelim'], ['finalVote', 'form.final']].filter(([k]) => plan.defaults && plan.defaults[k] && plan.defaults[k].window);
  return html`<section class="part"><div class="row"><h3 class="grow">${t('form.quota')}</h3>
      ${given.map(([k, text]) => html`<button type="button" key=${k} class="btn slim" onClick=${() => take(plan.defaults[k])}>${t(text)}</button>`)}</div>
    <${Choice} class="two" label=${t('form.window')} name="window" value=${d.window} onPick=${(/** @type {string} */ v) => set({ window: v })}
      options=${['ballot', 'day'].map((v) => ({ value: v, label: t('window.' + v), hint: t('window.' + v + '.how', { zone: zoneName(plan.timezone) }) }))} />
    <div class="grid4">${n('max', 0)}${n('min', 1)}${n('perTrack', 0)}${n('perEntry', 1)}</div>
    <label class="check"><input type="checkbox" name="change" checked=${d.change} onChange=${(/** @type {any} */ e) => set({ change: e.target.checked })} /><span>${t('form.change')}<small class="muted">${t('form.change.how')}</small></span></label></section>`;
}

/** Which entries are on it. @param {any} p */
function Options({ d, set, entries }) {
  const [text, setText] = useState('');
  const [track, setTrack] = useState('');
  const fit = entries.filter((/** @type {any} */ e) => e.state === 'qualified').sort((/** @type {any} */ a, /** @type {any} */ b) => a.order - b.order || a.no - b.no);
  const seen = fit.filter((/** @type {any} */ e) => (!track || e.track === track) && (e.title + e.team + e.lead).toLowerCase().includes(text.trim().toLowerCase()));
  const all = seen.length > 0 && seen.every((/** @type {any} */ e) => d.chosen.has(e.id));
  const turn = (/** @type {any[]} */ list, /** @type {boolean} */ on) => {
    const chosen = new Set(d.chosen);
    for (const e of list) if (on) chosen.add(e.id); else chosen.delete(e.id);
    set({ chosen });
  };
  return html`<section class="part"><h3>${t('form.entries')}</h3>
    <${Choice} class="two" label=${t('form.entries.which')} name="entries" value=${d.all ? 'all' : 'some'} onPick=${(/** @type {string} */ v) => set({ all: v === 'all' })}
      options=${[{ value: 'all', label: t('form.all', { n: fit.length }), hint: t('form.all.how') }, { value: 'some', label: t('form.some'), hint: t('form.some.n', { n: d.chosen.size }) }]} />
    ${!d.all && html`<div class="choose"><div class="filters"><input class="input grow" type="search" placeholder=${t('entries.search')} aria-label=${t('entries.search')} value=${text}
          onInput=${(/** @type {any} */ e) => setText(e.target.value)} onKeyDown=${(/** @type {any} */ e) => { if (e.key === 'Enter') e.preventDefault(); }} />
        <select class="input" aria-label=${t('entries.track')} value=${track} onChange=${(/** @type {any} */ e) => setTrack(e.target.value)}><option value="">${t('entries.track.all')}</option>${allTracks().map((x) => html`<option key=${x.id} value=${x.id}>${x.short}</option>`)}</select>
        <button type="button" class="btn slim" disabled=${!seen.length} onClick=${() => turn(seen, !all)}>${t(all ? 'form.none' : 'form.every')}</button></div>
      <ul>${seen.map((/** @type {any} */ e) => html`<li key=${e.id}><label class="check"><input type="checkbox" checked=${d.chosen.has(e.id)} onChange=${(/** @type {any} */ x) => turn([e], x.target.checked)} />
        <span>${e.title}<small class="muted"><${Track} id=${e.track} /> · ${e.team}</small></span></label></li>`)}</ul>
      ${seen.length === 0 && html`<p class="empty">${t('entries.unmatched')}</p>`}</div>`}</section>`;
}

/** @param {{ctx: any, ballot: any, taken: string[], onDone: () => void, onClose: () => void}} p ballot null makes a new one */
export function BallotForm({ ctx, ballot, taken, onDone, onClose }) {
  const zone = ctx.plan.timezone;
  const entries = useData('/v1/admin/entries');
  const [d, setD] = useState(() => draftOf(ctx, ballot, taken));
  const [failed, fail] = useState(/** @type {any} */ (null));
  const [busy, setBusy] = useState(false);
  const set = (/** @type {Partial<Draft>} */ more) => setD((/** @type {Draft} */ x) => ({ ...x, ...more }));
  const put = (/** @type {string} */ key) => (/** @type {any} */ e) => set({ [key]: e.target.value });
  const clash = !ballot && taken.includes(d.id), backwards = !!(d.opens && d.closes && d.closes <= d.opens), none = !d.all && d.chosen.size === 0;
  const wrong = clash ? t('form.id.taken') : backwards ? t('form.backwards') : none ? t('form.some.none') : '';
  const save = async (/** @type {Event} */ e) => {
    e.preventDefault();
    if (wrong) return;
    setBusy(true);
    fail(null);
    try { await call('/v1/admin/ballots', { body: bodyOf(d, zone) }); onDone(); } catch (err) { fail(err); setBusy(false); }
  };
  return html`<${Dialog} title=${t(ballot ? 'ballots.edit' : 'ballots.add')} lead=${t('form.lead')} wide=${true} onClose=${onClose}
    foot=${html`${failed && html`<p class="note bad small grow" role="alert">${errorText(failed)}</p>`}${wrong && !failed && html`<p class="wrong small grow">${wrong}</p>`}
      <button type="button" class="btn quiet" onClick=${onClose}>${t('cancel')}</button><button form="ballot-form" class="btn main" disabled=${busy || !!wrong}>${t('save')}</button>`}>
    <form id="ballot-form" class="stack" onSubmit=${save}>
      <${Names} d=${d} put=${put} ctx=${ctx} fixed=${!!ballot} clash=${clash} />
      <${Quota} d=${d} put=${put} set=${set} plan=${ctx.plan} />
      <section class="part"><h3>${t('form.public')}</h3>
        <${Choice} class="three" label=${t('ballot.visibility')} name="visibility" value=${d.visibility} onPick=${(/** @type {string} */ v) => set({ visibility: v })}
          options=${['hidden', 'count', 'live'].map((v) => ({ value: v, label: t('visibility.' + v), hint: t('visibility.' + v + '.how') }))} />
        <${Choice} class="two" label=${t('ballot.level')} name="level" value=${d.level} onPick=${(/** @type {number} */ v) => set({ level: v })}
          options=${[0, 2].map((v) => ({ value: v, label: t('level.' + v), hint: t('level.' + v + '.how') }))} /></section>
      <section class="part"><h3>${t('form.when', { zone: zoneName(zone) })}</h3><p class="muted small">${t('form.when.how')}</p>
        <div class="grid2"><${Field} label=${t('form.opens')}><input class="input fig" name="opens" type="datetime-local" value=${d.opens} onInput=${put('opens')} /><//>
          <${Field} label=${t('form.closes')} error=${backwards && t('form.backwards')}><input class="input fig" name="closes" type="datetime-local" value=${d.closes} onInput=${put('closes')} /><//></div></section>
      <${Load} of=${entries}>${() => html`<${Options} d=${d} set=${set} entries=${entries.data} />`}<//>
    </form><//>`;
}

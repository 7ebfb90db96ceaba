// A ballot is written here until it first opens; from then on its rules stand.

import { now } from '../lib/clock.js';
import { errorText, t } from '../lib/i18n.js';
import { Track, allTracks, html, useState } from '../lib/ui.js';
import { call, useData } from './call.js';
import { Clash, theirsOf } from './clash.js';
import { Choice, Dialog, Field, Load, joined, sessionTitle } from './parts.js';
import { fromLocal, toLocal, zoneName } from './time.js';

const TICKET = 2; // vote.LevelTicket: one seat, one voter. Level 0 counts devices, and anyone has many.

/** @typedef {{id: string, title: string, session: string, max: string, min: string, perEntry: string, perTrack: string, window: string, change: boolean,
    visibility: string, level: number, opens: string, closes: string, all: boolean, chosen: Set<string>}} Draft */

/** @param {import('./frame.js').Ctx} ctx @param {Doc.BallotRow|null} b @param {string[]} taken @returns {Draft} */
function draftOf(ctx, b, taken) {
  if (!b) {
    let n = taken.length + 1;
    while (taken.includes('vote-' + n)) n++;
    return {
      id: 'vote-' + n, title: '', session: ctx.session, max: '3', min: '1', perEntry: '1', perTrack: '0', window: 'ballot', change: true,
      visibility: 'count', level: TICKET, opens: '', closes: '', all: true, chosen: new Set(),
    };
  }
  const zone = ctx.plan.timezone, q = b.quota;
  return {
    id: b.id, title: b.title, session: b.session, max: String(q.max), min: String(q.min || 1), perEntry: String(q.perEntry || 1), perTrack: String(q.perTrack),
    window: q.window || 'ballot', change: q.change, visibility: b.visibility, level: b.level ? TICKET : 0, opens: toLocal(b.opensAt, zone), closes: toLocal(b.closesAt, zone),
    all: false, chosen: new Set(b.options.map((o) => o.entry)),
  };
}

/** Which control a refusal is about. @type {Record<string, string>} */
const ABOUT = { 'ballot.past': 'closes', 'ballot.schedule': 'closes', 'ballot.deadline': 'closes', 'ballot.title': 'title', 'ballot.id': 'id', 'ballot.text': 'title' };

/** The draft as the API takes it. @param {Draft} d @param {string} zone @param {string} rev that it is made from */
function bodyOf(d, zone, rev) {
  return {
    rev,
    id: d.id, session: d.session, title: d.title.trim(), entries: d.all ? [] : [...d.chosen], visibility: d.visibility, level: d.level,
    quota: { window: d.window, max: Number(d.max), min: Number(d.min), perEntry: Number(d.perEntry), perTrack: Number(d.perTrack), change: d.change, tz: zone },
    opensAt: fromLocal(d.opens, zone), closesAt: fromLocal(d.closes, zone),
  };
}

/** What two drafts are made of, side by side. @param {Draft} a @param {Draft} b @param {import('./frame.js').Ctx} ctx @param {Doc.Entry[]} entries @param {string[]} all @returns {[string, any, any][]} */
function sides(a, b, ctx, entries, all) {
  const both = (/** @type {string} */ name, /** @type {(d: Draft) => any} */ of) => /** @type {[string, any, any]} */ ([name, of(a), of(b)]);
  const on = (/** @type {Draft} */ d) => new Set(d.all ? all : d.chosen);
  const list = (/** @type {Draft} */ d) => { // how many, and which of them the other has not
    const other = on(d === a ? b : a), own = [...on(d)].filter((id) => !other.has(id));
    return joined([t('form.some.n', { n: on(d).size }), ...own.slice(0, 8).map((id) => (entries.find((e) => e.id === id) || { title: id }).title)]);
  };
  return [
    both(t('form.title'), (d) => d.title.trim()), both(t('session'), (d) => (d.session ? sessionTitle(ctx, d.session) : t('ballot.nosession'))),
    both(t('form.window'), (d) => t('window.' + d.window)),
    ...(/** @type {('max'|'min'|'perTrack'|'perEntry')[]} */ (['max', 'min', 'perTrack', 'perEntry'])).map((k) => both(t('form.' + k), (d) => d[k])),
    both(t('form.change'), (d) => t(d.change ? 'ballot.change' : 'ballot.fixed')), both(t('ballot.visibility'), (d) => t('visibility.' + d.visibility)),
    both(t('ballot.level'), (d) => t('level.' + d.level)), both(t('form.opens'), (d) => d.opens), both(t('form.closes'), (d) => d.closes), both(t('form.entries'), list),
  ];
}

/** The title, the id and the session. @param {{d: Draft, ctx: import('./frame.js').Ctx, put: any, fixed: boolean, clash: boolean, wrong: any}} p */
function Names({ d, put, ctx, fixed, clash, wrong }) {
  return html`<div class="grid2"><${Field} class="all" label=${t('form.title')} error=${wrong('title')}><input class="input" name="title" required maxlength="120" value=${d.title} onInput=${put('title')} /><//>
    <${Field} label=${t('form.id')} hint=${t(fixed ? 'form.id.fixed' : 'form.id.how')} error=${(clash && t('form.id.taken')) || wrong('id')}>
      <input class="input mono" name="id" required pattern="[a-z0-9_.\\-]{1,64}" disabled=${fixed} value=${d.id} onInput=${put('id')} /><//>
    <${Field} label=${t('session')}><select class="input" name="session" value=${d.session} onChange=${put('session')}>
      ${ctx.overview.sessions.map((s) => html`<option key=${s.id} value=${s.id}>${s.title}</option>`)}<option value="">${t('ballot.nosession')}</option></select><//></div>`;
}

/** How many picks, in which window. @param {{d: any, put: any, set: any, plan: Doc.Contest}} p */
function Quota({ d, put, set, plan }) {
  const take = (/** @type {Doc.PlannedQuota} */ q) => set({ window: q.window, max: String(q.maxVotes), perEntry: String(q.perEntry), perTrack: String(q.perTrack) });
  const n = (/** @type {string} */ key, /** @type {number} */ low) => html`<${Field} label=${t('form.' + key)} hint=${t('form.' + key + '.how')}>
    <input class="input fig" name=${key} type="number" inputmode="numeric" required min=${low} max="2000" value=${d[key]} onInput=${put(key)} /><//>`;
  const given = /** @type {['prelimVote'|'finalVote', string][]} */ ([['prelimVote', 'form.prelim'], ['finalVote', 'form.final']]).filter(([k]) => plan.defaults && plan.defaults[k] && plan.defaults[k].window);
  return html`<section class="part"><div class="row"><h3 class="grow">${t('form.quota')}</h3>
      ${given.map(([k, text]) => html`<button type="button" key=${k} class="btn slim" onClick=${() => take(plan.defaults[k])}>${t(text)}</button>`)}</div>
    <${Choice} class="two" label=${t('form.window')} name="window" value=${d.window} onPick=${(/** @type {string} */ v) => set({ window: v })}
      options=${['ballot', 'day'].map((v) => ({ value: v, label: t('window.' + v), hint: t('window.' + v + '.how', { zone: zoneName(plan.timezone) }) }))} />
    <div class="grid4">${n('max', 0)}${n('min', 1)}${n('perTrack', 0)}${n('perEntry', 1)}</div>
    <label class="check"><input type="checkbox" name="change" checked=${d.change} onChange=${(/** @type {any} */ e) => set({ change: e.target.checked })} /><span>${t('form.change')}<small class="muted">${t('form.change.how')}</small></span></label></section>`;
}

/** Which entries are on it. @param {{d: Draft, set: any, entries: Doc.Entry[], own: string[]|null}} p */
function Options({ d, set, entries, own }) {
  const [text, setText] = useState('');
  const [track, setTrack] = useState('');
  const fit = entries.filter((/** @type {any} */ e) => e.state === 'qualified').sort((/** @type {any} */ a, /** @type {any} */ b) => a.order - b.order || a.no - b.no);
  const whole = own ? fit.filter((/** @type {any} */ e) => own.includes(e.id)) : fit; // what "all" means here
  const seen = fit.filter((/** @type {any} */ e) => (!track || e.track === track) && (e.title + e.team + e.lead).toLowerCase().includes(text.trim().toLowerCase()));
  const all = seen.length > 0 && seen.every((/** @type {any} */ e) => d.chosen.has(e.id));
  const turn = (/** @type {Doc.Entry[]} */ list, /** @type {boolean} */ on) => {
    const chosen = new Set(d.chosen);
    for (const e of list) if (on) chosen.add(e.id); else chosen.delete(e.id);
    set({ chosen });
  };
  return html`<section class="part"><h3>${t('form.entries')}</h3>
    <${Choice} class="two" label=${t('form.entries.which')} name="entries" value=${d.all ? 'all' : 'some'} onPick=${(/** @type {string} */ v) => set({ all: v === 'all' })}
      options=${[{ value: 'all', label: t(own ? 'form.all.own' : 'form.all', { n: whole.length }), hint: t('form.all.how') }, { value: 'some', label: t('form.some'), hint: t('form.some.n', { n: d.chosen.size }) }]} />
    ${!d.all && html`<div class="choose"><div class="filters"><input class="input grow" type="search" placeholder=${t('entries.search')} aria-label=${t('entries.search')} value=${text}
          onInput=${(/** @type {any} */ e) => setText(e.target.value)} onKeyDown=${(/** @type {any} */ e) => { if (e.key === 'Enter') e.preventDefault(); }} />
        <select class="input" aria-label=${t('entries.track')} value=${track} onChange=${(/** @type {any} */ e) => setTrack(e.target.value)}><option value="">${t('entries.track.all')}</option>${allTracks().map((x) => html`<option key=${x.id} value=${x.id}>${x.short}</option>`)}</select>
        <button type="button" class="btn slim" disabled=${!seen.length} onClick=${() => turn(seen, !all)}>${t(all ? 'form.none' : 'form.every')}</button></div>
      <ul>${seen.map((/** @type {any} */ e) => html`<li key=${e.id}><label class="check"><input type="checkbox" checked=${d.chosen.has(e.id)} onChange=${(/** @type {any} */ x) => turn([e], x.target.checked)} />
        <span>${e.title}<small class="muted"><${Track} id=${e.track} /> · ${e.team}</small></span></label></li>`)}</ul>
      ${seen.length === 0 && html`<p class="empty">${t('entries.unmatched')}</p>`}</div>`}</section>`;
}

/** @param {{ctx: import('./frame.js').Ctx, ballot: Doc.BallotRow|null, taken: string[], onDone: () => void, onStale: () => void, onClose: () => void}} p ballot null makes a new one */
export function BallotForm({ ctx, ballot, taken, onDone, onStale, onClose }) {
  const zone = ctx.plan.timezone;
  const entries = useData('/v1/admin/entries');
  const [d, setD] = useState(() => draftOf(ctx, ballot, taken));
  /** @type {import('./call.js').Data<Doc.Lineup>} */
  const lineup = useData(d.session ? '/v1/admin/sessions/' + encodeURIComponent(d.session) : null);
  const [failed, fail] = useState(/** @type {any} */ (null));
  const [theirs, setTheirs] = useState(/** @type {import('./clash.js').Theirs|null} */ (null));
  const [rev, setRev] = useState(ballot ? ballot.rev : 'none'); // that it is made from
  const [busy, setBusy] = useState(false);
  const set = (/** @type {Partial<Draft>} */ more) => { fail(null); setD((/** @type {Draft} */ x) => ({ ...x, ...more })); };
  const put = (/** @type {string} */ key) => (/** @type {any} */ e) => set({ [key]: e.target.value });
  const clash = !ballot && taken.includes(d.id), backwards = !!(d.opens && d.closes && d.closes <= d.opens), none = !d.all && d.chosen.size === 0;
  const past = !!d.closes && fromLocal(d.closes, zone) <= now();
  const late = past ? errorText({ code: 'ballot.past' }) : backwards ? t('form.backwards') : '';
  const wrong = clash ? t('form.id.taken') : late || (none ? t('form.some.none') : '');
  const about = (/** @type {string} */ name) => failed && ABOUT[failed.code] === name && errorText(failed);
  const save = async (/** @type {string} */ over) => {
    setBusy(true);
    fail(null);
    try { await call('/v1/admin/ballots', { body: bodyOf(d, zone, over) }); onDone(); } catch (err) {
      const other = theirsOf(err);
      if (other) onStale();
      if (other && ballot) setTheirs(other); else fail(err); // whose id another has taken just now chooses another one
      setBusy(false);
    }
  };
  const submit = (/** @type {Event} */ e) => { e.preventDefault(); if (!wrong && !theirs) save(rev); };
  const take = () => {
    if (!theirs || !theirs.now) { onClose(); return; }
    set(draftOf(ctx, theirs.now, taken));
    setRev(theirs.rev);
    setTheirs(null);
  };
  const own = lineup.data && lineup.data.ownEntries ? lineup.data.entries : null;
  const all = () => own || (entries.data || []).filter((e) => e.state === 'qualified').map((e) => e.id);
  return html`<${Dialog} title=${t(ballot ? 'ballots.edit' : 'ballots.add')} lead=${t('form.lead')} wide=${true} busy=${busy} onClose=${onClose}
    foot=${html`${failed && html`<p class="note bad small grow" role="alert">${errorText(failed)}</p>`}${wrong && !failed && html`<p class="wrong small grow">${wrong}</p>`}
      <button type="button" class="btn quiet" onClick=${onClose}>${t('cancel')}</button><button form="ballot-form" class="btn main" disabled=${busy || !!wrong || !!theirs}>${t('save')}</button>`}>
    <form id="ballot-form" class="stack" onSubmit=${submit}>
      ${theirs && html`<${Clash} id="ballot-clash" theirs=${theirs} busy=${busy} off=${!!wrong} onTake=${take} onKeep=${() => save(theirs.rev)}
        rows=${theirs.now && sides(draftOf(ctx, theirs.now, taken), d, ctx, entries.data || [], all())} />`}
      <${Names} d=${d} put=${put} ctx=${ctx} fixed=${!!ballot} clash=${clash} wrong=${about} />
      <${Quota} d=${d} put=${put} set=${set} plan=${ctx.plan} />
      <section class="part"><h3>${t('form.public')}</h3>
        <${Choice} class="three" label=${t('ballot.visibility')} name="visibility" value=${d.visibility} onPick=${(/** @type {string} */ v) => set({ visibility: v })}
          options=${['hidden', 'count', 'live'].map((v) => ({ value: v, label: t('visibility.' + v), hint: t('visibility.' + v + '.how') }))} />
        <${Choice} class="two" label=${t('ballot.level')} name="level" value=${d.level} onPick=${(/** @type {number} */ v) => set({ level: v })}
          options=${[TICKET, 0].map((v) => ({ value: v, label: t('level.' + v), hint: t('level.' + v + '.how') }))} />
        ${d.level === 0 && html`<p class="note warn" id="ballot-open-to-all">${t('level.0.warn')}</p>`}</section>
      <section class="part"><h3>${t('form.when', { zone: zoneName(zone) })}</h3><p class="muted small">${t('form.when.how')}</p>
        <div class="grid2"><${Field} label=${t('form.opens')}><input class="input fig" name="opens" type="datetime-local" value=${d.opens} onInput=${put('opens')} /><//>
          <${Field} label=${t('form.closes')} error=${late || about('closes')}><input class="input fig" name="closes" type="datetime-local" value=${d.closes} onInput=${put('closes')} /><//></div></section>
      <${Load} of=${entries}>${() => html`<${Options} d=${d} set=${set} entries=${entries.data} own=${own} />`}<//>
    </form><//>`;
}

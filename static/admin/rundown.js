// 流程: the rundown of a session, built cue by cue in a list, or written as text.
// Both are one draft. The server names every mistake by its path; it stands at its
// cue and its field, and a key goes from one to the next.

import { errorText, t } from '../lib/i18n.js';
import { html, toast, useEffect, useMemo, useRef, useState } from '../lib/ui.js';
import { call, useData } from './call.js';
import { Clash, theirsOf } from './clash.js';
import { CueForm, ownBallot, wrongText } from './cueform.js';
import { PRESETS, make } from './cues.js';
import { bare, useDraft, written } from './draft.js';
import { locate } from './locate.js';
import { changed, copies, dropped, end, grouped, inserted, lengths, moved, movedTo, sections } from './moves.js';
import { Copy, Dialog, Empty, Field, Head, Load, Sessions, Tag } from './parts.js';
import { Programme } from './programme.js';
import { List, icon } from './runlist.js';
import { howLong, ofDay, onClock, span } from './time.js';
import { Quorum } from './todo.js';

/** @type {any[]} */
const NONE = [];

/** The names behind the ids of a rundown: "entry:s01" → its title. @param {import('./frame.js').Ctx} ctx @param {Doc.Entry[]} entries */
function namesOf(ctx, entries) {
  const names = new Map();
  for (const e of entries) names.set('entry:' + e.id, e.title);
  for (const b of ctx.overview.ballots) names.set('ballot:' + b.id, b.title);
  for (const a of ctx.plan.awards || []) names.set('award:' + a.id, a.name);
  return names;
}

/** The session's entries, in its order. @param {Doc.Entry[]} all @param {Doc.Lineup} lineup */
function inOrder(all, lineup) { return lineup.entries.flatMap((id) => all.find((e) => e.id === id) || []); }

/** Adds a cue of a kind, behind the chosen one unless told otherwise. @param {{cues: any[], chosen: number, known: import('./cueform.js').Names, onAdd: (at: number, parts: import('./moves.js').Part[]) => void}} p */
function Adding({ cues, chosen, known, onAdd }) {
  const [kind, setKind] = useState('entry');
  const [about, setAbout] = useState(/** @type {string|null} */ (null)); // null: nothing was picked
  const [where, setWhere] = useState('behind');
  const preset = PRESETS.find((p) => p.kind === kind), needs = (preset && preset.needs) || '';
  /** @type {{id: string, title: string}[]} */
  const choices = needs === 'entry' ? known.entries : needs === 'ballot' ? known.ballots : needs === 'award' ? known.awards.map((a) => ({ id: a.id, title: a.name })) : [];
  const may = !!(preset && preset.may), first = choices.length && !may ? choices[0].id : '';
  const picked = about !== null && (choices.some((x) => x.id === about) || (may && !about)) ? about : (needs === 'ballot' && ownBallot(known.ballots)) || first;
  const beside = cues[chosen], at = where === 'first' ? 0 : where === 'behind' && beside ? chosen + 1 : cues.length;
  const add = () => {
    const part = make(kind, {
      entry: needs === 'entry' ? known.entries.find((e) => e.id === picked) : undefined, award: known.awards.find((a) => a.id === picked),
      ballot: needs === 'ballot' ? known.ballots.find((b) => b.id === picked) : undefined,
    }, new Set(cues.map((c) => String(c.id))));
    const near = where === 'behind' && beside ? beside : cues[at - 1] || cues[at];
    onAdd(at, [{ ...part, cue: { ...part.cue, group: near && near.group } }]);
  };
  return html`<div class="filters" id="cue-adding">
    <label class="pick"><span class="muted small">${t('cue.new')}</span><select class="input" id="cue-kind" value=${kind} onChange=${(/** @type {any} */ e) => setKind(e.target.value)}>${PRESETS.map((p) => html`<option key=${p.kind} value=${p.kind}>${t('preset.' + p.kind)}</option>`)}</select></label>
    ${choices.length > 0 && html`<label class="pick"><span class="muted small">${t('cue.' + needs)}</span><select class="input" id="cue-about" value=${picked} onChange=${(/** @type {any} */ e) => setAbout(e.target.value)}>${may && html`<option value="">${t('cue.noballot')}</option>`}${choices.map((x) => html`<option key=${x.id} value=${x.id}>${x.title}</option>`)}</select></label>`}
    <label class="pick"><span class="muted small">${t('cue.where')}</span><select class="input" id="cue-where" value=${where} onChange=${(/** @type {any} */ e) => setWhere(e.target.value)}>
      <option value="behind">${beside ? t('cue.where.behind', { title: String(beside.title || beside.id) }) : t('cue.where.chosen')}</option><option value="end">${t('cue.where.end')}</option><option value="first">${t('cue.where.first')}</option></select></label>
    <button type="button" class="btn" id="cue-add" disabled=${!!needs && !may && !picked} onClick=${add}>${t('cue.add.cue')}</button></div>`;
}

/** A mistake with the id of its cue, which stays when cues move. @typedef {Doc.Problem & {cue: string, at: string}} Mistake at is its path within the cue */

/** @param {Doc.Problem[]} list @param {any[]} cues @returns {Mistake[]} */
function mistakes(list, cues) {
  return list.map((p) => {
    const m = /^cues\[(\d+)\]\.?(.*)$/.exec(p.path || ''), c = m && cues[Number(m[1])];
    return /** @type {Mistake} */ ({ ...p, cue: m && c ? String(c.id) : '', at: m ? m[2] : p.path || '' });
  });
}

/** Mistakes of each cue, by its id. @param {Mistake[]} list @returns {Map<string, Mistake[]>} */
function byCue(list) {
  const out = new Map();
  for (const p of list) if (p.cue) out.set(p.cue, [...(out.get(p.cue) || []), p]);
  return out;
}

/** Where a mistake is: the cue by its title, else its place in the text. @param {Mistake} p @param {any[]} cues */
function place(p, cues) {
  const i = p.cue ? cues.findIndex((c) => c.id === p.cue) : -1;
  if (i >= 0) return html`${t('rundown.at', { n: i + 1, title: String(cues[i].title || cues[i].id || '') })}`;
  return html`<code>${p.path || (p.line ? t('rundown.line', { n: p.line }) : t('rundown.whole'))}</code>`;
}

/** @param {{list: Mistake[], cues: any[], onGo: (p: Mistake) => void, onNext: () => void}} p */
function Problems({ list, cues, onGo, onNext }) {
  return html`<div class="note bad" role="alert" id="rundown-problems"><div class="row"><p class="strong grow">${t('rundown.wrong', { n: list.length })}</p>
      <button type="button" class="btn slim" data-do="next-wrong" onClick=${onNext}>${t('rundown.wrong.next')} <kbd>F8</kbd></button></div>
    <ol class="problems">${list.map((p, i) => html`<li key=${i}><button type="button" class="textlink" onClick=${() => onGo(p)}>${place(p, cues)}</button>
      <span>${wrongText(p)}${p.args && p.args.reason && html`<small class="muted mono">${p.args.reason}</small>`}</span></li>`)}</ol></div>`;
}

/** What of two texts differs. @param {{theirs: Doc.StagedRundown, mine: any, busy: boolean, onTake: () => void, onKeep: () => void}} p */
function Both({ theirs, mine, busy, onTake, onKeep }) {
  const most = 12; // rows that are shown: the rest is told as a number
  const cues = (/** @type {any} */ r) => new Map((r && Array.isArray(r.cues) ? r.cues : []).map((/** @type {any} */ c) => [c && c.id, c]));
  const a = cues(theirs), b = cues(mine), rows = /** @type {[string, string][]} */ ([]);
  for (const key of /** @type {('title'|'subtitle')[]} */ (['title', 'subtitle'])) if (mine && theirs[key] !== mine[key]) rows.push(['clash.both', t('rundown.' + key)]);
  for (const [id, c] of a) {
    const other = b.get(id);
    if (!other) rows.push(['clash.theirs', c.title || id]);
    else if (JSON.stringify(c) !== JSON.stringify(other)) rows.push(['clash.both', c.title || id]);
  }
  for (const [id, c] of b) if (!a.has(id)) rows.push(['clash.mine', (c && c.title) || id]);
  return html`<${Clash} id="rundown-clash" theirs=${{ rev: theirs.rev, now: theirs }} busy=${busy} off=${!mine} onTake=${onTake} onKeep=${onKeep}
      more=${html`<${Copy} text=${written(bare(theirs))} label=${t('clash.copy')} />`}>
    ${rows.length > 0 && html`<ul class="rows">${rows.slice(0, most).map(([key, name], i) => html`<li key=${i}><${Tag} tone="warn">${t(key)}<//> ${name}</li>`)}</ul>`}
    ${rows.length > most && html`<p data-more="1">${t('clash.more', { n: rows.length - most })}</p>`}
    <details><summary>${t('clash.show')}</summary><textarea class="input editor" id="rundown-theirs" readonly rows="12" wrap="off" aria-label=${t('clash.show')} value=${written(bare(theirs))}></textarea></details><//>`;
}

/** The text of the whole, for whoever would rather write; made only while it is open. @param {{draft: ReturnType<typeof useDraft>, open: boolean, onOpen: (on: boolean) => void, onText: (text: string) => void, area: any}} p */
function Text({ draft, open, onOpen, onText, area }) {
  const text = open ? draft.text() : '';
  return html`<details class="panel text" id="rundown-text" open=${open} onToggle=${(/** @type {any} */ e) => onOpen(e.target.open)}><summary>${t('rundown.json')}</summary>
    ${open && html`<p class="muted small">${t('rundown.json.how')}</p>
    <div class="acts"><${Copy} text=${text} /><button type="button" class="btn slim" disabled=${!draft.now} onClick=${() => onText(written(draft.now))}>${t('rundown.tidy')}</button></div>
    <textarea class="input editor" id="rundown-json" ref=${area} spellcheck="false" autocomplete="off" wrap="off" aria-label=${t('rundown.json')} value=${text}
      onInput=${(/** @type {any} */ e) => onText(e.target.value)}></textarea>`}</details>`;
}

/** Chooses in the text what a mistake is about. @param {HTMLTextAreaElement|null} el @param {{path?: string, line?: number}} p */
function locateIn(el, p) {
  if (!el) return;
  const at = locate(el.value, p.path || '', p.line || 0);
  el.focus();
  el.setSelectionRange(at.from, at.to);
  el.scrollTop = Math.max(0, (el.value.slice(0, at.from).split('\n').length - 4) * parseFloat(getComputedStyle(el).lineHeight));
  el.scrollLeft = 0;
}

/** What a cue is found by besides its own words: the entries that it is about. @param {Doc.Entry[]} entries */
function wordsOf(entries) {
  const by = new Map(entries.map((e) => [e.id, [e.id, e.title, e.team, e.lead].join(' ')]));
  return (/** @type {any} */ c) => (Array.isArray(c.actions) ? c.actions : []).map((/** @type {any} */ a) => (a && a.entry && by.get(a.entry)) || '').join(' ');
}

/** The second of its day at which the session begins; undefined while that is not set. @param {import('./frame.js').Ctx} ctx */
function clockOf(ctx) {
  const s = ctx.overview.sessions.find((x) => x.id === ctx.session), n = s && s.date && s.time ? ofDay(s.time) : NaN;
  return Number.isNaN(n) ? undefined : n;
}

/** @param {any[]} cues */
function groupsOf(cues) { return [...new Set(cues.map((c) => String(c.group || '')).filter(Boolean))]; }

/** The title of the show. @param {{now: any, onSet: (more: any) => void}} p */
function Named({ now, onSet }) {
  return html`<div class="grid2"><${Field} label=${t('rundown.title')}><input class="input" id="rundown-title" maxlength="80" value=${String(now.title || '')} onInput=${(/** @type {any} */ e) => onSet({ title: e.target.value })} /><//>
    <${Field} label=${t('rundown.subtitle')}><input class="input" id="rundown-subtitle" maxlength="80" value=${String(now.subtitle || '')} onInput=${(/** @type {any} */ e) => onSet({ subtitle: e.target.value })} /><//></div>
    ${'mode' in now && html`<p class="muted small" id="rundown-past">${t('rundown.mode.past')}</p>`}`;
}

/** Whether the window is as wide as that. @param {string} query */
function useMedia(query) {
  const media = useMemo(() => matchMedia(query), [query]);
  const [is, set] = useState(media.matches);
  useEffect(() => {
    const f = () => set(media.matches);
    media.addEventListener('change', f);
    f();
    return () => media.removeEventListener('change', f);
  }, [media]);
  return is;
}

/** What stands in the way of a save, and the way from one mistake to the next. @param {any[]} cues @param {number} chosen @param {(i: number) => void} choose */
function useMistakes(cues, chosen, choose) {
  const [list, set] = useState(/** @type {Mistake[]} */ ([]));
  const of = useMemo(() => byCue(list), [list]);
  const none = useRef(/** @type {Mistake[]} */ ([])).current;
  const field = () => requestAnimationFrame(() => { // into the field itself, once its cue is in the form
    const el = /** @type {HTMLElement|null} */ (document.querySelector('#cue-form [aria-invalid=true], #cue-form select:invalid'));
    if (el) { el.scrollIntoView({ block: 'center' }); el.focus(); }
  });
  const go = (/** @type {number} */ i) => { choose(i); setTimeout(field, 50); };
  const next = () => {
    const bad = cues.flatMap((c, i) => (of.has(String(c.id)) ? [i] : []));
    if (bad.length) go(bad.find((i) => i > chosen) ?? bad[0]);
  };
  return {
    list, set, go, next, of: (/** @type {number} */ i) => of.get(String(cues[i] && cues[i].id)) || none,
    /** What was changed is no longer known to be wrong. @param {string} cue @param {string} what */
    mend: (cue, what) => { if (list.some((p) => p.cue === cue)) set(list.filter((p) => p.cue !== cue || !what.split(',').some((w) => p.at === w || p.at.startsWith(w + '.') || p.at.startsWith(w + '[')))); },
  };
}

/** How long the whole is, told as people do. @param {{cues: any[], clock: number|undefined}} p */
function Sum({ cues, clock }) {
  if (!cues.length) return null;
  const from = Number(cues[0].plan) || 0, to = end(cues);
  return html`<p class="sum" id="rundown-sum">${clock !== undefined && html`<b class="fig">${onClock(clock + from)}</b> – <b class="fig">${onClock(clock + to)}</b> · `}${t('rundown.sum', { n: cues.length, time: howLong(to - from) })}</p>`;
}

/** What may be done to the picked cues, else to the chosen one. @param {{cues: any[], which: number[], picked: Set<string>, does: import('./runlist.js').Does, onGroup: (name: string) => void, onNone: () => void}} p */
function Tools({ cues, which, picked, does, onGroup, onNone }) {
  const [name, setName] = useState(/** @type {string|null} */ (null));
  const off = !which.length, one = which.length === 1 ? String(cues[which[0]].title || cues[which[0]].id) : '';
  const key = (/** @type {string} */ what, /** @type {string} */ d, /** @type {boolean} */ no, /** @type {() => void} */ act) => {
    const text = one ? t('cue.' + what, { title: one }) : t('cue.' + what + '.many', { n: which.length });
    return html`<button type="button" class="btn slim icon" data-do=${what} disabled=${off || no} title=${text} aria-label=${text} onClick=${act}>${icon(d)}</button>`;
  };
  return html`<span class="runkeys">${picked.size > 0 && html`<button type="button" class="btn slim quiet" data-do="pick-none" onClick=${onNone}>${t('cue.picked', { n: picked.size })} ✕</button>`}
    ${key('up', 'M12 19V5M6 11l6-6 6 6', which[0] === 0 && which.length === 1, () => does.move(-1))}${key('down', 'M12 5v14M6 13l6 6 6-6', which.length === 1 && which[0] === cues.length - 1, () => does.move(1))}
    ${key('copy', 'M9 9h11v11H9zM5 15H4V4h11v1', false, does.copy)}${key('drop', 'M6 6l12 12M18 6L6 18', false, does.drop)}
    ${name === null ? html`<button type="button" class="btn slim" data-do="group" disabled=${off} onClick=${() => setName(String(cues[which[0]].group || ''))}>${t('cue.group.make')}</button>`
      : html`<form class="naming" onSubmit=${(/** @type {Event} */ e) => { e.preventDefault(); onGroup(name.trim()); setName(null); }}><input class="input" name="part" maxlength="80" aria-label=${t('cue.group')} placeholder=${t('cue.group')} value=${name} ref=${(/** @type {any} */ el) => { if (el && !el.dataset.seen) { el.dataset.seen = '1'; el.focus(); } }} onInput=${(/** @type {any} */ e) => setName(e.target.value)} />
        <button class="btn slim main" data-do="group-done">${t('cue.group.done')}</button><button type="button" class="btn slim quiet" onClick=${() => setName(null)}>${t('cancel')}</button></form>`}</span>`;
}

/** The chosen cue's form: beside the list where there is room, else over it. @param {{wide: boolean, title: string, open: boolean, onClose: () => void, children?: any}} p */
function Beside({ wide, title, open, onClose, children }) {
  if (wide) return html`<aside class="panel cuebox" aria-label=${t('cue.edit')}>${open ? html`<h2 class="cut" title=${title}>${title}</h2>${children}` : html`<${Empty} title=${t('cue.none')}>${t('cue.keys')}<//>`}</aside>`;
  return open ? html`<${Dialog} title=${t('cue.edit')} wide=${true} calm=${true} onClose=${onClose} foot=${html`<button type="button" class="btn main" onClick=${onClose}>${t('cue.done')}</button>`}>${children}<//>` : null;
}

/** What can be done to the list, by pointer or key. @param {{cues: any[], chosen: number, which: number[], picked: Set<string>, choose: (i: number) => void, setPicked: (ids: Set<string>) => void, put: (more: any) => void, next: () => void}} p @returns {import('./runlist.js').Does} */
function doing({ cues, chosen, which, picked, choose, setPicked, put, next }) {
  const picks = (/** @type {number[]} */ list, /** @type {boolean} */ on) => {
    const ids = new Set(picked);
    for (const i of list) if (on) ids.add(String(cues[i].id)); else ids.delete(String(cues[i].id));
    setPicked(ids);
  };
  return {
    choose, picks, next,
    pick: (i, range) => {
      const on = !picked.has(String(cues[i].id)), from = range && chosen >= 0 ? chosen : i;
      picks(Array.from({ length: Math.abs(i - from) + 1 }, (_, n) => Math.min(i, from) + n), on);
    },
    move: (step) => { if (which.length) put({ cues: moved(cues, which, step) }); },
    copy: () => { if (which.length) put({ cues: inserted(cues, which[which.length - 1] + 1, copies(cues, which, new Set(cues.map((c) => String(c.id))))) }); },
    drop: () => { if (which.length) { put({ cues: dropped(cues, which) }); setPicked(new Set()); } },
    to: (i, at, beside) => put({ cues: movedTo(cues, picked.has(String(cues[i].id)) ? which : [i], at, cues[beside]) }),
  };
}

/** @param {{ctx: import('./frame.js').Ctx, given: Doc.StagedRundown, entries: Doc.Entry[], known: import('./cueform.js').Names|null, onSaved: (r: Doc.StagedRundown) => void}} p known is what cues may name, null until it is known */
function Desk({ ctx, given, entries, known, onSaved }) {
  const session = ctx.session, draft = useDraft(ctx.keep.drafts, session, given), { now, dirty, put } = draft;
  const [theirs, setTheirs] = useState(draft.rev !== given.rev ? given : /** @type {any} */ (null));
  const [failed, fail] = useState(/** @type {any} */ (null));
  const [busy, setBusy] = useState(false);
  const [chosenID, setChosen] = useState(''); // the cue in the form
  const [picked, setPicked] = useState(/** @type {Set<string>} */ (new Set()));
  const [odd, setOdd] = useState(false); // a time in the form is none
  const [whole, setWhole] = useState(false); // a programme is being chosen
  const [open, setOpen] = useState(draft.sent.text !== null); // the text is open
  const area = useRef(/** @type {HTMLTextAreaElement|null} */ (null));
  const wide = useMedia('(min-width: 1200px)');
  const names = useMemo(() => namesOf(ctx, entries), [ctx.overview, entries]);
  const words = useMemo(() => wordsOf(entries), [entries]);
  const cues = useMemo(() => (draft.good && Array.isArray(draft.good.cues) ? draft.good.cues.filter((/** @type {any} */ c) => c && typeof c === 'object') : []), [draft.good]);
  const parts = useMemo(() => sections(cues, (id) => names.get('entry:' + id) || id), [cues, names]);
  const clock = clockOf(ctx);
  const chosen = chosenID ? cues.findIndex((/** @type {any} */ c) => c.id === chosenID) : -1;
  const choose = (/** @type {number} */ i) => setChosen(cues[i] ? String(cues[i].id) : '');
  const bad = useMistakes(cues, chosen, choose);
  const wrongs = dirty ? bad.list : [];
  const ticked = picked.size ? cues.flatMap((/** @type {any} */ c, /** @type {number} */ i) => (picked.has(String(c.id)) ? [i] : [])) : [];
  const which = ticked.length ? ticked : chosen >= 0 ? [chosen] : [];
  const write = (/** @type {string} */ text) => { bad.set([]); fail(null); draft.write(text); };
  const go = (/** @type {Mistake} */ p) => {
    const i = p.cue ? cues.findIndex((/** @type {any} */ c) => c.id === p.cue) : -1;
    if (now && known && i >= 0) { bad.go(i); return; }
    setOpen(true);
    setTimeout(() => locateIn(area.current, p), 50);
  };
  const take = (/** @type {Doc.StagedRundown} */ r) => { bad.set([]); fail(null); draft.take(r); setTheirs(null); onSaved(r); };
  const path = '/v1/admin/rundown/' + encodeURIComponent(session);
  const save = async (/** @type {string} */ over) => {
    setBusy(true);
    fail(null);
    bad.set([]);
    const sent = draft.sent;
    try {
      const r = await call(path + '?rev=' + over, { method: 'PUT', text: draft.text() });
      draft.keep(r, sent);
      setTheirs(null);
      onSaved(r);
      toast(t('saved'), 'good');
    } catch (e) {
      const err = /** @type {any} */ (e), other = theirsOf(err);
      if (other && other.now) setTheirs({ ...other.now, rev: other.rev });
      else if (err.args && Array.isArray(err.args.problems)) bad.set(mistakes(err.args.problems, cues)); else fail(err);
    }
    setBusy(false);
  };
  const change = (/** @type {any} */ more) => { if (now) { fail(null); put(more); } else setOpen(true); }; // the text comes first
  const does = doing({ cues, chosen, which, picked, choose, setPicked, put: change, next: bad.next });
  const off = !dirty || busy || !!theirs || odd, last = useRef({ save, off, next: bad.next, rev: draft.rev });
  last.current = { save, off, next: bad.next, rev: draft.rev };
  useEffect(() => {
    const key = (/** @type {KeyboardEvent} */ e) => {
      const meta = e.ctrlKey || e.metaKey;
      if (e.altKey || e.shiftKey) return;
      if (e.key === 'F8' && !meta) last.current.next(); else if (!(meta && e.key.toLowerCase() === 's')) return; else if (!last.current.off) last.current.save(last.current.rev);
      e.preventDefault();
    };
    addEventListener('keydown', key);
    return () => removeEventListener('keydown', key);
  }, []);
  const edit = (/** @type {Doc.Cue} */ c, /** @type {string} */ what) => { bad.mend(c.id, what); put({ cues: changed(cues, chosen, c) }, c.id + ' ' + what); };
  const takes = chosen >= 0 ? lengths(cues)[chosen] : 0;
  return html`<div class="rundown">
    <section class="panel edit"><div class="bar-row"><div class="grow"><h2>${t('rundown.table')}</h2><${Sum} cues=${cues} clock=${clock} />
        <p class="small" role="status">${!now ? html`<span class="wrong">${t('rundown.nojson')}</span>` : dirty ? html`<span class="warned">${t('rundown.dirty')}</span>` : html`<span class="muted">${t('rundown.clean')}</span>`}</p></div>
        <div class="acts"><button type="button" class="btn slim" id="rundown-programme" disabled=${!now || !known} onClick=${() => setWhole(true)}>${t('programme')}</button>
          <button type="button" class="btn slim" id="rundown-back" disabled=${!draft.past || busy} onClick=${draft.back}>${t('rundown.back')}</button>
          <button type="button" class="btn slim" disabled=${!dirty || busy} onClick=${() => take(given)}>${t('rundown.undo')}</button>
          <button type="button" class="btn slim main" id="rundown-save" disabled=${off} onClick=${() => save(draft.rev)}>${t('save')}</button></div></div>
      ${theirs && html`<${Both} theirs=${theirs} mine=${now} busy=${busy} onTake=${() => take(theirs)} onKeep=${() => save(theirs.rev)} />`}
      ${wrongs.length > 0 && html`<${Problems} list=${wrongs} cues=${cues} onGo=${go} onNext=${bad.next} />`}
      ${failed && html`<p class="note bad" role="alert">${errorText(failed)}</p>`}
      ${now && html`<details class="named"><summary>${t('rundown.named')}</summary><${Named} now=${now} onSet=${(/** @type {any} */ more) => put(more, Object.keys(more).join())} /></details>`}</section>
    <${Text} draft=${draft} open=${open || !now} onOpen=${setOpen} onText=${write} area=${area} />
    <div class="runrow"><section class="panel flush runlist">
      ${cues.length ? html`<${List} cues=${cues} parts=${parts} tell=${(/** @type {number} */ n) => (clock === undefined ? span(n) : onClock(clock + n))} names=${names} words=${words} wrongOf=${(/** @type {number} */ i) => (wrongs.length ? bad.of(i) : NONE)} chosen=${chosen} picked=${picked} does=${does}
          tools=${html`<${Tools} cues=${cues} which=${which} picked=${picked} does=${does} onGroup=${(/** @type {string} */ name) => change({ cues: grouped(cues, which, name) })} onNone=${() => setPicked(new Set())} />
            ${dirty && html`<button type="button" class="btn slim main" data-do="save" title="Ctrl+S" disabled=${off} onClick=${() => save(draft.rev)}>${t('save')}</button>`}`} />`
        : html`<${Empty} title=${t('rundown.empty')}>${t('rundown.empty.how')}<//>`}
      ${now && known && html`<div class="pad"><${Adding} cues=${cues} chosen=${chosen} known=${known} onAdd=${(/** @type {number} */ at, /** @type {import('./moves.js').Part[]} */ more) => { put({ cues: inserted(cues, at, more) }); setChosen(more[0].cue.id); }} /></div>`}</section>
      <${Beside} wide=${wide} title=${chosen >= 0 ? String(cues[chosen].title || cues[chosen].id) : ''} open=${chosen >= 0 && !!known && !!now} onClose=${() => setChosen('')}>
        ${chosen >= 0 && known && now && html`<${CueForm} key=${chosenID} cue=${cues[chosen]} takes=${takes} clock=${clock} groups=${groupsOf(cues)} names=${known} onPut=${edit} onOdd=${setOdd}
          problems=${(wrongs.length ? bad.of(chosen) : NONE).map((p) => ({ ...p, path: p.at }))} />`}<//></div>
    ${whole && known && html`<${Programme} cues=${cues} known=${known} onClose=${() => setWhole(false)} onDone=${(/** @type {import('./moves.js').Part[]} */ more, /** @type {boolean} */ anew) => { put({ cues: anew ? inserted([], 0, more) : inserted(cues, cues.length, more) }); setWhole(false); }} />`}</div>`;
}

/** @param {{ctx: import('./frame.js').Ctx}} p */
export function Rundown({ ctx }) {
  /** @type {import('./call.js').Data<Doc.StagedRundown>} */
  const rundown = useData(ctx.session ? '/v1/admin/rundown/' + encodeURIComponent(ctx.session) : null);
  const entries = useData('/v1/admin/entries');
  /** @type {import('./call.js').Data<Doc.Lineup>} */
  const lineup = useData(ctx.session ? '/v1/admin/sessions/' + encodeURIComponent(ctx.session) : null);
  /** @type {import('./call.js').Data<Doc.CameraRow[]>} */
  const cameras = useData(ctx.session ? '/v1/admin/cameras?session=' + encodeURIComponent(ctx.session) : null);
  const ballots = useData('/v1/admin/ballots');
  if (!ctx.session) return html`<${Head} title=${t('tab.rundown')} /><section class="panel"><${Empty} title=${t('session.none')} /></section>`;
  const named = [entries, lineup, cameras, ballots], failed = named.find((d) => !d.data && d.error);
  /** @type {import('./cueform.js').Names|null} */
  const known = entries.data && lineup.data && cameras.data && ballots.data ? {
    at: lineup.data, entries: inOrder(entries.data, lineup.data), awards: ctx.plan.awards || [], cameras: cameras.data,
    ballots: ballots.data.filter((b) => !b.id.includes('~')).map((b) => ({ id: b.id, title: b.title, own: b.session === ctx.session })).sort((a, b) => Number(b.own) - Number(a.own)),
  } : null; // the table does without, and what is built by hand waits for it
  return html`<${Head} title=${t('tab.rundown')} lead=${t('rundown.lead')}><${Sessions} ctx=${ctx} /><//>
    ${lineup.data && !lineup.data.sealed && html`<${Quorum} have=${lineup.data.judges.length} need=${lineup.data.quorum} />`}
    <${Load} of=${rundown}>${() => html`${failed && html`<p class="note warn row" role="alert"><span class="grow">${t('rundown.unnamed', { why: errorText(failed.error) })}</span>
        <button type="button" class="btn slim" onClick=${() => named.forEach((d) => { if (!d.data) d.reload(); })}>${t('retry')}</button></p>`}
      <${Desk} key=${ctx.session} ctx=${ctx} given=${rundown.data} entries=${entries.data || NONE} known=${known} onSaved=${(/** @type {Doc.StagedRundown} */ r) => { rundown.set(r); lineup.reload(); ctx.refresh(); }} />`}<//>`;
}

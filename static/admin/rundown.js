// 流程: the rundown of a session, built cue by cue in a table, or written as text.
// Both are one draft. The server names every mistake by its path; it stands at its
// cue, and a click goes there.

import { errorText, t } from '../lib/i18n.js';
import { html, toast, useEffect, useMemo, useRef, useState } from '../lib/ui.js';
import { call, useData } from './call.js';
import { Clash, theirsOf } from './clash.js';
import { CueForm, ownBallot, wrongText } from './cueform.js';
import { PRESETS, changed, copied, dropped, inserted, make, moved } from './cues.js';
import { locate } from './locate.js';
import { Choice, Copy, Empty, Field, Head, Load, Sessions, Tag, joined } from './parts.js';
import { Programme } from './programme.js';
import { span } from './time.js';

/** @type {any[]} */
const NONE = [];

/** The text of a rundown, without the revision, which is the server's. @param {Doc.StagedRundown} r */
function pretty(r) {
  const { rev, ...text } = r;
  return JSON.stringify({ ...text, cues: r.cues || [] }, null, 2);
}

/** The rundown in a text, or null while it is no JSON. @param {string} text */
function parsed(text) {
  try {
    const r = JSON.parse(text);
    return r && typeof r === 'object' ? r : null;
  } catch (e) { return null; }
}

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

/** What an action does, in words. @param {any} a an action as it is typed @param {Map<string, string>} names */
function actionText(a, names) {
  if (!a.kind) return t('cue.nothing');
  const kind = t('action.' + a.kind), detail = [];
  if (a.scene) detail.push(t('scene.' + a.scene) === 'scene.' + a.scene ? a.scene : t('scene.' + a.scene));
  if (a.what) detail.push(t('reveal.' + a.what) === 'reveal.' + a.what ? a.what : t('reveal.' + a.what));
  if (a.mode) detail.push(t('danmaku.' + a.mode) === 'danmaku.' + a.mode ? a.mode : t('danmaku.' + a.mode));
  if (a.entry === '*') detail.push(t('action.entries'));
  for (const key of ['label', 'entry', 'ballot', 'award', 'camera']) if (a[key] && a[key] !== '*') detail.push(names.get(key + ':' + a[key]) || String(a[key]));
  if (a.seconds) detail.push(t('ballot.s', { n: a.seconds }));
  return (kind === 'action.' + a.kind ? String(a.kind) : kind) + (detail.length ? t('action.of', { what: joined(detail) }) : '');
}

/** The mistakes of one cue. @param {Doc.Problem[]} list @param {number} i */
function of(list, i) { return list.filter((p) => (p.path || '').startsWith('cues[' + i + ']')); }

/** One cue of the table, with what can be done to it. @param {{c: any, i: number, last: boolean, names: Map<string, string>, wrong: Doc.Problem[], onDo: (what: string, i: number) => void}} p */
function Row({ c, i, last, names, wrong, onDo }) {
  const title = String(c.title || c.id || i + 1);
  const key = (/** @type {string} */ name, /** @type {string} */ d, /** @type {boolean} */ off) => html`<button type="button" class="btn slim icon" data-do=${name} disabled=${off} title=${t('lineup.' + name)} aria-label=${t('cue.' + name, { title })} onClick=${() => onDo(name, i)}>
    <svg viewBox="0 0 24 24" aria-hidden="true"><path d=${d} /></svg></button>`;
  return html`<tr data-cue=${c.id} class=${wrong.length ? 'wrong-row' : ''}>
    <td class="num fig" data-label=${t('rundown.plan')}>${span(Number(c.plan) || 0)}</td>
    <td class="main"><button type="button" class="textlink" data-do="edit" onClick=${() => onDo('edit', i)}>${title}</button>
      ${c.detail && html`<span class="muted small">${String(c.detail)}</span>`}
      ${wrong.map((p, n) => html`<span key=${n} class="wrong small">${wrongText(p)}</span>`)}</td>
    <td data-label=${t('rundown.does')}><span class="tags">${(Array.isArray(c.actions) ? c.actions : []).map((/** @type {any} */ a, /** @type {number} */ n) => html`<${Tag} key=${n} tone=${a && a.kind === 'reveal' ? 'accent' : ''}>${actionText(a || {}, names)}<//>`)}</span></td>
    <td data-label=${t('rundown.lane')}><span class="tags">${t(c.lane === 'host' ? 'role.host' : 'role.director')}${c.confirm && html`<${Tag} tone="warn">${t('rundown.confirm')}<//>`}</span></td>
    <td class="doing"><span class="acts">${key('up', 'M12 19V5M6 11l6-6 6 6', i === 0)}${key('down', 'M12 5v14M6 13l6 6 6-6', last)}${key('copy', 'M9 9h11v11H9zM5 15H4V4h11v1', false)}${key('drop', 'M6 6l12 12M18 6L6 18', false)}</span></td></tr>`;
}

/** @param {{cues: any[], names: Map<string, string>, problems: Doc.Problem[], onDo: (what: string, i: number) => void}} p */
function Cues({ cues, names, problems, onDo }) {
  if (!cues.length) return html`<${Empty} title=${t('rundown.empty')}>${t('rundown.empty.how')}<//>`;
  return html`<div class="scroll"><table class="table cues" id="cues">
    <thead><tr><th scope="col" class="num">${t('rundown.plan')}</th><th scope="col">${t('rundown.cue')}</th><th scope="col">${t('rundown.does')}</th><th scope="col">${t('rundown.lane')}</th><th scope="col"><span class="sr">${t('cue.doing')}</span></th></tr></thead>
    <tbody>${cues.map((c, i) => html`<${Row} key=${i} c=${c} i=${i} last=${i === cues.length - 1} names=${names} wrong=${of(problems, i)} onDo=${onDo} />`)}</tbody></table></div>`;
}

/** Adds a cue of a kind, behind the one that is named. @param {{cues: any[], known: import('./cueform.js').Names, onAdd: (at: number, parts: import('./cues.js').Part[]) => void}} p */
function Adding({ cues, known, onAdd }) {
  const [kind, setKind] = useState('entry');
  const [about, setAbout] = useState(/** @type {string|null} */ (null)); // null: nothing was picked
  const [behind, setBehind] = useState(''); // "" is the end
  const preset = PRESETS.find((p) => p.kind === kind), needs = (preset && preset.needs) || '';
  /** @type {{id: string, title: string}[]} */
  const choices = needs === 'entry' ? known.entries : needs === 'ballot' ? known.ballots : needs === 'award' ? known.awards.map((a) => ({ id: a.id, title: a.name })) : [];
  const may = !!(preset && preset.may), first = choices.length && !may ? choices[0].id : '';
  const chosen = about !== null && (choices.some((x) => x.id === about) || (may && !about)) ? about : (needs === 'ballot' && ownBallot(known.ballots)) || first;
  const at = behind === '' || Number(behind) > cues.length ? cues.length : Number(behind);
  const add = () => onAdd(at, [make(kind, {
    entry: needs === 'entry' ? known.entries.find((e) => e.id === chosen) : undefined, award: known.awards.find((a) => a.id === chosen),
    ballot: needs === 'ballot' ? known.ballots.find((b) => b.id === chosen) : undefined,
  }, new Set(cues.map((c) => String(c.id))))]);
  return html`<div class="filters" id="cue-adding">
    <label class="pick"><span class="muted small">${t('cue.new')}</span><select class="input" id="cue-kind" value=${kind} onChange=${(/** @type {any} */ e) => setKind(e.target.value)}>${PRESETS.map((p) => html`<option key=${p.kind} value=${p.kind}>${t('preset.' + p.kind)}</option>`)}</select></label>
    ${choices.length > 0 && html`<label class="pick"><span class="muted small">${t('cue.' + needs)}</span><select class="input" id="cue-about" value=${chosen} onChange=${(/** @type {any} */ e) => setAbout(e.target.value)}>${may && html`<option value="">${t('cue.noballot')}</option>`}${choices.map((x) => html`<option key=${x.id} value=${x.id}>${x.title}</option>`)}</select></label>`}
    <label class="pick"><span class="muted small">${t('cue.where')}</span><select class="input" id="cue-where" value=${behind} onChange=${(/** @type {any} */ e) => setBehind(e.target.value)}>
      <option value="">${t('cue.where.end')}</option><option value="0">${t('cue.where.first')}</option>${cues.map((c, i) => html`<option key=${i} value=${String(i + 1)}>${t('cue.where.behind', { title: String(c.title || c.id) })}</option>`)}</select></label>
    <button type="button" class="btn" id="cue-add" disabled=${!!needs && !may && !chosen} onClick=${add}>${t('cue.add.cue')}</button></div>`;
}

/** Where a mistake is: the cue by its title, else its place in the text. @param {Doc.Problem} p @param {any[]} cues */
function place(p, cues) {
  const m = /^cues\[(\d+)\]/.exec(p.path || ''), c = m && cues[Number(m[1])];
  if (m && c) return html`${t('rundown.at', { n: Number(m[1]) + 1, title: String(c.title || c.id || '') })}`;
  return html`<code>${p.path || (p.line ? t('rundown.line', { n: p.line }) : t('rundown.whole'))}</code>`;
}

/** @param {{list: Doc.Problem[], cues: any[], onGo: (p: Doc.Problem) => void}} p */
function Problems({ list, cues, onGo }) {
  return html`<div class="note bad" role="alert" id="rundown-problems"><p class="strong">${t('rundown.wrong', { n: list.length })}</p>
    <ol class="problems">${list.map((p, i) => html`<li key=${i}><button type="button" class="textlink" onClick=${() => onGo(p)}>${place(p, cues)}</button>
      <span>${wrongText(p)}${p.args && p.args.reason && html`<small class="muted mono">${p.args.reason}</small>`}</span></li>`)}</ol></div>`;
}

/** What of two texts differs. @param {{theirs: Doc.StagedRundown, mine: any, busy: boolean, onTake: () => void, onKeep: () => void}} p */
function Both({ theirs, mine, busy, onTake, onKeep }) {
  const most = 12; // rows that are shown: the rest is told as a number
  const cues = (/** @type {any} */ r) => new Map((r && Array.isArray(r.cues) ? r.cues : []).map((/** @type {any} */ c) => [c && c.id, c]));
  const a = cues(theirs), b = cues(mine), rows = /** @type {[string, string][]} */ ([]);
  for (const key of /** @type {('title'|'subtitle'|'mode')[]} */ (['title', 'subtitle', 'mode'])) if (mine && theirs[key] !== mine[key]) rows.push(['clash.both', t('rundown.' + key)]);
  for (const [id, c] of a) {
    const other = b.get(id);
    if (!other) rows.push(['clash.theirs', c.title || id]);
    else if (JSON.stringify(c) !== JSON.stringify(other)) rows.push(['clash.both', c.title || id]);
  }
  for (const [id, c] of b) if (!a.has(id)) rows.push(['clash.mine', (c && c.title) || id]);
  return html`<${Clash} id="rundown-clash" theirs=${{ rev: theirs.rev, now: theirs }} busy=${busy} off=${!mine} onTake=${onTake} onKeep=${onKeep}
      more=${html`<${Copy} text=${pretty(theirs)} label=${t('clash.copy')} />`}>
    ${rows.length > 0 && html`<ul class="rows">${rows.slice(0, most).map(([key, name], i) => html`<li key=${i}><${Tag} tone="warn">${t(key)}<//> ${name}</li>`)}</ul>`}
    ${rows.length > most && html`<p data-more="1">${t('clash.more', { n: rows.length - most })}</p>`}
    <details><summary>${t('clash.show')}</summary><textarea class="input editor" id="rundown-theirs" readonly rows="12" wrap="off" aria-label=${t('clash.show')} value=${pretty(theirs)}></textarea></details><//>`;
}

/** The text of the whole, for whoever would rather write. @param {{text: string, now: any, open: boolean, onOpen: (on: boolean) => void, onText: (text: string) => void, area: any}} p */
function Text({ text, now, open, onOpen, onText, area }) {
  return html`<details class="panel text" id="rundown-text" open=${open} onToggle=${(/** @type {any} */ e) => onOpen(e.target.open)}><summary>${t('rundown.json')}</summary>
    <p class="muted small">${t('rundown.json.how')}</p>
    <div class="acts"><${Copy} text=${text} /><button type="button" class="btn slim" disabled=${!now} onClick=${() => onText(JSON.stringify(now, null, 2))}>${t('rundown.tidy')}</button></div>
    <textarea class="input editor" id="rundown-json" ref=${area} spellcheck="false" autocomplete="off" wrap="off" aria-label=${t('rundown.json')} value=${text}
      onInput=${(/** @type {any} */ e) => onText(e.target.value)}></textarea></details>`;
}

/** The title of the show, and whether it is the real one. @param {{now: any, onSet: (more: any) => void}} p */
function Named({ now, onSet }) {
  return html`<div class="grid2"><${Field} label=${t('rundown.title')}><input class="input" id="rundown-title" maxlength="80" value=${String(now.title || '')} onInput=${(/** @type {any} */ e) => onSet({ title: e.target.value })} /><//>
    <${Field} label=${t('rundown.subtitle')}><input class="input" id="rundown-subtitle" maxlength="80" value=${String(now.subtitle || '')} onInput=${(/** @type {any} */ e) => onSet({ subtitle: e.target.value })} /><//></div>
    <${Choice} class="two" label=${t('rundown.mode')} name="mode" value=${now.mode} onPick=${(/** @type {string} */ v) => onSet({ mode: v })}
      options=${['live', 'rehearsal'].map((v) => ({ value: v, label: t('rundown.mode.' + v), hint: t('rundown.mode.' + v + '.how') }))} />`;
}

/** @param {{ctx: import('./frame.js').Ctx, given: Doc.StagedRundown, entries: Doc.Entry[], known: import('./cueform.js').Names|null, onSaved: (r: Doc.StagedRundown) => void}} p known is what cues may name, null until it is known */
function Desk({ ctx, given, entries, known, onSaved }) {
  const session = ctx.session, drafts = ctx.keep.drafts;
  const clean = useMemo(() => pretty(given), [given]);
  const draft = drafts[session];
  const [text, setText] = useState(draft ? draft.text : clean);
  const [rev, setRev] = useState(draft ? draft.rev : given.rev); // that the text was made from
  const [theirs, setTheirs] = useState(draft && draft.rev !== given.rev ? given : /** @type {any} */ (null));
  const [problems, setProblems] = useState(/** @type {Doc.Problem[]} */ ([]));
  const [failed, fail] = useState(/** @type {any} */ (null));
  const [busy, setBusy] = useState(false);
  const [editing, edit] = useState(-1); // the cue in the form
  const [whole, setWhole] = useState(false); // a programme is being chosen
  const [written, setWritten] = useState(false); // the text is open
  const area = useRef(/** @type {HTMLTextAreaElement|null} */ (null));
  const names = useMemo(() => namesOf(ctx, entries), [ctx.overview, entries]);
  const good = useRef(/** @type {any} */ (given));
  const now = useMemo(() => parsed(text), [text]);
  if (now) good.current = now; // the table stays while a comma is being typed
  const dirty = text !== clean;
  useEffect(() => { if (dirty) drafts[session] = { text, rev }; else delete drafts[session]; }, [text, clean, rev]);
  const [past, setPast] = useState(/** @type {string[]} */ ([])); // texts before what was done in the table, newest last
  /** Takes a text into the draft. @param {string} text */
  const write = (text) => { setProblems([]); fail(null); setText(text); };
  /** Takes a change of the table into the draft, so that it can be taken back. @param {any} more */
  const put = (more) => { setPast([...past.slice(-99), text]); write(JSON.stringify({ ...good.current, ...more }, null, 2)); };
  const back = () => { write(past[past.length - 1]); setPast(past.slice(0, -1)); };
  const go = (/** @type {{path: string, line?: number}} */ p) => {
    const m = /^cues\[(\d+)\]/.exec(p.path || ''), el = area.current;
    if (now && known && m && cues[Number(m[1])]) { edit(Number(m[1])); return; }
    if (!el) return;
    setWritten(true);
    /** @type {HTMLDetailsElement} */ (el.closest('details')).open = true;
    const at = locate(text, p.path || '', p.line || 0);
    el.focus();
    el.setSelectionRange(at.from, at.to);
    const line = text.slice(0, at.from).split('\n').length;
    el.scrollTop = Math.max(0, (line - 4) * parseFloat(getComputedStyle(el).lineHeight));
    el.scrollLeft = 0;
  };
  const take = (/** @type {Doc.StagedRundown} */ r) => {
    delete drafts[session];
    write(pretty(r));
    setPast([]);
    setRev(r.rev);
    setTheirs(null);
    onSaved(r);
  };
  /** What was sent is stored; what was typed meanwhile stays, made from it. */
  const keep = (/** @type {Doc.StagedRundown} */ r, /** @type {string} */ sent) => {
    const draft = drafts[session]; // also when this tab has been left
    if (draft && draft.text === sent) delete drafts[session]; else if (draft) draft.rev = r.rev;
    setText((x) => (x === sent ? pretty(r) : x));
    setRev(r.rev);
    setTheirs(null);
    onSaved(r);
  };
  const path = '/v1/admin/rundown/' + encodeURIComponent(session);
  const save = async (/** @type {string} */ over) => {
    setBusy(true);
    fail(null);
    setProblems([]);
    try {
      keep(await call(path + '?rev=' + over, { method: 'PUT', text }), text);
      toast(t('saved'), 'good');
    } catch (e) {
      const err = /** @type {any} */ (e), other = theirsOf(err);
      if (other && other.now) setTheirs({ ...other.now, rev: other.rev });
      else if (err.args && Array.isArray(err.args.problems)) setProblems(err.args.problems); else fail(err);
    }
    setBusy(false);
  };
  const cues = good.current && Array.isArray(good.current.cues) ? good.current.cues.filter((/** @type {any} */ c) => c && typeof c === 'object') : [];
  const act = (/** @type {string} */ what, /** @type {number} */ i) => {
    if (!now) { setWritten(true); return; } // the text comes first
    if (what === 'edit') edit(i);
    else if (what === 'up') put({ cues: moved(cues, i, -1) });
    else if (what === 'down') put({ cues: moved(cues, i, 1) });
    else if (what === 'drop') put({ cues: dropped(cues, i) });
    else put({ cues: inserted(cues, i + 1, [{ cue: copied(cues[i], new Set(cues.map((/** @type {any} */ c) => String(c.id)))), takes: 60 }]) });
  };
  const insert = (/** @type {number} */ at, /** @type {import('./cues.js').Part[]} */ more) => put({ cues: inserted(cues, at, more) });
  return html`<div class="rundown">
    <section class="panel edit"><div class="bar-row"><div class="grow"><h2>${t('rundown.table')} <small class="muted">${t('rundown.table.how', { n: cues.length })}</small></h2>
        <p class="small" role="status">${!now ? html`<span class="wrong">${t('rundown.nojson')}</span>` : dirty ? html`<span class="warned">${t('rundown.dirty')}</span>` : html`<span class="muted">${t('rundown.clean')}</span>`}</p></div>
        <div class="acts"><button type="button" class="btn slim" id="rundown-programme" disabled=${!now || !known} onClick=${() => setWhole(true)}>${t('programme')}</button>
          <button type="button" class="btn slim" id="rundown-back" disabled=${!past.length || busy} onClick=${back}>${t('rundown.back')}</button>
          <button type="button" class="btn slim" disabled=${!dirty || busy} onClick=${() => take(given)}>${t('rundown.undo')}</button>
          <button type="button" class="btn slim main" id="rundown-save" disabled=${!dirty || busy || theirs} onClick=${() => save(rev)}>${t('save')}</button></div></div>
      ${theirs && html`<${Both} theirs=${theirs} mine=${now} busy=${busy} onTake=${() => take(theirs)} onKeep=${() => save(theirs.rev)} />`}
      ${problems.length > 0 && html`<${Problems} list=${problems} cues=${cues} onGo=${go} />`}
      ${failed && html`<p class="note bad" role="alert">${errorText(failed)}</p>`}
      ${now && html`<${Named} now=${now} onSet=${put} />`}</section>
    <section class="panel flush"><${Cues} cues=${cues} names=${names} problems=${problems} onDo=${act} />
      ${now && known && html`<div class="pad"><${Adding} cues=${cues} known=${known} onAdd=${insert} /></div>`}</section>
    <${Text} text=${text} now=${now} open=${written || !now} onOpen=${setWritten} onText=${setText} area=${area} />
    ${editing >= 0 && known && cues[editing] && html`<${CueForm} key=${editing} cue=${cues[editing]} names=${known} problems=${of(problems, editing)} onClose=${() => edit(-1)}
      onDone=${(/** @type {Doc.Cue} */ c) => { put({ cues: changed(cues, editing, c) }); edit(-1); }} />`}
    ${whole && known && html`<${Programme} cues=${cues} known=${known} onClose=${() => setWhole(false)} onDone=${(/** @type {import('./cues.js').Part[]} */ more, /** @type {boolean} */ anew) => { put({ cues: anew ? inserted([], 0, more) : inserted(cues, cues.length, more) }); setWhole(false); }} />`}</div>`;
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
    entries: inOrder(entries.data, lineup.data), awards: ctx.plan.awards || [], cameras: cameras.data,
    ballots: ballots.data.filter((b) => !b.id.includes('~')).map((b) => ({ id: b.id, title: b.title, own: b.session === ctx.session })).sort((a, b) => Number(b.own) - Number(a.own)),
  } : null; // the table does without, and what is built by hand waits for it
  return html`<${Head} title=${t('tab.rundown')} lead=${t('rundown.lead')}><${Sessions} ctx=${ctx} /><//>
    <${Load} of=${rundown}>${() => html`${failed && html`<p class="note warn row" role="alert"><span class="grow">${t('rundown.unnamed', { why: errorText(failed.error) })}</span>
        <button type="button" class="btn slim" onClick=${() => named.forEach((d) => { if (!d.data) d.reload(); })}>${t('retry')}</button></p>`}
      <${Desk} key=${ctx.session} ctx=${ctx} given=${rundown.data} entries=${entries.data || NONE} known=${known} onSaved=${rundown.set} />`}<//>`;
}

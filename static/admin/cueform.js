// The form of one cue: what it is called, when it comes, who fires it, what it does
// and what the host says.

import { errorText, t } from '../lib/i18n.js';
import { html, useEffect, useRef, useState } from '../lib/ui.js';
import { FIELDS, grave } from './cues.js';
import { Choice, Field } from './parts.js';
import { ofDay, onClock, span } from './time.js';

/** @typedef {Doc.Action} Action */
/** A ballot, and whether it is the session's own. @typedef {{id: string, title: string, own: boolean}} Ballot */
/** What a rundown may name, its own ballots first. @typedef {{at: Doc.Lineup, entries: Doc.Entry[], ballots: Ballot[], awards: Doc.Award[], cameras: {name: string, label: string}[]}} Names */

const KINDS = ['scene', 'entry', 'timer', 'timer_stop', 'sheets_open', 'sheets_lock', 'ballot_open', 'ballot_close', 'seal', 'reveal', 'danmaku', 'camera', 'end'];
const SCENES = ['idle', 'title', 'entry', 'timer', 'vote', 'marks', 'board', 'list', 'award', 'podium', 'verify', 'message', 'align'];
const REVEALS = ['marks', 'board', 'award', 'tally', 'verify'];
const BEATS = /** @type {Record<string, string[]>} */ ({ marks: ['mark', 'trim', 'score'], award: ['hold', 'turn', 'list'], board: ['board'], tally: ['tally'], verify: ['verify'] });

/** Seconds of "1:02:05", "2:05" or "45"; NaN of what is none. @param {string} text */
export function seconds(text) {
  const parts = text.trim().split(/[:：]/);
  if (parts.length > 3 || !parts.every((p) => /^\d{1,5}$/.test(p))) return NaN;
  return parts.reduce((sum, p) => sum * 60 + Number(p), 0);
}

/** The ballot that is meant unless another is picked: the first of the session's own. @param {Ballot[]} ballots */
export function ownBallot(ballots) { return (ballots.find((b) => b.own) || { id: '' }).id; }

/** What an action of that kind is at first. @param {string} kind @param {Names} names @returns {Action} */
function blank(kind, { ballots, cameras }) {
  const ballot = ownBallot(ballots);
  switch (kind) {
    case 'scene': return { kind, scene: 'title' };
    case 'timer': return { kind, label: t('preset.entry.timer'), seconds: 300 };
    case 'entry': return { kind, entry: '' };
    case 'sheets_open': case 'sheets_lock': return { kind, entry: '*' };
    case 'ballot_open': return { kind, ballot, seconds: 0 };
    case 'ballot_close': case 'seal': return { kind, ...(ballot ? { ballot } : {}) };
    case 'reveal': return { kind, what: 'marks' };
    case 'danmaku': return { kind, mode: 'review' };
    case 'camera': return { kind, camera: cameras.length ? cameras[0].name : '' };
    default: return { kind };
  }
}

/** What is wrong with a cue, in words: what was never picked has no name to be told by. @param {Doc.Problem} p */
export function wrongText(p) {
  const m = /\.(entry|ballot|award|camera)$/.exec(p.path || ''), a = p.args || {};
  return m && (a[m[1]] === '' || a.got === '') ? t('cue.pick.' + m[1]) : errorText(p);
}

/** What is wrong with a field, by its path within the cue: "title", "actions[1].entry". @typedef {(path: string) => string} Wrong */

/** One of a list; what is in the record and not in the list stays to be seen. none is the choice of nothing, without which one must be picked.
    @param {{label: string, name: string, value: string, options: {value: string, label: string}[], none?: string, error?: string, onPick: (v: string) => void}} p */
function Pick({ label, name, value, options, none, error, onPick }) {
  const lost = value && !options.some((o) => o.value === value);
  return html`<${Field} label=${label} error=${error}><select class="input" aria-invalid=${error ? 'true' : null} name=${name} required=${none === undefined} value=${value} onChange=${(/** @type {any} */ e) => onPick(e.target.value)}>
    ${(none !== undefined || !value) && html`<option value="">${none === undefined ? t('cue.choose') : none}</option>`}${lost && html`<option value=${value}>${t('cue.gone', { id: value })}</option>`}
    ${options.map((o) => html`<option key=${o.value} value=${o.value}>${o.label}</option>`)}</select><//>`;
}

/** Seconds, written as a clock shows them; what is no time is told, and put as NaN. clock is the second of the day that 0 stands for.
    @param {{label: string, name: string, value: number, hint?: string, error?: string, clock?: number, onPut: (n: number) => void}} p */
function Span({ label, name, value, hint, error, clock, onPut }) {
  const show = (/** @type {number} */ n) => (clock === undefined ? span(n) : onClock(clock + n)), day = clock === undefined ? 0 : clock;
  const read = (/** @type {string} */ x) => {
    if (clock === undefined) return seconds(x);
    const at = ofDay(x.replace(/[^0-9:：]/g, '')); // after midnight it is the next day's, and says so
    return Number.isNaN(at) ? at : (at - day % 86400 + 86400) % 86400;
  };
  const [text, setText] = useState(show(value));
  const n = read(text), bad = Number.isNaN(n), shown = bad || n === value ? text : show(value); // another cue or action may stand here now
  return html`<${Field} label=${label} hint=${hint} error=${bad ? t(clock === undefined ? 'cue.time.wrong' : 'cue.clock.wrong') : error}><input class="input fig" name=${name} inputmode=${clock === undefined ? 'numeric' : 'text'} autocomplete="off" aria-invalid=${bad || error ? 'true' : null} value=${shown}
    onInput=${(/** @type {any} */ e) => { setText(e.target.value); onPut(read(e.target.value)); }} onBlur=${() => { if (!bad) setText(show(n)); }} /><//>`;
}

/** What belongs to an action of its kind. @param {{a: Action, names: Names, wrong: Wrong, set: (more: Partial<Action>) => void}} p */
function Details({ a, names, wrong, set }) {
  const entries = names.entries.map((e) => ({ value: e.id, label: e.title })), ballots = names.ballots.map((b) => ({ value: b.id, label: b.title }));
  const entry = (/** @type {{value: string, label: string}[]} */ options, /** @type {string|undefined} */ none) => html`<${Pick} label=${t('cue.entry')} name="entry" error=${wrong('entry')} value=${a.entry || ''} none=${none} options=${options} onPick=${(/** @type {string} */ v) => set({ entry: v })} />`;
  const ballot = (/** @type {string|undefined} */ none) => html`<${Pick} label=${t('cue.ballot')} name="ballot" error=${wrong('ballot')} value=${a.ballot || ''} none=${none} options=${ballots} onPick=${(/** @type {string} */ v) => set({ ballot: v || undefined })} />`;
  const label = (/** @type {string} */ key) => html`<${Field} label=${t(key)} error=${wrong('label')}><input class="input" name="label" maxlength="80" value=${a.label || ''} onInput=${(/** @type {any} */ e) => set({ label: e.target.value })} /><//>`;
  const rank = (/** @type {'from'|'top'} */ key) => html`<${Field} label=${t('cue.' + key)} hint=${t('cue.' + key + '.how')} error=${wrong(key)}><input class="input fig" name=${key} type="number" min="0" max="1000" value=${String(a[key] || 0)}
    onInput=${(/** @type {any} */ e) => set({ [key]: Number(e.target.value) || undefined })} /><//>`;
  switch (a.kind) {
    case 'scene': return html`<${Pick} label=${t('cue.scene')} name="scene" error=${wrong('scene')} value=${a.scene || ''} options=${SCENES.map((v) => ({ value: v, label: t('scene.' + v) }))} onPick=${(/** @type {string} */ v) => set({ scene: v, args: v === 'message' ? { text: '' } : undefined })} />
      ${a.scene === 'message' && html`<${Field} label=${t('cue.text')} error=${wrong('args.text')}><input class="input" name="text" maxlength="200" value=${(a.args && a.args.text) || ''} onInput=${(/** @type {any} */ e) => set({ args: { ...a.args, text: e.target.value } })} /><//>`}`;
    case 'entry': return entry(entries, undefined);
    case 'sheets_open': case 'sheets_lock': return entry([{ value: '*', label: t('action.entries') }, ...entries], undefined);
    case 'timer': return html`${label('cue.label')}<${Span} label=${t('cue.seconds')} name="seconds" error=${wrong('seconds')} value=${a.seconds || 0} onPut=${(/** @type {number} */ n) => set({ seconds: n })} />`;
    case 'ballot_open': return html`${ballot(undefined)}<${Span} label=${t('cue.seconds')} name="seconds" error=${wrong('seconds')} hint=${t('cue.seconds.none')} value=${a.seconds || 0} onPut=${(/** @type {number} */ n) => set({ seconds: n })} />`;
    case 'ballot_close': return ballot(undefined);
    case 'seal': return ballot(t('cue.noballot'));
    case 'danmaku': return html`<${Pick} label=${t('cue.mode')} name="mode" error=${wrong('mode')} value=${a.mode || ''} options=${['off', 'review', 'open'].map((v) => ({ value: v, label: t('danmaku.' + v) }))} onPick=${(/** @type {string} */ v) => set({ mode: v })} />`;
    case 'camera': return html`<${Pick} label=${t('cue.camera')} name="camera" error=${wrong('camera')} value=${a.camera || ''} options=${names.cameras.map((c) => ({ value: c.name, label: c.label || c.name }))} onPick=${(/** @type {string} */ v) => set({ camera: v })} />`;
    case 'reveal': return html`<${Pick} label=${t('cue.what')} name="what" error=${wrong('what')} value=${a.what || ''} options=${REVEALS.map((v) => ({ value: v, label: t('reveal.' + v) }))}
        onPick=${(/** @type {string} */ v) => set({ what: v, entry: undefined, ballot: undefined, award: undefined, label: undefined, from: undefined, top: undefined })} />
      ${a.what === 'marks' && entry(entries, t('cue.shown'))}${a.what === 'tally' && ballot(undefined)}
      ${a.what === 'award' && html`<${Pick} label=${t('cue.award')} name="award" error=${wrong('award')} value=${a.award || ''} options=${names.awards.map((w) => ({ value: w.id, label: w.name }))} onPick=${(/** @type {string} */ v) => set({ award: v })} />`}
      ${a.what === 'board' && html`${label('cue.title.of')}${rank('from')}${rank('top')}`}`;
    default: return null;
  }
}

/** What a cue does, in order. @param {{list: Action[], names: Names, wrong: Wrong, onPut: (list: Action[], which: string) => void}} p */
function Actions({ list, names, wrong, onPut }) {
  const [adding, add] = useState('scene');
  const set = (/** @type {number} */ i) => (/** @type {Partial<Action>} */ more) => onPut(list.map((a, n) => (n === i ? JSON.parse(JSON.stringify({ ...a, ...more })) : a)), 'actions[' + i + ']');
  const swap = (/** @type {number} */ i) => { const out = [...list]; out.splice(i - 1, 0, ...out.splice(i, 1)); onPut(out, 'actions'); };
  const kinds = (/** @type {string} */ now) => (KINDS.includes(now) ? KINDS : [now, ...KINDS]).map((k) => html`<option key=${k} value=${k}>${KINDS.includes(k) ? t('action.' + k) : t('cue.gone', { id: k })}</option>`);
  return html`<section class="part"><h3>${t('rundown.does')}</h3><p class="muted small">${t('cue.does.how')}</p>${wrong('actions') && html`<p class="wrong small" data-wrong="actions">${wrong('actions')}</p>`}
    <ol class="steps" id="cue-actions">${list.map((a, i) => html`<li key=${i}><div class="row">
        <select class="input" aria-label=${t('cue.kind')} name="kind" value=${a.kind} onChange=${(/** @type {any} */ e) => onPut(list.map((x, n) => (n === i ? blank(e.target.value, names) : x)), 'actions[' + i + ']')}>${kinds(a.kind)}</select>
        <button type="button" class="btn slim icon" data-do="up" disabled=${i === 0} aria-label=${t('cue.up', { title: t('action.' + a.kind) })} onClick=${() => swap(i)}><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M12 19V5M6 11l6-6 6 6" /></svg></button>
        <button type="button" class="btn slim icon" data-do="drop" disabled=${list.length === 1} aria-label=${t('cue.drop', { title: t('action.' + a.kind) })} onClick=${() => onPut(list.filter((_, n) => n !== i), 'actions')}><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M6 6l12 12M18 6L6 18" /></svg></button></div>
      ${['', '.kind', '.args'].map((x) => wrong('actions[' + i + ']' + x)).filter(Boolean).map((text, n) => html`<p key=${n} class="wrong small" data-wrong="action">${text}</p>`)}
      <div class="grid2"><${Details} key=${a.kind} a=${a} names=${names} wrong=${(/** @type {string} */ x) => wrong('actions[' + i + '].' + x)} set=${set(i)} /></div></li>`)}</ol>
    ${list.length < 16 && html`<div class="row"><select class="input" id="cue-add-kind" aria-label=${t('cue.kind')} value=${adding} onChange=${(/** @type {any} */ e) => add(e.target.value)}>${kinds(adding)}</select>
      <button type="button" class="btn slim" id="cue-add-action" onClick=${() => onPut([...list, blank(adding, names)], 'actions')}>${t('cue.add')}</button></div>`}</section>`;
}

/** A line to say, with the names that may be filled in. @param {{label: string, name: string, value: string, error?: string, onPut: (text: string) => void}} p */
function Say({ label, name, value, error, onPut }) {
  const box = useRef(/** @type {any} */ (null));
  const put = (/** @type {string} */ field) => {
    const el = box.current, at = el.selectionStart, text = value.slice(0, at) + '{' + field + '}' + value.slice(el.selectionEnd);
    onPut(text);
    el.focus();
    requestAnimationFrame(() => el.setSelectionRange(at + field.length + 2, at + field.length + 2));
  };
  return html`<div class="field"><label><span>${label}</span><textarea class="input" ref=${box} name=${name} rows="2" maxlength="1000" aria-invalid=${error ? 'true' : null} value=${value} onInput=${(/** @type {any} */ e) => onPut(e.target.value)}></textarea>${error && html`<small class="wrong">${error}</small>`}</label>
    <details class="small"><summary>${t('cue.fields')}</summary><div class="tags">${FIELDS.map((f) => html`<button type="button" key=${f} class="btn slim quiet" onClick=${() => put(f)}>${t('field.' + f)}</button>`)}</div></details></div>`;
}

/** When it comes, and how long it takes. clock is the second of the day that the session begins at, undefined while that is not set.
    @param {{c: Doc.Cue, takes: number, clock: number|undefined, wrong: Wrong, set: (more: Partial<Doc.Cue>) => void, put: (key: string, n: number, more: Partial<Doc.Cue>) => void}} p */
function Times({ c, takes, clock, wrong, set, put }) {
  return html`<section class="part"><h3>${t('cue.when')}</h3><div class="grid2">
      <${Span} label=${t(clock === undefined ? 'cue.plan' : 'cue.plan.clock')} name="plan" hint=${t(clock === undefined ? 'cue.plan.how' : 'cue.plan.clock.how')} error=${wrong('plan')} clock=${clock} value=${Number(c.plan) || 0} onPut=${(/** @type {number} */ n) => put('plan', n, { plan: n })} />
      <${Span} label=${t('cue.takes')} name="takes" hint=${t('cue.takes.how')} error=${wrong('takes')} value=${takes} onPut=${(/** @type {number} */ n) => put('takes', n, { takes: n })} /></div>
    <label class="check"><input type="checkbox" name="fixed" checked=${!!c.fixed} onChange=${(/** @type {any} */ e) => set({ fixed: e.target.checked })} /><span>${t('cue.fixed')}<small class="muted">${t('cue.fixed.how')}</small></span></label>
    <div class="grid2"><${Span} label=${t('cue.auto')} name="auto" hint=${t('cue.auto.how')} error=${wrong('auto')} value=${Number(c.auto) || 0} onPut=${(/** @type {number} */ n) => put('auto', n, { auto: n })} /></div></section>`;
}

/** The chosen cue. What is written is in the draft at once.
    @param {{cue: Doc.Cue, takes: number, clock: number|undefined, groups: string[], names: Names, problems: Doc.Problem[], onPut: (c: Doc.Cue, what: string) => void, onOdd: (odd: boolean) => void}} p problems are by their path within the cue */
export function CueForm({ cue, takes, clock, groups, names, problems, onPut, onOdd }) {
  const [odd, setOdd] = useState(/** @type {string[]} */ ([])); // fields whose text is no time
  const c = /** @type {Doc.Cue} */ ({ ...cue, actions: Array.isArray(cue.actions) ? cue.actions : [] });
  const actions = c.actions || [], reveal = actions.find((a) => a.kind === 'reveal'), must = grave(c);
  const beats = (reveal && BEATS[String(reveal.what)]) || [];
  useEffect(() => { onOdd(odd.length > 0); return () => onOdd(false); }, [odd.length > 0]);
  const wrong = (/** @type {string} */ path) => problems.filter((p) => p.path === path).map(wrongText).join(' ');
  const set = (/** @type {Partial<Doc.Cue>} */ more, /** @type {string} */ what = Object.keys(more).join()) => {
    const next = { ...c, ...more };
    onPut(grave(next) ? { ...next, confirm: true } : next, what);
  };
  const put = (/** @type {string} */ key, /** @type {number} */ n, /** @type {Partial<Doc.Cue>} */ more) => {
    setOdd(Number.isNaN(n) ? [...new Set([...odd, key])] : odd.filter((x) => x !== key));
    if (!Number.isNaN(n)) set(more, key);
  };
  const act = (/** @type {Action[]} */ list, /** @type {string} */ what) => {
    const bad = list.some((a) => Number.isNaN(a.seconds ?? 0) || a.seconds === null);
    setOdd(bad ? [...new Set([...odd, 'actions'])] : odd.filter((x) => x !== 'actions'));
    if (!bad) set({ actions: list }, what);
  };
  const line = (/** @type {string} */ b, /** @type {string} */ text) => {
    const lines = Object.fromEntries(Object.entries({ ...c.lines, [b]: text }).filter(([, v]) => v));
    set({ lines: Object.keys(lines).length ? lines : undefined }, 'lines.' + b);
  };
  return html`<form id="cue-form" class="stack" onSubmit=${(/** @type {Event} */ e) => e.preventDefault()}>
      ${wrong('id') && html`<p class="note bad small">${wrong('id')}</p>`}
      <div class="grid2"><${Field} class="all" label=${t('rundown.cue')} error=${wrong('title')}><input class="input" name="title" required maxlength="80" aria-invalid=${wrong('title') ? 'true' : null} value=${c.title} onInput=${(/** @type {any} */ e) => set({ title: e.target.value })} /><//>
        <${Field} class="all" label=${t('cue.detail')} error=${wrong('detail')}><input class="input" name="detail" maxlength="200" value=${c.detail || ''} onInput=${(/** @type {any} */ e) => set({ detail: e.target.value })} /><//>
        <${Field} class="all" label=${t('cue.group')} hint=${t('cue.group.how')} error=${wrong('group')}><input class="input" name="group" maxlength="80" list="cue-groups" autocomplete="off" value=${c.group || ''} onInput=${(/** @type {any} */ e) => set({ group: e.target.value })} /><//>
        <datalist id="cue-groups">${groups.map((g) => html`<option key=${g} value=${g}></option>`)}</datalist></div>
      <${Times} c=${c} takes=${takes} clock=${clock} wrong=${wrong} set=${set} put=${put} />
      <${Actions} list=${actions} names=${names} wrong=${wrong} onPut=${act} />
      <section class="part"><h3>${t('rundown.lane')}</h3>
        <${Choice} class="two" bare=${true} label=${t('rundown.lane')} name="lane" value=${c.lane === 'host' ? 'host' : ''} onPick=${(/** @type {string} */ v) => set({ lane: v })}
          options=${[{ value: '', label: t('cue.lane.director'), hint: t('cue.lane.director.how') }, { value: 'host', label: t('cue.lane.host'), hint: t('cue.lane.host.how') }]} />
        ${wrong('lane') && html`<p class="wrong small">${wrong('lane')}</p>`}
        <label class="check"><input type="checkbox" name="confirm" checked=${must || c.confirm} disabled=${must} onChange=${(/** @type {any} */ e) => set({ confirm: e.target.checked })} /><span>${t('rundown.confirm')}<small class="muted">${t(must ? 'cue.confirm.must' : 'cue.confirm.how')}</small></span></label>
        ${wrong('confirm') && html`<p class="wrong small">${wrong('confirm')}</p>`}</section>
      <section class="part"><h3>${t('cue.say')}</h3><p class="muted small">${t('cue.say.how')}</p>
        <${Say} label=${t('cue.line')} name="line" value=${c.line || ''} error=${wrong('line')} onPut=${(/** @type {string} */ text) => set({ line: text })} />
        ${beats.map((b) => html`<${Say} key=${b} label=${t('beat.' + b)} name=${'line-' + b} value=${(c.lines && c.lines[b]) || ''} error=${wrong('lines.' + b)} onPut=${(/** @type {string} */ text) => line(b, text)} />`)}</section>
    </form>`;
}

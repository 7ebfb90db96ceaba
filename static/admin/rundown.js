// 流程: the rundown of a session, as text to edit and as a table to read. The
// server names every mistake by its path; a click goes there.

import { errorText, t } from '../lib/i18n.js';
import { html, toast, useEffect, useMemo, useRef, useState } from '../lib/ui.js';
import { call, useData } from './call.js';
import { locate } from './locate.js';
import { Copy, Empty, Head, Load, Sessions, Tag, joined } from './parts.js';
import { span } from './time.js';

/** @type {any[]} */
const NONE = [];

/** @param {any} r */
function pretty(r) { return JSON.stringify({ ...r, cues: r.cues || [] }, null, 2); }

/** The rundown in a text, or null while it is no JSON. @param {string} text */
function parsed(text) {
  try {
    const r = JSON.parse(text);
    return r && typeof r === 'object' ? r : null;
  } catch (e) { return null; }
}

/** The names behind the ids of a rundown: "entry:s01" → its title. @param {any} ctx @param {any[]} entries */
function namesOf(ctx, entries) {
  const names = new Map();
  for (const e of entries) names.set('entry:' + e.id, e.title);
  for (const b of ctx.overview.ballots) names.set('ballot:' + b.id, b.title);
  for (const a of ctx.plan.awards || []) names.set('award:' + a.id, a.name);
  return names;
}

/** What an action does, in words. @param {any} a @param {Map<string, string>} names */
function actionText(a, names) {
  const kind = t('action.' + a.kind), detail = [];
  if (a.scene) detail.push(t('scene.' + a.scene) === 'scene.' + a.scene ? a.scene : t('scene.' + a.scene));
  if (a.what) detail.push(t('reveal.' + a.what) === 'reveal.' + a.what ? a.what : t('reveal.' + a.what));
  if (a.mode) detail.push(t('danmaku.' + a.mode) === 'danmaku.' + a.mode ? a.mode : t('danmaku.' + a.mode));
  if (a.entry === '*') detail.push(t('action.entries'));
  for (const key of ['label', 'entry', 'ballot', 'award', 'camera']) if (a[key] && a[key] !== '*') detail.push(names.get(key + ':' + a[key]) || String(a[key]));
  if (a.seconds) detail.push(t('ballot.s', { n: a.seconds }));
  return (kind === 'action.' + a.kind ? String(a.kind) : kind) + (detail.length ? t('action.of', { what: joined(detail) }) : '');
}

/** @param {{cues: any[], names: Map<string, string>, onGo: (path: string) => void}} p */
function Cues({ cues, names, onGo }) {
  if (!cues.length) return html`<${Empty} title=${t('rundown.empty')}>${t('rundown.empty.how')}<//>`;
  return html`<div class="scroll"><table class="table cues" id="cues">
    <thead><tr><th scope="col" class="num">${t('rundown.plan')}</th><th scope="col">${t('rundown.cue')}</th><th scope="col">${t('rundown.does')}</th><th scope="col">${t('rundown.lane')}</th></tr></thead>
    <tbody>${cues.map((c, i) => html`<tr key=${i}>
      <td class="num fig" data-label=${t('rundown.plan')}>${span(Number(c.plan) || 0)}</td>
      <td class="main"><button type="button" class="textlink" onClick=${() => onGo('cues[' + i + ']')}>${String(c.title || c.id || i + 1)}</button>
        ${c.detail && html`<span class="muted small">${String(c.detail)}</span>`}</td>
      <td data-label=${t('rundown.does')}><span class="tags">${(Array.isArray(c.actions) ? c.actions : []).map((/** @type {any} */ a, /** @type {number} */ n) => html`<${Tag} key=${n} tone=${a && a.kind === 'reveal' ? 'accent' : ''}>${actionText(a || {}, names)}<//>`)}</span></td>
      <td data-label=${t('rundown.lane')}><span class="tags">${t(c.lane === 'host' ? 'role.host' : 'role.director')}${c.confirm && html`<${Tag} tone="warn">${t('rundown.confirm')}<//>`}</span></td>
    </tr>`)}</tbody></table></div>`;
}

/** @param {{list: any[], onGo: (p: any) => void}} p */
function Problems({ list, onGo }) {
  return html`<div class="note bad" role="alert" id="rundown-problems"><p class="strong">${t('rundown.wrong', { n: list.length })}</p>
    <ol class="problems">${list.map((p, i) => html`<li key=${i}><button type="button" class="textlink" onClick=${() => onGo(p)}><code>${p.path || (p.line ? t('rundown.line', { n: p.line }) : t('rundown.whole'))}</code></button>
      <span>${errorText(p)}${p.args && p.args.reason && html`<small class="muted mono">${p.args.reason}</small>`}</span></li>`)}</ol></div>`;
}

/** The text with its line numbers' worth of help: where the caret goes, and tabs. @param {any} p */
function Editor({ text, onText, area }) {
  return html`<textarea class="input editor" id="rundown-json" ref=${area} spellcheck="false" autocomplete="off" wrap="off" aria-label=${t('rundown.json')} value=${text}
    onInput=${(/** @type {any} */ e) => onText(e.target.value)}></textarea>`;
}

/** @param {{ctx: import('./frame.js').Ctx, given: any, entries: any[], onSaved: (r: any) => void}} p */
function Desk({ ctx, given, entries, onSaved }) {
  const session = ctx.session, drafts = ctx.keep.drafts;
  const clean = useMemo(() => pretty(given), [given]);
  const [text, setText] = useState(drafts[session] === undefined ? clean : drafts[session]);
  const [problems, setProblems] = useState(/** @type {any[]} */ ([]));
  const [failed, fail] = useState(/** @type {any} */ (null));
  const [busy, setBusy] = useState(false);
  const area = useRef(/** @type {HTMLTextAreaElement|null} */ (null));
  const names = useMemo(() => namesOf(ctx, entries), [ctx.overview, entries]);
  const good = useRef(/** @type {any} */ (given));
  const now = useMemo(() => parsed(text), [text]);
  if (now) good.current = now; // the table stays while a comma is being typed
  const dirty = text !== clean;
  useEffect(() => { if (dirty) drafts[session] = text; else delete drafts[session]; }, [text, clean]);
  const go = (/** @type {any} */ p) => {
    const el = area.current;
    if (!el) return;
    const at = locate(text, p.path || '', p.line || 0);
    el.focus();
    el.setSelectionRange(at.from, at.to);
    const line = text.slice(0, at.from).split('\n').length;
    el.scrollTop = Math.max(0, (line - 4) * parseFloat(getComputedStyle(el).lineHeight));
    el.scrollLeft = 0;
  };
  const save = async () => {
    setBusy(true);
    fail(null);
    setProblems([]);
    try {
      const r = await call('/v1/admin/rundown/' + encodeURIComponent(session), { method: 'PUT', text });
      delete drafts[session];
      setText(pretty(r));
      onSaved(r);
      toast(t('saved'), 'good');
    } catch (/** @type {any} */ err) {
      if (err.args && Array.isArray(err.args.problems)) setProblems(err.args.problems); else fail(err);
    }
    setBusy(false);
  };
  const tidy = () => { if (now) setText(JSON.stringify(now, null, 2)); };
  const cues = good.current && Array.isArray(good.current.cues) ? good.current.cues.filter((/** @type {any} */ c) => c && typeof c === 'object') : [];
  return html`<div class="rundown">
    <section class="panel flush"><div class="bar-row pad"><div class="grow"><h2>${t('rundown.table')}</h2><p class="muted small">${t('rundown.table.how', { n: cues.length })}</p></div></div>
      <${Cues} cues=${cues} names=${names} onGo=${(/** @type {string} */ path) => go({ path })} /></section>
    <section class="panel edit"><div class="bar-row"><div class="grow"><h2>${t('rundown.json')}</h2>
        <p class="small" role="status">${!now ? html`<span class="wrong">${t('rundown.nojson')}</span>` : dirty ? html`<span class="warned">${t('rundown.dirty')}</span>` : html`<span class="muted">${t('rundown.clean')}</span>`}</p></div>
        <div class="acts"><${Copy} text=${text} /><button type="button" class="btn slim" disabled=${!now} onClick=${tidy}>${t('rundown.tidy')}</button>
          <button type="button" class="btn slim" disabled=${!dirty || busy} onClick=${() => { setText(clean); setProblems([]); fail(null); }}>${t('rundown.undo')}</button>
          <button type="button" class="btn slim main" id="rundown-save" disabled=${!dirty || busy} onClick=${save}>${t('save')}</button></div></div>
      ${problems.length > 0 && html`<${Problems} list=${problems} onGo=${go} />`}
      ${failed && html`<p class="note bad" role="alert">${errorText(failed)}</p>`}
      <${Editor} text=${text} onText=${setText} area=${area} /></section></div>`;
}

/** @param {{ctx: import('./frame.js').Ctx}} p */
export function Rundown({ ctx }) {
  const rundown = useData(ctx.session ? '/v1/admin/rundown/' + encodeURIComponent(ctx.session) : null);
  const entries = useData('/v1/admin/entries'); // only for their names: the table does without them
  if (!ctx.session) return html`<${Head} title=${t('tab.rundown')} /><section class="panel"><${Empty} title=${t('session.none')} /></section>`;
  return html`<${Head} title=${t('tab.rundown')} lead=${t('rundown.lead')}><${Sessions} ctx=${ctx} /><//>
    <${Load} of=${rundown}>${() => html`<${Desk} key=${ctx.session} ctx=${ctx} given=${rundown.data} entries=${entries.data || NONE} onSaved=${rundown.set} />`}<//>`;
}

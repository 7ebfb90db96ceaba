// Checking a receipt: is my vote in the log, and is that log the one that the
// result was sealed over? All sums are done here, in the visitor's browser.

import { Refused, api, takeFragment } from '../lib/api.js';
import { errorText, number, t } from '../lib/i18n.js';
import { Language, boot, html, useEffect, useState } from '../lib/ui.js';
import { rootOf, sealRoot } from './proof.js';
import { kept, parse, replaced } from './receipts.js';

/** @typedef {import('./receipts.js').Receipt} Receipt */

/** The sealed result of the session that the ballot is part of, as far as it is
    public. @param {string} ballot @param {number} round */
async function seal(ballot, round) {
  const sessions = await api('/v1/sessions');
  const session = sessions.find((/** @type {any} */ s) => s.ballots.includes(ballot));
  if (!session) return null;
  const view = await api('/v1/stage/' + encodeURIComponent(session.id));
  if (!view.verify) return null;
  const res = await fetch('/v1/stage/' + encodeURIComponent(session.id) + '/seal').catch(() => null);
  if (!res || !res.ok) throw new Refused('net.offline');
  const text = await res.text(); // as it was hashed, byte by byte
  const sealed = JSON.parse(text).ballots.find((/** @type {any} */ b) => b.ballot === ballot && b.round === round);
  return { shown: view.verify.root, computed: sealRoot(text), ballotRoot: sealed ? sealed.root : '' };
}

/** Runs the whole check. @param {any} r @returns {Promise<any[]>} steps {key, ok, value} */
async function check(r) {
  const p = await api('/v1/ballots/' + encodeURIComponent(r.ballot) + '/proof?leaf=' + r.leaf);
  const computed = rootOf(r.leaf, p.index, p.size, p.path);
  const steps = [{ key: 'in', ok: computed === p.root, args: { index: number(p.index + 1), size: number(p.size) }, value: computed }];
  if (computed !== p.root) return steps;
  const s = await seal(r.ballot, p.round);
  if (!s) return [...steps, { key: 'later', ok: null, args: {}, value: '' }];
  // A ballot that the result didn't count, a popularity poll say, is in no seal: that is no fault.
  if (!s.ballotRoot) return [...steps, { key: 'apart', ok: null, args: {}, value: '' }];
  return [...steps,
    { key: 'sealed', ok: s.ballotRoot === computed, args: {}, value: s.ballotRoot },
    { key: 'shown', ok: s.computed === s.shown, args: {}, value: s.shown }];
}

/** @param {{good: boolean|null}} p */
function Tick({ good }) {
  return html`<svg class="tick" viewBox="0 0 24 24" aria-hidden="true"><path d=${good === null ? 'M6 12h12' : good ? 'M5 12.5l4.5 4.5L19 7.5' : 'M6.5 6.5l11 11M17.5 6.5l-11 11'} /></svg>`;
}

/** A hash in groups that an eye can follow. @param {{text: string}} p */
function Hash({ text }) {
  return html`<code class="fig">${(text.match(/.{1,8}/g) || []).map((part, i) => html`<span key=${i}>${part}</span> `)}</code>`;
}

/** @param {{steps: any[], changed: boolean}} p */
function Steps({ steps, changed }) {
  const bad = steps.some((s) => s.ok === false), good = steps.every((s) => s.ok === true);
  const verdict = bad ? 'verdict.bad' : changed ? 'verdict.changed' : good ? 'verdict.good' : 'verdict.half';
  return html`<div class="result" aria-live="polite"><p class=${'verdict ' + (bad ? 'bad' : good && !changed ? 'good' : 'half')}><${Tick} good=${!bad} /><span>${t(verdict)}</span></p>
    <ol class="steps">${steps.map((s) => html`<li key=${s.key} class=${s.ok === null ? 'half' : s.ok ? 'good' : 'bad'}><${Tick} good=${s.ok} />
      <div class="grow"><p>${t('step.' + s.key + (s.ok === false ? '.bad' : ''), s.args)}</p>${s.value && html`<${Hash} text=${s.value} />`}</div></li>`)}</ol></div>`;
}

/** What a refusal means here. @param {{err: any}} p */
function Refusal({ err }) {
  const known = ['vote.proof_later', 'vote.no_receipt', 'vote.unknown_ballot'].includes(err.code);
  return html`<div class=${'verdict ' + (err.code === 'vote.proof_later' ? 'half' : known ? 'bad' : 'half')} role="status"><${Tick} good=${known && err.code !== 'vote.proof_later' ? false : null} />
    <div><p>${known ? t('refused.' + err.code) : errorText(err)}</p>${known && html`<p class="more">${t('refused.' + err.code + '.more')}</p>`}</div></div>`;
}

/** One receipt with its check. @param {{r: Receipt, title: string, start?: boolean, changed?: boolean}} p */
function Card({ r, title, start, changed }) {
  const [state, set] = useState(/** @type {{busy?: boolean, steps?: any[], err?: any}} */ ({}));
  const run = async () => {
    set({ busy: true });
    try { set({ steps: await check(r) }); } catch (err) { set({ err }); }
  };
  useEffect(() => { if (start) run(); }, []);
  return html`<article class="panel receipt"><header>
      <div class="grow"><h3>${title}</h3><p class="meta"><code class="fig">${r.leaf.slice(0, 16)}…</code>${r.at && html`<span class="fig">${stamp(r.at)}</span>`}</p></div>
      <button type="button" class="btn main" disabled=${!!state.busy} onClick=${run}>${t(state.busy ? 'checking' : state.steps || state.err ? 'check.again' : 'check')}</button></header>
    ${state.err && html`<${Refusal} err=${state.err} />`}
    ${state.steps && html`<${Steps} steps=${state.steps} changed=${!!changed} />`}</article>`;
}

/** "2024-09-27 20:15" in the contest's time. @param {number} ms */
function stamp(ms) { return new Date(ms + 8 * 3600e3).toISOString().slice(0, 16).replace('T', ' '); }

/** @param {{onReceipt: (r: Receipt) => void}} p */
function Paste({ onReceipt }) {
  const [text, setText] = useState('');
  const [bad, setBad] = useState(false);
  const go = (/** @type {Event} */ e) => {
    e.preventDefault();
    const r = parse(text);
    setBad(!r);
    if (r) { onReceipt(r); setText(''); }
  };
  return html`<form class="panel paste" onSubmit=${go}><label class="field"><span>${t('paste')}</span>
    <textarea class="input fig" rows="3" spellcheck="false" value=${text} placeholder=${t('paste.example')} onInput=${(/** @type {any} */ e) => { setText(e.target.value); setBad(false); }}></textarea></label>
    ${bad && html`<p class="note bad" role="alert">${t('paste.bad')}</p>`}
    <button class="btn" disabled=${!text.trim()}>${t('check')}</button></form>`;
}

/** The fingerprints that were shown on stage. */
function Shown() {
  const [shown, set] = useState(/** @type {any[]} */ ([]));
  useEffect(() => {
    const look = async () => {
      const sessions = await api('/v1/sessions');
      const views = await Promise.all(sessions.map((/** @type {any} */ s) => api('/v1/stage/' + encodeURIComponent(s.id))));
      set(views.filter((v) => v.verify).map((v) => ({ title: v.session.title, ...v.verify })));
    };
    look().catch(() => {}); // it is here for comparing by eye; the check itself asks anew and says what failed
  }, []);
  if (!shown.length) return null;
  return html`<section><h2>${t('shown')}</h2>${shown.map((v) => html`<article class="panel shown" key=${v.root}><h3>${v.title}</h3>
    <${Hash} text=${v.root} /><p class="meta">${t('shown.text', { n: number(v.leaves), time: stamp(v.at) })}</p></article>`)}</section>`;
}

/** The titles of the ballots. @param {Receipt[]} all @returns {Record<string, string>} */
function useTitles(all) {
  const [titles, set] = useState(/** @type {Record<string, string>} */ ({}));
  const ids = [...new Set(all.map((r) => r.ballot))].join(' ');
  useEffect(() => {
    for (const id of ids ? ids.split(' ') : []) {
      api('/v1/ballots/' + encodeURIComponent(id)).then((b) => set((x) => ({ ...x, [id]: b.title }))).catch(() => {}); // its id will do
    }
  }, [ids]);
  return titles;
}

const given = parse(takeFragment('r'));

function App() {
  const [pasted, setPasted] = useState(/** @type {Receipt[]} */ (given ? [given] : []));
  const own = kept();
  const titles = useTitles([...pasted, ...own]);
  useEffect(() => { document.title = t('title'); }, []);
  const card = (/** @type {Receipt} */ r, /** @type {boolean} */ start) => html`<${Card} key=${r.leaf} r=${r} title=${titles[r.ballot] || r.ballot} start=${start} changed=${replaced(r, own)} />`;
  return html`<div class="verify-page"><header class="head"><a href="/" class="brand"><svg viewBox="0 0 64 64" aria-hidden="true"><path d="M32 10v44M13 21l38 22M51 21 13 43" /></svg>${t('home')}</a><${Language} /></header>
    <main><h1>${t('title')}</h1><p class="lead">${t('lead')}</p>
    ${pasted.map((r) => card(r, true))}
    <section><h2>${t('own')}</h2>${own.map((r) => card(r, own.length === 1 && !pasted.length))}
      ${!own.length && html`<p class="none">${t('own.none')}</p>`}</section>
    <section><h2>${t('other')}</h2><${Paste} onReceipt=${(/** @type {Receipt} */ r) => setPasted((l) => [r, ...l.filter((x) => x.leaf !== r.leaf)])} /></section>
    <${Shown} />
    <section class="how"><h2>${t('how')}</h2><ol><li>${t('how.1')}</li><li>${t('how.2')}</li><li>${t('how.3')}</li></ol><p>${t('how.4')}</p></section></main></div>`;
}

boot(['verify'], App);

// Checking a receipt: is my vote in the log, and is that log the one that the
// result was sealed over? All sums are done here, in the visitor's browser.

import { api, takeFragment } from '../lib/api.js';
import { errorText, number, t } from '../lib/i18n.js';
import { Language, boot, html, useEffect, useState } from '../lib/ui.js';
import { rootOf, sealRoot } from './proof.js';

/** Receipts that this browser has kept. @returns {any[]} */
function kept() {
  try {
    const all = JSON.parse(localStorage.getItem('hecai:receipts') || '[]');
    return Array.isArray(all) ? all.filter((r) => r && r.ballot && /^[0-9a-f]{64}$/.test(r.leaf)) : [];
  } catch (e) { return []; }
}

/** Reads what was pasted: a receipt as JSON, or "ballot leaf". @param {string} text @returns {any} */
function parse(text) {
  try {
    const r = JSON.parse(text);
    if (r && r.ballot && /^[0-9a-f]{64}$/.test(r.leaf)) return { ballot: String(r.ballot), leaf: r.leaf };
  } catch (e) { /* not JSON */ }
  const m = /^\s*([\w-]+)[\s:]+([0-9a-fA-F]{64})\s*$/.exec(text);
  return m ? { ballot: m[1], leaf: m[2].toLowerCase() } : null;
}

/** The sealed result of the session that the ballot is part of, as far as it is
    public. @param {string} ballot */
async function seal(ballot) {
  const sessions = await api('/v1/sessions');
  const session = sessions.find((/** @type {any} */ s) => s.ballots.includes(ballot));
  if (!session) return null;
  const view = await api('/v1/stage/' + encodeURIComponent(session.id));
  if (!view.verify) return null;
  const text = await (await fetch('/v1/stage/' + encodeURIComponent(session.id) + '/seal')).text();
  const sealed = JSON.parse(text).ballots.find((/** @type {any} */ b) => b.ballot === ballot);
  return { shown: view.verify.root, computed: sealRoot(text), ballotRoot: sealed ? sealed.root : '' };
}

/** Runs the whole check. @param {any} r @returns {Promise<any[]>} steps {key, ok, value} */
async function check(r) {
  const p = await api('/v1/ballots/' + encodeURIComponent(r.ballot) + '/proof?leaf=' + r.leaf);
  const computed = rootOf(r.leaf, p.index, p.size, p.path);
  const steps = [{ key: 'in', ok: computed === p.root, args: { index: number(p.index + 1), size: number(p.size) }, value: computed }];
  if (computed !== p.root) return steps;
  const s = await seal(r.ballot);
  if (!s) return [...steps, { key: 'later', ok: null, args: {}, value: '' }];
  return [...steps,
    { key: 'sealed', ok: s.ballotRoot === computed, args: {}, value: s.ballotRoot },
    { key: 'shown', ok: s.computed === s.shown, args: {}, value: s.shown }];
}

function Steps(/** @type {any} */ { steps }) {
  const good = steps.every((/** @type {any} */ s) => s.ok === true), bad = steps.some((/** @type {any} */ s) => s.ok === false);
  return html`<div class="result" aria-live="polite"><p class=${'verdict ' + (bad ? 'bad' : good ? 'good' : 'wait')}>${t(bad ? 'verdict.bad' : good ? 'verdict.good' : 'verdict.half')}</p>
    <ol class="steps">${steps.map((/** @type {any} */ s) => html`<li key=${s.key} class=${s.ok === null ? 'wait' : s.ok ? 'good' : 'bad'}>
      <span class="mark" aria-hidden="true">${s.ok === null ? '…' : s.ok ? '✓' : '✕'}</span><span class="grow">${t('step.' + s.key + (s.ok === false ? '.bad' : ''), s.args)}
      ${s.value && html`<code class="fig">${s.value.match(/.{1,8}/g).join(' ')}</code>`}</span></li>`)}</ol></div>`;
}

/** One receipt with its check. */
function Receipt(/** @type {any} */ { r, start }) {
  const [state, set] = useState(/** @type {any} */ ({}));
  const run = async () => {
    set({ busy: true });
    try { set({ steps: await check(r) }); } catch (err) { set({ err }); }
  };
  useEffect(() => { if (start) run(); }, []);
  return html`<article class="panel receipt"><div class="row"><span class="grow"><b>${r.ballot}</b><code class="fig">${r.leaf.slice(0, 16)}…</code>
      ${r.at && html`<small class="muted fig">${new Date(r.at).toLocaleString()}</small>`}</span>
    <button type="button" class="btn main" disabled=${state.busy} onClick=${run}>${t(state.busy ? 'checking' : 'check')}</button></div>
    ${state.err && html`<p class=${'note ' + (state.err.code === 'vote.proof_later' ? 'warn' : 'bad')}>${errorText(state.err)}</p>`}
    ${state.steps && html`<${Steps} steps=${state.steps} />`}</article>`;
}

function Paste(/** @type {any} */ { onReceipt }) {
  const [text, setText] = useState('');
  const [bad, setBad] = useState(false);
  const go = (/** @type {Event} */ e) => {
    e.preventDefault();
    const r = parse(text);
    setBad(!r);
    if (r) { onReceipt(r); setText(''); }
  };
  return html`<form class="panel paste" onSubmit=${go}><label class="field"><span>${t('paste')}</span>
    <textarea class="input fig" rows="3" value=${text} placeholder=${t('paste.example')} onInput=${(/** @type {any} */ e) => { setText(e.target.value); setBad(false); }}></textarea></label>
    ${bad && html`<p class="note bad">${t('paste.bad')}</p>`}
    <button class="btn" disabled=${!text.trim()}>${t('check')}</button></form>`;
}

function App() {
  const [pasted, setPasted] = useState(/** @type {() => any[]} */ (() => { const r = parse(decodeURIComponent(takeFragment('r'))); return r ? [r] : []; }));
  const own = kept();
  return html`<main class="verify-page">
    <header class="row"><a href="/" class="brand">喝彩</a><span class="grow"></span><${Language} /></header>
    <h1>${t('title')}</h1><p class="muted lead">${t('lead')}</p>
    ${pasted.map((r) => html`<${Receipt} key=${r.leaf} r=${r} start />`)}
    ${own.length > 0 && html`<h2>${t('own')}</h2>`}
    ${own.map((r) => html`<${Receipt} key=${r.leaf} r=${r} start=${own.length === 1 && !pasted.length} />`)}
    ${!own.length && !pasted.length && html`<p class="panel muted">${t('own.none')}</p>`}
    <h2>${t('other')}</h2><${Paste} onReceipt=${(/** @type {any} */ r) => setPasted((l) => [r, ...l.filter((x) => x.leaf !== r.leaf)])} />
    <details class="panel"><summary>${t('how')}</summary><p>${t('how.1')}</p><p>${t('how.2')}</p><p>${t('how.3')}</p><p class="muted">${t('how.4')}</p></details>
  </main>`;
}

boot(['verify'], App);

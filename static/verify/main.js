// Checking a receipt: is my vote in the log, and is that log the one that the
// result was sealed over? All sums are done here, in the visitor's browser.

import { Refused, api, base, foreign, takeFragment } from '../lib/api.js';
import { errorText, number, t } from '../lib/i18n.js';
import { inTake, liveOf, takeOf } from '../lib/on.js';
import { Language, boot, html, useEffect, useRef, useState } from '../lib/ui.js';
import { fields, fingerprint, head, leafOf, opening, promised, rootOf, saltHash, sealRoot } from './proof.js';
import { kept, parse, replaced } from './receipts.js';

/** @typedef {import('./receipts.js').Receipt} Receipt */

/** The sealed result of the session that the ballot is part of, as far as it is
    public. @param {string} ballot @param {string} logged what its log calls it @param {number} round */
async function seal(ballot, logged, round) {
  const sessions = await api('/v1/sessions');
  const own = sessions.find((s) => s.ballots.includes(liveOf(ballot)));
  if (!own) return null;
  const session = takeOf(ballot) ? own : sessions.find((s) => s.reveals === own.id) || own; // where its result is revealed
  const show = '/v1/stage/' + encodeURIComponent(inTake(session.id, takeOf(ballot)));
  /** @type {Doc.View} */
  const view = await api(show);
  if (!view.verify) return null;
  const res = await fetch(base + show + '/seal').catch(() => null);
  if (!res || !res.ok) throw new Refused(res ? foreign(res.status) : 'net.offline', { status: res ? res.status : 0 }, res ? res.status : 0);
  const text = await res.text(); // as it was hashed, byte by byte
  const sealed = JSON.parse(text).ballots.find((/** @type {any} */ b) => b.ballot === logged && b.round === round);
  return { shown: view.verify.root, computed: sealRoot(text), ballotRoot: sealed ? sealed.root : '', text };
}

/** Whether the receipt's record is of this vote and this device. @param {Receipt} r @param {Doc.Proof} p */
function own(r, p) {
  const record = r.record || '', f = fields(record);
  return leafOf(record) === r.leaf && f.ballot === p.ballot && f.round === String(p.round) && (!r.salt || f.salt === saltHash(r.salt));
}

/** Whether the log begins and ends with the records that say so. @param {Doc.Proof} p */
function framed(p) {
  return rootOf(leafOf(opening(p.ballot, p.round, p.definition)), 0, p.size, p.openPath || []) === p.root
    && rootOf(leafOf(p.close), p.size - 1, p.size, p.closePath || []) === p.root;
}

/** Marks a refusal whose receipt was promised a place in the log: it is evidence. @param {Receipt} r @param {any} err */
async function owed(r, err) {
  if (err.code !== 'vote.no_receipt' || !r.promise || leafOf(r.record || '') !== r.leaf || fields(r.record || '').ballot.split('/').pop() !== r.ballot.split('/').pop()) return err;
  const ledger = await api('/v1/ledger').catch(() => null); // the refusal stands without it
  err.owed = ledger && await promised(ledger.key, r.leaf, r.promise) === true;
  return err;
}

/** @typedef {{key: string, ok: boolean|null, args: Record<string, any>, value: string}} Step */

/** Runs the whole check. @param {Receipt} r @returns {Promise<{steps: Step[], proof: Doc.Proof}>} */
async function check(r) {
  /** @type {Doc.Proof} */
  const p = await api('/v1/ballots/' + encodeURIComponent(r.ballot) + '/proof?leaf=' + r.leaf);
  const steps = /** @type {Step[]} */ ([]), proof = { ...p, record: r.record || '', salt: r.salt || '' };
  if (r.record) steps.push({ key: 'own', ok: own(r, p), args: {}, value: '' });
  const computed = rootOf(r.leaf, p.index, p.size, p.path || []), last = p.size - 1;
  const inside = computed === p.root && (!p.definition || p.index > 0 && p.index < last && framed(p));
  steps.push({ key: 'in', ok: inside, args: { index: number(p.index + 1), size: number(p.size) }, value: computed });
  if (!inside) return { steps, proof };
  if (p.checkpoint) {
    const h = await head(p.checkpoint, p.key);
    const same = h.root === computed && h.size === p.size && h.signed !== false;
    steps.push({ key: same && h.signed === null ? 'unsigned' : 'head', ok: same, args: {}, value: fingerprint(p.checkpoint) });
  }
  if (r.promise) {
    const kept = await promised(p.key, r.leaf, r.promise);
    if (kept !== null) steps.push({ key: 'promise', ok: kept, args: {}, value: '' });
    if (kept !== false) proof.promise = r.promise;
  }
  const s = await seal(r.ballot, p.ballot, p.round);
  if (!s) return { steps: [...steps, { key: 'later', ok: null, args: {}, value: '' }], proof };
  // A ballot that the result didn't count, a popularity poll say, is in no seal: that is no fault.
  if (!s.ballotRoot) return { steps: [...steps, { key: 'apart', ok: null, args: {}, value: '' }], proof };
  proof.seal = s.text;
  return { proof, steps: [...steps,
    { key: 'sealed', ok: s.ballotRoot === computed, args: {}, value: s.ballotRoot },
    { key: 'shown', ok: s.computed === s.shown, args: {}, value: s.shown }] };
}

/** Keeps the proof as a file, for "hecai verify". @param {Doc.Proof} proof */
function save(proof) {
  const a = document.createElement('a');
  a.href = URL.createObjectURL(new Blob([JSON.stringify(proof, null, 2)], { type: 'application/json' }));
  a.download = 'hecai-' + proof.ballot + '-' + (proof.leaf || '').slice(0, 8) + '.json';
  a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 60000);
}

/** @param {{good: boolean|null}} p */
function Tick({ good }) {
  return html`<svg class="tick" viewBox="0 0 24 24" aria-hidden="true"><path d=${good === null ? 'M6 12h12' : good ? 'M5 12.5l4.5 4.5L19 7.5' : 'M6.5 6.5l11 11M17.5 6.5l-11 11'} /></svg>`;
}

/** A hash in groups that an eye can follow. @param {{text: string}} p */
function Hash({ text }) {
  return html`<code class="fig">${(text.match(/.{1,8}/g) || []).map((part, i) => html`<span key=${i}>${part}</span> `)}</code>`;
}

/** @param {{steps: Step[], proof: Doc.Proof, changed: boolean}} p */
function Steps({ steps, proof, changed }) {
  const bad = steps.some((s) => s.ok === false), good = steps.every((s) => s.ok === true);
  const verdict = bad ? 'verdict.bad' : changed ? 'verdict.changed' : good ? 'verdict.good' : 'verdict.half';
  return html`<div class="result" aria-live="polite"><p class=${'verdict ' + (bad ? 'bad' : good && !changed ? 'good' : 'half')}><${Tick} good=${!bad} /><span>${t(verdict)}</span></p>
    <ol class="steps">${steps.map((s) => html`<li key=${s.key} class=${s.ok === null ? 'half' : s.ok ? 'good' : 'bad'}><${Tick} good=${s.ok} />
      <div class="grow"><p>${t('step.' + s.key + (s.ok === false ? '.bad' : ''), s.args)}</p>${s.value && html`<${Hash} text=${s.value} />`}</div></li>`)}</ol>
    <p><button type="button" class="btn" data-save onClick=${() => save(proof)}>${t('save')}</button> <span class="meta">${t('save.text')}</span></p></div>`;
}

/** What a refusal means here. @param {{r: Receipt, err: any}} p */
function Refusal({ r, err }) {
  if (err.code === 'vote.unknown_ballot' && takeOf(r.ballot)) return html`<div class="verdict half" role="status"><${Tick} good=${null} /><p>${t('refused.take')}</p></div>`;
  const known = ['vote.proof_later', 'vote.no_receipt', 'vote.unknown_ballot'].includes(err.code);
  return html`<div class=${'verdict ' + (err.code === 'vote.proof_later' ? 'half' : known ? 'bad' : 'half')} role="status"><${Tick} good=${known && err.code !== 'vote.proof_later' ? false : null} />
    <div><p>${known ? t('refused.' + err.code) : errorText(err)}</p>${known && html`<p class="more">${t('refused.' + err.code + (err.owed ? '.owed' : '.more'))}</p>`}</div></div>`;
}

/** One receipt with its check. @param {{r: Receipt, title: string, start?: boolean, changed?: boolean}} p */
function Card({ r, title, start, changed }) {
  const [state, set] = useState(/** @type {{busy?: boolean, steps?: Step[], proof?: Doc.Proof, err?: any}} */ ({}));
  const run = async () => {
    set({ busy: true });
    try { set(await check(r)); } catch (err) { set({ err: await owed(r, err) }); }
  };
  const box = useRef(/** @type {HTMLElement|null} */ (null));
  useEffect(() => {
    if (start) run();
    if (r.pasted && box.current) box.current.scrollIntoView({ block: 'start' }); // the form is far below
  }, []);
  return html`<article class="panel receipt" ref=${box}><header>
      <div class="grow"><h3>${title}</h3><p class="meta"><code class="fig">${r.leaf.slice(0, 16)}…</code>${r.at && html`<span class="fig">${stamp(r.at)}</span>`}</p></div>
      <button type="button" class="btn main" disabled=${!!state.busy} onClick=${run}>${t(state.busy ? 'checking' : state.steps || state.err ? 'check.again' : 'check')}</button></header>
    ${state.err && html`<${Refusal} r=${r} err=${state.err} />`}
    ${state.steps && html`<${Steps} steps=${state.steps} proof=${state.proof} changed=${!!changed} />`}</article>`;
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
  const [shown, set] = useState(/** @type {(Doc.Verify & {title: string})[]} */ ([]));
  useEffect(() => {
    const look = async () => {
      const sessions = await api('/v1/sessions');
      /** @type {Doc.View[]} */
      const views = await Promise.all(sessions.map((s) => api('/v1/stage/' + encodeURIComponent(s.id))));
      set(views.flatMap((v) => (v.verify && v.session ? [{ title: v.session.title, ...v.verify }] : [])));
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
      api('/v1/ballots/' + encodeURIComponent(id)).then((/** @type {Doc.Board} */ b) => set((x) => ({ ...x, [id]: b.title }))).catch(() => {}); // its id will do
    }
  }, [ids]);
  return titles;
}

/** The key that every head is signed with, to be kept from before the vote. */
function Key() {
  const [key, set] = useState('');
  useEffect(() => { api('/v1/ledger').then((l) => set(l.key)).catch(() => {}); }, []); // it is here to be kept; the check says what failed
  return key ? html`<p>${t('key')} <code class="key" data-key>${key}</code></p>` : null;
}

const brought = takeFragment('r');
const given = parse(brought);

function App() {
  const [pasted, setPasted] = useState(/** @type {Receipt[]} */ (given ? [given] : []));
  const own = kept();
  const titles = useTitles([...pasted, ...own]);
  useEffect(() => { document.title = t('title'); }, []);
  const card = (/** @type {Receipt} */ r, /** @type {boolean} */ start) => html`<${Card} key=${[r.ballot, r.leaf, r.pasted].join(' ')} r=${r} title=${(titles[r.ballot] || r.ballot) + (takeOf(r.ballot) ? ' · ' + t('rehearsal.take', { n: takeOf(r.ballot) }) : '')} start=${start} changed=${replaced(r, own)} />`;
  return html`<div class="verify-page"><header class="head"><a href=${base + '/'} class="brand"><svg viewBox="0 0 64 64" aria-hidden="true"><path d="M32 10v44M13 21l38 22M51 21 13 43" /></svg>${t('home')}</a><${Language} /></header>
    <main><h1>${t('title')}</h1><p class="lead">${t('lead')}</p>
    ${brought && !given && html`<p class="note bad" role="alert" data-given="bad">${t('given.bad')}</p>`}
    ${pasted.map((r) => card(r, true))}
    <section><h2>${t('own')}</h2>${own.map((r) => card(r, own.length === 1 && !pasted.length))}
      ${!own.length && html`<p class="none">${t('own.none')}</p>`}</section>
    <section><h2>${t('other')}</h2><${Paste} onReceipt=${(/** @type {Receipt} */ r) => setPasted((l) => [{ ...r, pasted: l.length ? Number(l[0].pasted || 0) + 1 : 1 }, ...l.filter((x) => x.leaf !== r.leaf || x.ballot !== r.ballot)])} /></section>
    <${Shown} />
    <section class="how"><h2>${t('how')}</h2><ol><li>${t('how.1')}</li><li>${t('how.2')}</li><li>${t('how.3')}</li></ol><p>${t('how.4')}</p><${Key} /></section></main></div>`;
}

boot(['verify'], App);

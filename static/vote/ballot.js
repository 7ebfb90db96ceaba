// A ballot as a voter holds it: cards to pick from, and a vote that says truly
// where it stands. The live page and the voting page both show it.

import { api } from '../lib/api.js';
import { mmss } from '../lib/clock.js';
import { errorText, number, t } from '../lib/i18n.js';
import { Ring, Track, allTracks, html, trackStyle, useEffect, useMemo, useNow, useRef, useState, useTopic } from '../lib/ui.js';

// Codes after which the same vote may be sent again: nobody knows whether it arrived.
const OPEN_QUESTION = ['net.offline', 'net.lost', 'net.timeout', 'vote.unconfirmed', 'vote.busy'];

/** @typedef {{state: 'idle'|'sending'|'done'|'failed', err?: any, receipt?: any}} VoteState */

function salt() {
  const b = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(b, (x) => x.toString(16).padStart(2, '0')).join('');
}

/** Keeps a receipt on the phone, for /verify. It doesn't hold the choice: nobody
    who asks to see the phone learns it. @param {any} r */
function keepReceipt(r) {
  try {
    const all = JSON.parse(localStorage.getItem('hecai:receipts') || '[]').filter((/** @type {any} */ x) => x.leaf !== r.leaf);
    localStorage.setItem('hecai:receipts', JSON.stringify([r, ...all].slice(0, 50)));
  } catch (e) { /* the receipt is on the page, and the server has it */ }
}

/**
 * The voter's choice and its way to the box. A vote that met a bad network is
 * sent again with the same number, so it counts once whatever happens.
 * @param {any} hub @param {any} board the ballot's topic
 */
function useVote(hub, board) {
  const [picks, setPicks] = useState(/** @type {Record<string, number>} */ ({}));
  const [vote, setVote] = useState(/** @type {VoteState} */ ({ state: 'idle' }));
  const [dirty, setDirty] = useState(false);
  const last = useRef(/** @type {any} */ (null)); // the vote under way
  const rev = useRef(0);
  const id = board ? board.id : '', round = board ? board.round : 0;

  useEffect(() => { // what this device has voted already
    if (!id) return;
    let live = true;
    setPicks({}); setVote({ state: 'idle' }); setDirty(false);
    last.current = null;
    const load = async () => {
      try {
        const mine = await api('/v1/votes/mine?ballot=' + encodeURIComponent(id));
        if (!live) return;
        rev.current = Math.max(rev.current, mine.rev);
        if (mine.choice.length && !last.current) {
          /** @type {Record<string, number>} */
          const had = {};
          for (const e of mine.choice) had[e] = (had[e] || 0) + 1;
          setPicks(had);
          setVote({ state: 'done', receipt: mine.receipts[mine.receipts.length - 1] });
        }
      } catch (e) { /* no device yet, or no network: a new vote tells more */ }
    };
    load();
    return () => { live = false; };
  }, [id, round]);

  const send = async () => {
    const v = last.current;
    setVote({ state: 'sending' });
    for (let tries = 0; ; tries++) {
      try {
        const body = { ballot: id, rev: v.rev, choice: v.choice, salt: v.salt, round: v.round };
        const out = hub.status === 'live' ? await hub.request('vote.cast', body) : await api('/v1/votes', { body });
        keepReceipt({ ...out.receipt, at: Date.now() });
        if (last.current !== v) return;
        last.current = null;
        setDirty(false);
        setVote({ state: 'done', receipt: out.receipt });
        return;
      } catch (err) {
        if (last.current !== v) return;
        if (OPEN_QUESTION.includes(/** @type {any} */ (err).code) && tries < 3) {
          await new Promise((f) => setTimeout(f, 400 * 2 ** tries * (0.5 + Math.random())));
          continue;
        }
        setVote({ state: 'failed', err });
        return;
      }
    }
  };

  return {
    picks, vote, dirty,
    /** @param {Record<string, number>} next */
    pick(next) { setPicks(next); setDirty(true); last.current = null; setVote({ state: 'idle' }); },
    submit() {
      if (!last.current) {
        rev.current = Math.max(rev.current + 1, Date.now());
        const choice = Object.entries(picks).flatMap(([e, n]) => Array(n).fill(e));
        last.current = { rev: rev.current, choice, salt: salt(), round };
      }
      send();
    },
  };
}

const sum = (/** @type {Record<string, number>} */ picks) => Object.values(picks).reduce((a, b) => a + b, 0);

/** Why one more pick isn't allowed, or ''. @param {any} board @param {Record<string, number>} picks @param {any} row */
function refusal(board, picks, row) {
  if (sum(picks) >= board.max) return t('vote.full', { max: board.max });
  if (board.perTrack > 0) {
    const same = board.rows.filter((/** @type {any} */ r) => r.track === row.track).reduce((/** @type {number} */ n, /** @type {any} */ r) => n + (picks[r.entry] || 0), 0);
    if (same >= board.perTrack) return t('vote.track.full', { max: board.perTrack });
  }
  return '';
}

/** One entry to pick. */
function Card(/** @type {any} */ { row, n, most, disabled, onPick }) {
  return html`<li><button type="button" class=${'card' + (n ? ' on' : '')} data-entry=${row.entry} aria-pressed=${n > 0} disabled=${disabled}
      style=${trackStyle(row.track)} onClick=${() => onPick(row)}>
    <span class="edge"></span>
    <span class="grow"><b>${row.title}</b><small><${Track} id=${row.track} name=${row.trackName} /> · ${row.lead}</small></span>
    <span class="tick" aria-hidden="true">${n ? (most > 1 ? n : html`<svg viewBox="0 0 24 24"><path d="M5 13l5 5 9-11" /></svg>`) : ''}</span>
  </button></li>`;
}

function Redeem(/** @type {any} */ { onDone }) {
  const [code, setCode] = useState('');
  const [err, setErr] = useState('');
  const send = async (/** @type {Event} */ e) => {
    e.preventDefault();
    try { await api('/v1/tickets/redeem', { body: { code: code.trim() } }); onDone(); } catch (x) { setErr(errorText(x)); }
  };
  return html`<form class="redeem" onSubmit=${send}>
    <p>${t('vote.level')}</p>
    <div class="row"><input class="input" value=${code} autocomplete="off" autocapitalize="characters" placeholder=${t('vote.code')} aria-label=${t('vote.code')}
      onInput=${(/** @type {any} */ e) => setCode(e.target.value)} /><button class="btn main" disabled=${!code.trim()}>${t('vote.redeem')}</button></div>
    ${err && html`<p class="note bad">${err}</p>`}</form>`;
}

/** Title, countdown and what may be picked. */
function Head(/** @type {any} */ { board }) {
  const open = board.state === 'open';
  const at = useNow(open && board.deadline ? 250 : 0);
  const left = board.deadline - at, whole = board.opensAt && board.deadline > board.opensAt ? board.deadline - board.opensAt : 60000;
  const rule = [t(board.window === 'day' ? 'vote.rule.day' : 'vote.rule', { max: board.max }),
    board.perTrack ? t('vote.rule.track', { max: board.perTrack }) : '', board.change ? t('vote.rule.change') : ''].filter(Boolean).join(t('vote.comma'));
  return html`<div class="ballot-head">
    ${open && board.deadline > 0 && html`<${Ring} part=${left / whole} urgent=${left < 10000}><b class="fig">${mmss(Math.max(0, left))}</b><//>`}
    <div class="grow"><h2>${board.title}</h2><p class="muted">${open ? rule : t(board.state === 'armed' ? 'vote.armed' : 'vote.over')}</p>
    ${board.voters !== undefined && html`<p class="muted fig small">${t('vote.voters', { n: number(board.voters) })}</p>`}</div></div>`;
}

/** Where the vote stands, in words and colour. */
function Standing(/** @type {any} */ { vote, dirty }) {
  const state = dirty && vote.state === 'idle' ? 'idle' : vote.state;
  return html`<p class=${'standing ' + state} data-vote-state=${state} aria-live="polite">
    ${state === 'done' && html`<span class="dot good"></span>${t('vote.done')} <span class="fig">${vote.receipt ? vote.receipt.leaf.slice(0, 8) : ''}</span>`}
    ${state === 'sending' && t('vote.sending')}
    ${state === 'failed' && html`<span class="dot bad"></span>${t('vote.failed')}${t('vote.comma')}${errorText(vote.err)}`}
    ${state === 'idle' && t('vote.idle')}</p>`;
}

/** The whole ballot. @param {{hub: any, id: string, search?: boolean}} p */
export function Ballot({ hub, id, search }) {
  const board = useTopic(hub, 'ballot/' + id);
  const v = useVote(hub, board);
  const [word, setWord] = useState('');
  const [track, setTrack] = useState('');
  const [level, setLevel] = useState(99);
  const [why, setWhy] = useState('');
  useEffect(() => { api('/v1/me').then((me) => setLevel(me.level || 0)).catch(() => {}); }, [hub.status]);
  const rows = useMemo(() => (board ? board.rows.filter((/** @type {any} */ r) => (!track || r.track === track)
    && (!word || (r.title + r.lead + r.trackName).toLowerCase().includes(word.toLowerCase()))) : []), [board && board.rows, word, track]);
  if (!board) return html`<p class="empty">${t('loading')}</p>`;
  const open = board.state === 'open', count = sum(v.picks), locked = !open || (v.vote.state === 'done' && !board.change && !v.dirty) || v.vote.state === 'sending';
  const onPick = (/** @type {any} */ row) => {
    const n = v.picks[row.entry] || 0, next = { ...v.picks };
    if (n && n >= board.perEntry) delete next[row.entry];
    else {
      const no = refusal(board, v.picks, row);
      if (no && !n) { setWhy(no); return; }
      if (no) delete next[row.entry];
      else next[row.entry] = n + 1;
    }
    setWhy('');
    v.pick(next);
  };
  const may = open && !locked && count >= board.min && (v.dirty || v.vote.state === 'failed');
  return html`<section class="ballot">
    <${Head} board=${board} />
    ${level < board.level && html`<${Redeem} onDone=${() => setLevel(board.level)} />`}
    ${search && html`<div class="filters"><input class="input" type="search" placeholder=${t('vote.search')} aria-label=${t('vote.search')} value=${word}
        onInput=${(/** @type {any} */ e) => setWord(e.target.value)} />
      <select class="input" aria-label=${t('vote.track')} value=${track} onChange=${(/** @type {any} */ e) => setTrack(e.target.value)}>
        <option value="">${t('vote.track.all')}</option>${allTracks().map((x) => html`<option value=${x.id}>${x.short}</option>`)}</select></div>`}
    <ul class="cards">${rows.map((/** @type {any} */ r) => html`<${Card} key=${r.entry} row=${r} n=${v.picks[r.entry] || 0} most=${board.perEntry} disabled=${locked} onPick=${onPick} />`)}</ul>
    ${!rows.length && html`<p class="empty">${t('vote.nothing')}</p>`}
    ${(open || v.vote.state !== 'idle') && html`<div class="foot">
      <div class="grow">${why ? html`<p class="standing failed" aria-live="polite">${why}</p>` : html`<${Standing} vote=${v.vote} dirty=${v.dirty} />`}
        <p class="muted">${t('vote.picked')} <b class="fig">${count}</b> / <span class="fig">${board.max}</span></p></div>
      <button type="button" id="confirm" class="btn main" disabled=${!may} onClick=${v.submit}>
        ${v.vote.state === 'failed' ? t('retry') : v.vote.state === 'done' && !v.dirty ? t('vote.again') : t('vote.confirm')}</button></div>`}
  </section>`;
}

// A ballot as a voter holds it, on the live page and on the voting page.

import { api } from '../lib/api.js';
import { errorText, number, t } from '../lib/i18n.js';
import { left, near } from '../lib/left.js';
import { Ring, Track, allTracks, html, toast, trackStyle, useEffect, useMemo, useNow, useState, useTopic } from '../lib/ui.js';
import { paperOf } from './paper.js';

/** @typedef {import('./paper.js').Paper} Paper */

/** The paper of a ballot, drawn anew whenever it changes. @param {any} hub @param {string} id @returns {Paper|null} */
export function usePaper(hub, id) {
  const [, turn] = useState(0);
  const paper = id ? paperOf(hub, id) : null;
  useEffect(() => {
    if (!paper) return undefined;
    const f = () => turn((n) => n + 1);
    paper.watchers.add(f);
    f();
    return () => { paper.watchers.delete(f); };
  }, [paper]);
  return paper;
}

/** One entry to pick. */
function Card(/** @type {{row: any, n: number, most: number, disabled: boolean, onPick: (row: Doc.BoardRow) => void}} */ { row, n, most, disabled, onPick }) {
  return html`<li><button type="button" class=${'card' + (n ? ' on' : '')} data-entry=${row.entry} aria-pressed=${n > 0} disabled=${disabled}
      style=${trackStyle(row.track)} onClick=${() => onPick(row)}>
    <span class="edge"></span>
    <span class="grow"><b>${row.title}</b><small><${Track} id=${row.track} name=${row.trackName} /> · ${row.lead}</small></span>
    ${row.votes !== undefined && html`<span class="fig votes">${t('vote.votes', { n: number(row.votes) })}</span>`}
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

/** The whole time of a round, ms: from its opening, else a guess. @param {Doc.Board} board */
const whole = (board) => Math.max(1, board.deadline - (board.openedAt || board.deadline - 60000));

/** Title, countdown and what may be picked. */
function Head(/** @type {{board: Doc.Board}} */ { board }) {
  const open = board.state === 'open', timed = open && board.deadline > 0;
  const at = useNow(timed ? 250 : 0);
  const rest = board.deadline - at;
  const rule = [t(board.window === 'day' ? 'vote.rule.day' : 'vote.rule', { max: board.max }),
    board.min > 1 ? t('vote.rule.min', { min: board.min }) : '', board.perEntry > 1 ? t('vote.rule.each', { max: board.perEntry }) : '',
    board.perTrack ? t('vote.rule.track', { max: board.perTrack }) : '', board.change ? t('vote.rule.change') : ''].filter(Boolean).join(t('vote.comma'));
  return html`<div class="ballot-head">
    ${timed && near(rest) && html`<${Ring} part=${rest / whole(board)} urgent=${rest < 10000}><b class="fig" data-left>${left(rest)}</b><//>`}
    <div class="grow"><h2>${board.title}</h2><p class="muted">${open ? rule : t(board.state !== 'armed' ? 'vote.over' : board.round ? 'vote.rearmed' : 'vote.armed')}</p>
    ${timed && !near(rest) && html`<p class="muted fig" data-left>${t('vote.left', { time: left(rest) })}</p>`}
    ${board.note && html`<p class="small">${t('vote.note', { note: board.note })}</p>`}
    ${board.voters !== undefined && board.state !== 'armed' && html`<p class="muted fig small">${t('vote.voters', { n: number(board.voters) })}</p>`}
    ${board.closing && html`<p class="muted small closing" data-closing=${board.closing}>${t('vote.closing')} <code class="fig">${board.closing.replace(/.{8}/g, '$& ')}</code></p>`}</div></div>`;
}

/** The time beside the button, since the head scrolls away. */
function Rest(/** @type {{board: Doc.Board}} */ { board }) {
  const rest = board.deadline - useNow(250);
  return near(rest) ? html` · <span class=${'fig' + (rest < 10000 ? ' urgent' : '')}>${left(rest)}</span>` : null;
}

const short = (/** @type {Doc.Receipt|null} */ receipt) => (receipt ? receipt.leaf.slice(0, 8) : '');

/** What is missing until the vote can be sent, or counts until it is. @param {Paper} paper */
function idle(paper) {
  const n = paper.total(), least = paper.board.min;
  const why = n > 0 && n < least ? t('vote.least', { n: least - n }) : '';
  if (!paper.receipt || !paper.dirty) return why || t('vote.idle');
  return html`<span class="dot warn"></span>${why || t('vote.changed')}${why && html` <small>${t('vote.changed')}</small>`}`;
}

/** Where the vote stands, in words and colour. @param {{paper: Paper}} p */
function Standing({ paper }) {
  const { state, board, err, receipt } = paper;
  return html`<p class=${'standing ' + state} data-vote-state=${state} aria-live="polite">
    ${state === 'done' && html`<span class="dot good"></span>${t(board.state === 'open' ? 'vote.done' : 'vote.counted')} <span class="fig">${short(receipt)}</span>`}
    ${state === 'sending' && t('vote.sending')}
    ${state === 'waiting' && html`<span class="dot warn"></span>${t(err ? 'vote.waiting' : 'vote.slow')}${err && html` <small>${errorText(err)}</small>`}`}
    ${state === 'failed' && html`<span class="dot bad"></span>${t('vote.failed')}${t('vote.comma')}${errorText(err)}`}
    ${state === 'missed' && html`<span class="dot bad"></span>${receipt ? html`${t('vote.missed.changed')} <span class="fig">${short(receipt)}</span>` : t('vote.missed', { n: paper.missed })}`}
    ${state === 'idle' && idle(paper)}</p>`;
}

/** The button, and beside it how things stand. @param {{paper: Paper}} p */
function Foot({ paper }) {
  const { board, state } = paper;
  const open = board.state === 'open';
  if (!open && state === 'idle') return null;
  return html`<div class="foot">
    <div class="grow"><${Standing} paper=${paper} />
      ${open && html`<p class="muted">${t('vote.picked')} <b class="fig">${paper.total()}</b> / <span class="fig">${board.max}</span>${board.deadline > 0 && html`<${Rest} board=${board} />`}</p>`}</div>
    ${open && html`<button type="button" id="confirm" class="btn main" disabled=${!paper.may} onClick=${() => paper.submit()}>
      ${state === 'failed' ? t('retry') : state === 'done' ? t('vote.again') : t('vote.confirm')}</button>`}</div>`;
}

/** The whole ballot. @param {{hub: any, id: string, search?: boolean, order?: (b: Doc.Board) => Doc.BoardRow[]}} p */
export function Ballot({ hub, id, search, order }) {
  /** @type {Doc.Board|null} */
  const board = useTopic(hub, 'ballot/' + id);
  const paper = /** @type {Paper} */ (usePaper(hub, id));
  const [word, setWord] = useState('');
  const [track, setTrack] = useState('');
  const [level, setLevel] = useState(99);
  useEffect(() => { api('/v1/me').then((me) => setLevel(me.level || 0)).catch(() => {}); }, [hub.status]);
  const rows = useMemo(() => (board ? (order ? order(board) : board.rows).filter((r) => (!track || r.track === track)
    && (!word || (r.title + r.lead + r.trackName).toLowerCase().includes(word.toLowerCase()))) : []), [board, word, track]);
  if (!board || !paper.board) return html`<p class="empty">${t('loading')}</p>`;
  const onPick = (/** @type {Doc.BoardRow} */ row) => {
    const no = paper.pick(row);
    if (no) toast(t(no[0], no[1]), 'bad'); // beside the standing, never in its place
  };
  return html`<section class="ballot" data-ballot-state=${board.state}>
    <${Head} board=${board} />
    ${level < board.level && html`<${Redeem} onDone=${() => setLevel(board.level)} />`}
    ${search && html`<div class="filters"><input class="input" type="search" placeholder=${t('vote.search')} aria-label=${t('vote.search')} value=${word}
        onInput=${(/** @type {any} */ e) => setWord(e.target.value)} />
      <select class="input" aria-label=${t('vote.track')} value=${track} onChange=${(/** @type {any} */ e) => setTrack(e.target.value)}>
        <option value="">${t('vote.track.all')}</option>${allTracks().map((x) => html`<option value=${x.id}>${x.short}</option>`)}</select></div>`}
    <ul class="cards">${rows.map((r) => html`<${Card} key=${r.entry} row=${r} n=${paper.count(r.entry)} most=${board.perEntry} disabled=${paper.fixed(r.entry)} onPick=${onPick} />`)}</ul>
    ${!rows.length && html`<p class="empty">${t('vote.nothing')}</p>`}
    <${Foot} paper=${paper} />
  </section>`;
}

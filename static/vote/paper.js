// A voter's paper and its way to the box. It outlives the view that shows it: a
// tab may be left while the vote is under way.
//
// A vote whose fate is not known is sent again with the same revision, which the
// box counts once, until the box has answered; only then may another be made.

import { Refused, api, base, retryAfter } from '../lib/api.js';
import { now } from '../lib/clock.js';
import { onMine, tellMine } from './mine.js';

const PATIENCE = 8000; // ms of one attempt
const SLOW = 4000; // ms until the voter is told that it takes long
const SILENT = 6000; // ms without a frame after which HTTP is the better way
const FIRST = 500, LONGEST = 10000; // ms, the back-off's bounds
const FUTURE = 60000; // ms ahead of the server's clock: no revision of ours, but of a device whose clock was wrong

/** @typedef {Record<string, number>} Picks how often each entry is picked */
/** @typedef {Pick<Doc.MyVotes, 'rev'|'choice'|'receipts'>} Mine what counts, and the receipts */
/** @typedef {{rev: number, choice: string[], salt: string, round: number, tried?: boolean}} Sent tried: an attempt went unanswered, so it may be stored */

function salt() {
  const b = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(b, (x) => x.toString(16).padStart(2, '0')).join('');
}

/** @param {Picks} picks */
export const sum = (picks) => Object.values(picks).reduce((a, b) => a + b, 0);

/** @param {string[]} choice @returns {Picks} */
function counted(choice) {
  /** @type {Picks} */
  const out = {};
  for (const e of choice) out[e] = (out[e] || 0) + 1;
  return out;
}

/** @param {Picks} a @param {Picks} b */
const equal = (a, b) => Object.keys({ ...a, ...b }).every((e) => (a[e] || 0) === (b[e] || 0));

/** Whether the same vote may and must be sent again. @param {any} err */
function unsettled(err) {
  return err.away || ['limited', 'unavailable', 'internal'].includes(err.kind) || err.status >= 500;
}

export class Paper {
  /** @param {any} hub @param {string} id of the ballot */
  constructor(hub, id) {
    this.hub = hub;
    this.id = id;
    /** @type {Doc.Board} null until it came, and nothing is asked of the paper before */
    this.board = /** @type {any} */ (null);
    /** @type {Picks} not sent yet: the whole choice where it may be changed, else what is added */
    this.picks = {};
    /** @type {Picks} what counts now, in this window */
    this.given = {};
    this.dirty = false;
    /** @type {'idle'|'sending'|'waiting'|'done'|'failed'|'missed'} */
    this.state = 'idle';
    /** @type {any} */
    this.err = null;
    /** @type {Doc.Receipt|null} of what counts now */
    this.receipt = null;
    this.missed = 0; // picks that the close cut off
    /** @type {Sent|null} the vote under way */
    this.pending = null;
    this.sending = false;
    this.rev = 0; // the highest that we know of
    this.stored = 0; // the highest that the box has said it holds, in this round
    this.loading = false;
    this.stale = false; // asked to load while loading
    /** @type {any} */
    this.timer = 0;
    /** @type {Set<() => void>} */
    this.naps = new Set();
    /** @type {Set<() => void>} */
    this.watchers = new Set();

    const topic = hub.topic('ballot/' + id);
    topic.seen.add(() => this.follow(topic.doc));
    if (topic.doc) this.follow(topic.doc);
    hub.watchers.add(() => { if (hub.status === 'live') this.back(); });
    addEventListener('online', () => this.back());
    addEventListener('pageshow', () => this.back(0));
    document.addEventListener('visibilitychange', () => { if (!document.hidden) this.back(0); });
    onMine(id, () => this.load());
  }

  told() { this.watchers.forEach((f) => f()); }

  /** @param {Paper['state']} state @param {any} [err] */
  set(state, err) { this.state = state; this.err = err || null; this.told(); }

  /** Takes the board as it stands. @param {Doc.Board} board */
  follow(board) {
    const before = this.board;
    this.board = board;
    if (!board) return;
    if (!before || before.round !== board.round) this.begin();
    else if (before.state === 'open' && board.state !== 'open') this.shut();
    else if (before.state !== 'armed' && board.state === 'armed') this.begin(); // another round waits: what was given counts no more
  }

  /** A new round, or the page's first sight of one. */
  begin() {
    if (!this.pending) this.pending = this.kept();
    this.given = {}; this.receipt = null; this.missed = 0; this.stored = 0;
    this.picks = this.pending ? counted(this.pending.choice) : {};
    this.dirty = false;
    if (!this.pending) this.set('idle');
    else if (!this.sending) this.send();
    this.load();
  }

  /** The ballot closed: what was not sent doesn't count, and is said so. */
  shut() {
    if (this.pending || !this.dirty) return;
    this.cut(sum(this.picks));
  }

  /** @param {number} n picks that don't count */
  cut(n) {
    this.missed = n;
    this.clear();
    this.set('missed');
  }

  /** Puts the cards back to what counts. */
  clear() {
    this.dirty = false;
    this.picks = this.board.change ? { ...this.given } : {};
  }

  // --- what the voter does

  /** How often an entry is picked, with what was given before. @param {string} entry */
  count(entry) { return (this.picks[entry] || 0) + (this.board.change ? 0 : this.given[entry] || 0); }

  total() { return sum(this.picks) + (this.board.change ? 0 : sum(this.given)); }

  /** Whether no card may be touched. */
  get locked() {
    const b = this.board;
    return b.state !== 'open' || !!this.pending || (!b.change && sum(this.given) >= b.max);
  }

  /** Whether this card is fixed: papers that add up can't be taken back. @param {string} entry */
  fixed(entry) { return this.locked || (!this.board.change && (this.given[entry] || 0) >= this.board.perEntry); }

  /** Whether there is something to confirm. */
  get may() { return !this.locked && this.dirty && sum(this.picks) > 0 && this.total() >= this.board.min; }

  /** Picks an entry once more, or takes it away after the most. Returns why it
      can't, as a text's key and its arguments. @param {Doc.BoardRow} row @returns {[string, any]|null} */
  pick(row) {
    const b = this.board, n = this.picks[row.entry] || 0, next = { ...this.picks };
    if (this.fixed(row.entry)) return null;
    const no = this.refusal(row);
    if (no && !n) return no;
    if (no || this.count(row.entry) >= b.perEntry) delete next[row.entry];
    else next[row.entry] = n + 1;
    this.picks = next;
    this.dirty = !equal(next, b.change ? this.given : {});
    this.missed = 0;
    this.set(this.dirty || !this.receipt ? 'idle' : 'done');
    return null;
  }

  /** @param {Doc.BoardRow} row @returns {[string, any]|null} */
  refusal(row) {
    const b = this.board;
    if (this.total() >= b.max) return ['vote.full', { max: b.max }];
    const same = b.rows.filter((r) => r.track === row.track).reduce((n, r) => n + this.count(r.entry), 0);
    return b.perTrack > 0 && same >= b.perTrack ? ['vote.track.full', { max: b.perTrack }] : null;
  }

  submit() {
    if (!this.may) return;
    this.rev = Math.max(this.rev + 1, now());
    const choice = Object.entries(this.picks).flatMap(([e, n]) => Array(n).fill(e));
    this.pending = { rev: this.rev, choice, salt: salt(), round: this.board.round };
    this.keep();
    this.send();
  }

  // --- its way to the box

  place() { return 'hecai:vote:' + base + this.id; }

  /** The vote under way outlives the page: a phone drops tabs that it can't see. */
  keep() {
    try {
      if (this.pending) sessionStorage.setItem(this.place(), JSON.stringify(this.pending));
      else sessionStorage.removeItem(this.place());
    } catch (e) { /* it lives as long as the page */ }
  }

  /** @returns {Sent|null} */
  kept() {
    try {
      const v = JSON.parse(sessionStorage.getItem(this.place()) || 'null');
      return v && { ...v, tried: true };
    } catch (e) { return null; }
  }

  /** Sends the vote under way until its fate is known. */
  async send() {
    this.sending = true;
    this.set('sending');
    for (let tries = 0, stale = 0, asked = false; this.pending; tries++) {
      const v = this.pending;
      const slow = setTimeout(() => this.set('waiting', this.err), SLOW);
      let err = null;
      try {
        const out = await this.attempt(v, tries);
        this.settle(v, { rev: out.rev, choice: out.choice, receipts: [out.receipt] }, out.receipt);
      } catch (e) { err = /** @type {any} */ (e); }
      clearTimeout(slow);
      if (!err) break;
      if (err.code === 'access.signin' && !asked) { // the cookie is gone: a new device, and not this socket
        asked = true;
        try { await api('/v1/device', { method: 'POST', body: {} }); } catch (x) { /* the next attempt says */ }
      } else if (this.behind(v, err) && stale++ < 3) {
        this.keep();
      } else if (unsettled(err)) {
        v.tried = true;
        this.set('waiting', err);
        await this.rest(retryAfter(err) + Math.random() * Math.min(LONGEST, FIRST * 2 ** tries));
      } else {
        await this.refused(v, err);
        break;
      }
    }
    this.sending = false;
    if (this.pending) this.send(); // of a round that began meanwhile
  }

  /** One attempt, over the socket while it is well. @param {Sent} v @param {number} tries @returns {Promise<Doc.CastReply>} */
  attempt(v, tries) {
    const hub = this.hub;
    const body = { ballot: this.id, rev: v.rev, choice: v.choice, salt: v.salt, round: v.round };
    const well = hub.status === 'live' && navigator.onLine !== false && hub.silence() < SILENT && tries % 2 === 0;
    return well ? hub.request('vote.cast', body) : api('/v1/votes', { body, timeout: PATIENCE });
  }

  /** Whether the box knows a higher revision that is not a later vote of this
      device: then this vote, which is not stored, gets a higher one.
      @param {Sent} v @param {any} err */
  behind(v, err) {
    if (err.code !== 'vote.rev_stale' && err.code !== 'vote.rev_conflict') return false;
    const known = Number(err.args.rev) || 0;
    // After attempts that nobody answered, another tab may have voted since.
    if (v.tried && this.board.change && known <= now() + FUTURE) return false;
    v.rev = Math.max(v.rev, known, this.rev) + 1;
    v.tried = false;
    this.rev = v.rev;
    return true;
  }

  /** @param {number} ms @returns {Promise<void>} */
  rest(ms) {
    return new Promise((done) => {
      const end = () => { clearTimeout(timer); this.naps.delete(end); done(); };
      const timer = setTimeout(end, ms);
      this.naps.add(end);
    });
  }

  /** The network is back, or the voter is: the vote goes on, and what counts is
      asked anew. Spread, since a hall comes back at one instant.
      @param {number} [spread] ms */
  back(spread = 2000) {
    setTimeout(() => { this.naps.forEach((f) => f()); this.load(); }, Math.random() * spread);
  }

  /** The box has it. @param {Sent} v @param {Mine} mine @param {Doc.Receipt} receipt */
  settle(v, mine, receipt) {
    this.pending = null;
    this.keep();
    tellMine(this.id, { ...receipt, salt: v.salt, at: now() });
    if (v.round !== this.board.round) { this.begin(); return; }
    this.clear();
    this.adopt(mine);
    this.receipt = this.receipt || receipt;
    this.set('done');
    if (receipt.rev !== mine.rev || !mine.choice.length) this.load(); // it is not what counts now
  }

  /** The box said no. @param {Sent} v @param {any} err */
  async refused(v, err) {
    // A refusal tells of this attempt; of an earlier one without an answer the
    // receipts do, after a new round has begun, say.
    const mine = v.tried ? await this.ask() : null;
    const had = mine && mine.receipts.find((r) => r.rev === v.rev && r.round === v.round);
    if (had) { this.settle(v, mine, had); return; }
    this.pending = null;
    this.keep();
    if (v.round !== this.board.round) { this.begin(); return; }
    if (err.args.rev !== undefined) this.rev = Math.max(this.rev, err.args.rev);
    if (err.kind === 'closed') this.cut(sum(this.picks));
    else if (err.code === 'vote.rev_stale') { this.clear(); this.set('idle'); } // another tab's later vote counts
    else { this.dirty = true; this.set('failed', err); }
    this.load();
  }

  // --- what counts

  /** What this device has in the ballot; waits for a network. @returns {Promise<Doc.MyVotes|null>} */
  async ask() {
    for (let tries = 1; ; tries++) {
      try { return await api('/v1/votes/mine?ballot=' + encodeURIComponent(this.id), { timeout: PATIENCE }); } catch (e) {
        const err = /** @type {any} */ (e);
        if (!(err instanceof Refused) || !unsettled(err)) return null;
        await this.rest(retryAfter(err) + Math.random() * Math.min(LONGEST, FIRST * 2 ** tries));
      }
    }
  }

  /** Asks what counts now: a new day may have begun, another tab may have voted. */
  async load(last = false) {
    if (!this.board) return;
    if (this.loading) { this.stale = true; return; }
    clearTimeout(this.timer);
    this.loading = true;
    const round = this.board.round;
    const mine = await this.ask();
    this.loading = false;
    const old = this.stale || this.board.round !== round;
    this.stale = false;
    if (mine && !old && mine.until) this.timer = setTimeout(() => this.load(), Math.max(1000, mine.until - now()) + Math.random() * 3000);
    if (old) this.load();
    else if (!mine) return; // no device yet: nothing was given
    else if (mine.rev < this.stored && !last) setTimeout(() => this.load(true), FIRST); // it left before our vote was stored
    else if (!this.pending) this.adopt(mine);
  }

  /** @param {Mine} mine */
  adopt(mine) {
    this.rev = Math.max(this.rev, mine.rev);
    this.stored = Math.max(this.stored, mine.rev);
    const open = this.board.state === 'open';
    if (open) this.given = counted(mine.choice); // afterwards the server tells no choice, only receipts
    const ours = this.board.state === 'armed' ? [] : mine.receipts.filter((r) => r.round === this.board.round);
    this.receipt = mine.choice.length || !open ? ours.reduce((a, r) => (a && a.rev > r.rev ? a : r), /** @type {Doc.Receipt|null} */ (null)) : null;
    if (this.dirty && !this.board.change && this.total() > this.board.max) this.clear();
    if (!this.dirty) this.clear();
    if (!this.dirty && this.state !== 'missed') this.set(this.receipt ? 'done' : 'idle');
    else this.told();
  }
}

/** @type {Map<string, Paper>} */
const papers = new Map();

/** The paper of a ballot on this page. @param {any} hub @param {string} id @returns {Paper} */
export function paperOf(hub, id) {
  let p = papers.get(id);
  if (!p) { p = new Paper(hub, id); papers.set(id, p); }
  return p;
}

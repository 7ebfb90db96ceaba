// The judge's sheets and their way to the server. What a judge has typed is
// first in this device's storage, then on the server; it leaves the storage only
// when the server has said that it holds the same.

import { Refused, api, base } from '../lib/api.js';
import { now } from '../lib/clock.js';
import { same } from './marks.js';

const TYPING = 500; // ms without a change until a draft is sent
const RETRY = [1500, 3000, 6000, 12000]; // ms between attempts

/** @typedef {{marks: Record<string, number>, comment: string}} Content */
/** @typedef {Doc.Sheet} Sheet */
/** @typedef {Content & {rev: number, at: number, sent: Content[]}} Draft rev is the server's that it follows; sent is what may have arrived unanswered */
/** @typedef {Doc.JudgeEntry} Entry */
/** @typedef {Doc.JudgeDesk} Desk */

export class Sheets {
  /** @param {string} show whose sheets they are; '' = the one that the link is of */
  constructor(show) {
    this.show = show;
    /** @type {Desk|null} */
    this.desk = null;
    /** @type {any} why the desk could not be read */
    this.error = null;
    /** @type {any} why nothing is taken any more: the rehearsal has ended */
    this.over = null;
    /** @type {Record<string, Draft>} not on the server yet, by entry */
    this.drafts = {};
    /** @type {Record<string, any>} why the last attempt failed, by entry */
    this.failed = {};
    /** @type {Record<string, {mine: Draft, theirs: Sheet}>} lost to another device, by entry */
    this.clashes = {};
    /** @type {Set<string>} entries with an unsent draft that was cut off by a lock */
    this.late = new Set();
    /** @type {Map<string, Promise<void>>} */
    this.sending = new Map();
    /** @type {Map<string, any>} */
    this.timers = new Map();
    /** @type {Record<string, number>} */
    this.tries = {};
    /** @type {Set<() => void>} */
    this.watchers = new Set();
    addEventListener('online', () => this.resend());
    addEventListener('pagehide', () => this.keep());
  }

  changed() { this.watchers.forEach((f) => f()); }

  /** @param {string} id @returns {Entry|undefined} */
  entry(id) { return this.desk ? this.desk.entries.find((e) => e.id === id) : undefined; }

  /** What the judge sees of a sheet: their own draft before the server's. @param {Entry} e @returns {Content} */
  content(e) { return this.drafts[e.id] || { marks: e.sheet.marks || {}, comment: e.sheet.comment }; }

  /** Where a draft stands: saved, saving or unsynced. @param {string} id */
  standing(id) {
    if (!this.drafts[id]) return 'saved';
    return this.failed[id] ? 'unsynced' : 'saving';
  }

  /** Whether the judge has marked it. @param {Entry} e */
  filled(e) { const c = this.content(e); return Object.keys(c.marks).length > 0 || !!c.comment; }

  /** How many drafts the server doesn't have. One of an entry that has left waits for its return. */
  unsynced() { return Object.keys(this.drafts).filter((id) => this.failed[id] && this.entry(id)).length; }

  /** Where the judge's desk, or what lies on it, is. @param {string} [under] @returns {string} */
  at(under = '') { return '/v1/judge' + under + (this.show && '?session=' + encodeURIComponent(this.show)); }

  async load() {
    try {
      this.take(await api(this.at()));
    } catch (err) { this.error = err; }
    this.changed();
  }

  /** @param {Desk} desk */
  take(desk) {
    const first = !this.desk;
    for (const e of desk.entries) {
      e.sheet.marks = e.sheet.marks || {};
      const had = this.entry(e.id);
      if (had && had.sheet.rev > e.sheet.rev) e.sheet = had.sheet; // the answer to a save was quicker
    }
    this.desk = desk;
    this.error = null;
    if (first) this.restore();
    for (const e of desk.entries) {
      const draft = this.drafts[e.id];
      if (!draft || this.sending.has(e.id)) continue;
      if (same(draft, e.sheet)) this.drop(e.id);
      else if (e.sheet.state !== 'draft' || e.locked) { this.late.add(e.id); this.drop(e.id); }
    }
    this.keep();
    this.resend();
  }

  /** @param {string} id */
  drop(id) {
    delete this.drafts[id];
    delete this.failed[id];
    delete this.tries[id];
    clearTimeout(this.timers.get(id));
  }

  place() { return this.desk ? `hecai:judge:${base}${this.desk.session.id}:${this.desk.judge.id}` : ''; }

  keep() {
    if (!this.desk) return;
    try {
      if (Object.keys(this.drafts).length) localStorage.setItem(this.place(), JSON.stringify(this.drafts));
      else localStorage.removeItem(this.place());
    } catch (e) { /* storage is off: the draft lives as long as the page */ }
  }

  /** Takes up what an earlier visit could not send. */
  restore() {
    try {
      const had = JSON.parse(localStorage.getItem(this.place()) || '{}');
      for (const [id, draft] of Object.entries(had)) this.drafts[id] = /** @type {Draft} */ (draft);
    } catch (e) { /* not ours, or storage is off */ }
  }

  /** @param {string} id @param {Record<string, number>} marks @param {string} comment */
  edit(id, marks, comment) {
    const e = this.entry(id);
    if (!e) return;
    const had = this.drafts[id];
    this.drafts[id] = { rev: had ? had.rev : e.sheet.rev, marks, comment, at: now(), sent: had ? had.sent : [] };
    delete this.clashes[id];
    this.keep();
    this.later(id, TYPING);
    this.changed();
  }

  /** @param {string} id @param {number} ms */
  later(id, ms) {
    clearTimeout(this.timers.get(id));
    this.timers.set(id, setTimeout(() => this.save(id), ms));
  }

  /** Sends everything that is waiting, now; what was refused for good waits for the judge. */
  resend() {
    for (const id of Object.keys(this.drafts)) {
      const no = this.failed[id];
      if (!this.sending.has(id) && this.entry(id) && !(no && no.kind === 'invalid')) this.later(id, 50);
    }
  }

  /** Sends the draft of an entry; the promise ends when it is settled, either way. @param {string} id @returns {Promise<void>} */
  save(id) {
    clearTimeout(this.timers.get(id));
    const under = this.sending.get(id);
    if (under) return under;
    if (!this.entry(id)) return Promise.resolve();
    const run = this.put(id).finally(() => { this.sending.delete(id); this.keep(); this.changed(); });
    this.sending.set(id, run);
    return run;
  }

  /** @param {string} id */
  async put(id) {
    for (let draft = this.drafts[id]; draft; draft = this.drafts[id]) {
      try {
        /** @type {Sheet} */
        const sheet = await api(this.at('/sheets/' + encodeURIComponent(id)), { method: 'PUT', timeout: 8000, body: { rev: draft.rev, marks: draft.marks, comment: draft.comment } });
        this.stored(id, sheet);
        delete this.failed[id];
        delete this.tries[id];
        const next = this.drafts[id];
        if (next === draft) this.drop(id);
        else if (next) { next.rev = sheet.rev; next.sent = []; }
      } catch (err) {
        if (!await this.refused(id, draft, /** @type {any} */ (err))) return;
      }
      this.changed();
    }
  }

  /** Judges a refusal; true means try again at once. @param {string} id @param {Draft} draft @param {Refused} err */
  async refused(id, draft, err) {
    const mine = this.drafts[id] || draft;
    if (err.code === 'sheet.stale_rev') return this.compare(id);
    this.failed[id] = err;
    if (err.code === 'take.over') { // what was typed in a rehearsal ends with it
      this.over = err;
      Object.keys(this.drafts).forEach((x) => this.drop(x));
    } else if (err.code === 'stage.unknown_entry') setTimeout(() => this.load(), 0); // it has left
    else if (err.code.startsWith('net.') || err.status >= 500) {
      mine.sent = [...mine.sent, { marks: draft.marks, comment: draft.comment }].slice(-8);
      const n = this.tries[id] || 0;
      this.tries[id] = n + 1;
      this.later(id, RETRY[Math.min(n, RETRY.length - 1)]);
    } else if (['sheet.submitted', 'sheet.locked', 'sheet.recused'].includes(err.code)) {
      this.late.add(id);
      this.drop(id);
      setTimeout(() => this.load(), 0);
    }
    return false;
  }

  /** The server has another revision: our own that went unanswered, or another device's. @param {string} id */
  async compare(id) {
    let theirs;
    try {
      const found = /** @type {Desk} */ (await api(this.at())).entries.find((e) => e.id === id);
      if (!found) { this.load(); return false; }
      theirs = found.sheet;
    } catch (err) {
      this.failed[id] = err;
      this.later(id, RETRY[1]);
      return false;
    }
    theirs.marks = theirs.marks || {};
    const mine = this.drafts[id];
    if (!mine) return false;
    this.stored(id, theirs);
    if (theirs.state === 'draft' && mine.sent.some((s) => same(s, theirs))) {
      mine.rev = theirs.rev;
      mine.sent = [];
      return true;
    }
    if (!same(mine, theirs)) this.clashes[id] = { mine, theirs };
    this.drop(id);
    return false;
  }

  /** @param {string} id @param {Sheet} sheet */
  stored(id, sheet) {
    const e = this.entry(id);
    sheet.marks = sheet.marks || {};
    if (e && sheet.rev >= e.sheet.rev) e.sheet = sheet;
  }

  /** Puts back what lost to another device, as a new edit. @param {string} id */
  restoreMine(id) {
    const clash = this.clashes[id];
    if (clash) this.edit(id, clash.mine.marks, clash.mine.comment);
  }

  /** @param {string} id */
  forget(id) { delete this.clashes[id]; this.late.delete(id); this.changed(); }

  /** Hands in the sheet as it is on the screen. Throws Refused. @param {string} id */
  async submit(id) {
    await this.save(id);
    const e = this.entry(id);
    if (!e) throw new Refused('net.lost');
    if (this.drafts[id]) throw this.failed[id] || new Refused('net.lost');
    if (this.clashes[id]) throw new Refused('sheet.stale_rev');
    try {
      this.stored(id, await api(this.at('/sheets/' + encodeURIComponent(id) + '/submit'), { body: { rev: e.sheet.rev } }));
    } finally { this.load(); }
  }

  /** Takes the judge off the entry. Throws Refused. @param {string} id @param {string} reason */
  async recuse(id, reason) {
    this.stored(id, await api(this.at('/sheets/' + encodeURIComponent(id) + '/recuse'), { body: { reason } }));
    this.drop(id);
    this.keep();
    this.load();
  }
}

// The live connection: one socket, topics of two kinds, requests. The protocol
// is hub/wire/PROTOCOL.md. It comes back by itself and says how it stands.

import { Refused, api } from './api.js';
import { sync } from './clock.js';

const SILENCE = 12000; // ms without a frame (heartbeats come every 5 s) until the socket counts as dead
const ANSWER = 8000; // ms to wait for an answer

/** @typedef {{doc: any, v: number, seen: Set<() => void>}} Topic */

export class Hub {
  /** @param {{as?: string, prepare?: () => Promise<any>}} [o] prepare runs before each connection, to make a device, say */
  constructor(o = {}) {
    this.options = o;
    /** @type {Map<string, Topic>} */
    this.topics = new Map();
    /** @type {Map<string, {last: number|null, seen: Set<(ev: any) => void>}>} */
    this.streams = new Map();
    /** @type {Map<number, {ok: (v: any) => void, fail: (e: any) => void, timer: any}>} */
    this.waiting = new Map();
    this.next = 0;
    this.tries = 0;
    /** connecting, live, lost or refused */
    this.status = 'connecting';
    /** @type {any} why it was refused */
    this.why = null;
    /** @type {Set<() => void>} */
    this.watchers = new Set();
    /** @type {WebSocket|null} */
    this.ws = null;
    this.alive = 0;
    /** @type {any} */
    this.retry = 0;
    this.stopped = false;
    addEventListener('online', () => this.hurry());
    document.addEventListener('visibilitychange', () => { if (!document.hidden) this.hurry(); });
    setInterval(() => this.check(), 3000);
  }

  /** Opens the socket and keeps it open. */
  start() { this.connect(); return this; }

  /** @param {string} s @param {any} [why] */
  set(s, why) {
    this.why = why || null;
    if (s === this.status && s !== 'refused') return;
    this.status = s;
    this.watchers.forEach((f) => f());
  }

  hurry() {
    if (this.retry && this.status === 'lost') {
      clearTimeout(this.retry || undefined);
      this.retry = 0;
      this.connect();
    }
  }

  check() {
    if (this.ws && this.alive && Date.now() - this.alive > SILENCE) this.ws.close();
  }

  async connect() {
    if (this.stopped || this.ws) return;
    let ticket;
    try {
      if (this.options.prepare) await this.options.prepare();
      ticket = (await api('/v1/ws-tickets', { body: { as: this.options.as || '' } })).ticket;
    } catch (err) {
      if (err instanceof Refused && (err.status === 401 || err.status === 403)) this.set('refused', err);
      else this.again(0);
      return;
    }
    const ws = new WebSocket(location.origin.replace(/^http/, 'ws') + '/ws');
    this.ws = ws;
    this.alive = Date.now();
    let after = 0;
    ws.onopen = () => ws.send(JSON.stringify({ t: 'auth', ticket }));
    ws.onmessage = (m) => {
      this.alive = Date.now();
      const f = JSON.parse(m.data);
      if (f.t === 'bye') after = f.after || 0;
      else this.take(f);
    };
    ws.onclose = (e) => {
      this.ws = null;
      for (const w of this.waiting.values()) { clearTimeout(w.timer); w.fail(new Refused('net.lost')); }
      this.waiting.clear();
      if (e.code === 4503) this.set('refused', new Refused('access.revoked'));
      else this.again(after);
    };
  }

  /** Comes back after a while that grows, spread so that a hall doesn't come back at once. @param {number} after ms */
  again(after) {
    this.set('lost');
    const wait = after || Math.min(10000, 400 * 2 ** Math.min(this.tries, 5)) * (0.5 + Math.random());
    this.tries++;
    clearTimeout(this.retry || undefined);
    this.retry = setTimeout(() => this.connect(), wait);
  }

  /** @param {any} f */
  take(f) {
    switch (f.t) {
      case 'hello':
        sync(f.now);
        this.tries = 0;
        this.subscribe([...this.topics.keys(), ...this.streams.keys()]);
        this.set('live');
        break;
      case 'hb': sync(f.now); break;
      case 'snap': {
        const topic = this.topics.get(f.k);
        if (topic) { topic.doc = f.d; topic.v = f.v; topic.seen.forEach((g) => g()); }
        break;
      }
      case 'delta': {
        const topic = this.topics.get(f.k);
        if (!topic) break;
        if (f.v !== topic.v + 1) { this.send({ t: 'sub', k: [f.k] }); break; } // missed one: a fresh snapshot
        const doc = Object.assign({}, topic.doc, f.d);
        for (const k of Object.keys(f.d)) if (f.d[k] === null) delete doc[k];
        topic.doc = doc; topic.v = f.v;
        topic.seen.forEach((g) => g());
        break;
      }
      case 'ev': {
        const s = this.streams.get(f.k);
        if (s && (s.last === null || f.s > s.last)) { s.last = f.s; s.seen.forEach((g) => g(f.d)); }
        break;
      }
      case 'gap': {
        const s = this.streams.get(f.k);
        if (s) s.last = f.s;
        break;
      }
      case 're': {
        const w = this.waiting.get(f.id);
        if (!w) break;
        this.waiting.delete(f.id);
        clearTimeout(w.timer);
        if (f.err) w.fail(new Refused(f.err.code, f.err.args, 0, f.err.kind));
        else w.ok(f.d);
        break;
      }
    }
  }

  /** @param {any} frame */
  send(frame) {
    if (!this.ws || this.ws.readyState !== 1) return false;
    this.ws.send(JSON.stringify(frame));
    return true;
  }

  /** @param {string[]} names */
  subscribe(names) {
    /** @type {Record<string, number>} */
    const since = {};
    for (const n of names) {
      const s = this.streams.get(n);
      if (s && s.last !== null) since[n] = s.last;
    }
    if (names.length) this.send({ t: 'sub', k: names, since });
  }

  /** The state topic of that name. @param {string} name @returns {Topic} */
  topic(name) {
    let topic = this.topics.get(name);
    if (!topic) {
      topic = { doc: null, v: 0, seen: new Set() };
      this.topics.set(name, topic);
      if (this.status === 'live') this.subscribe([name]);
    }
    return topic;
  }

  /** Hears the events of a topic. @param {string} name @param {(ev: any) => void} f @returns {() => void} */
  events(name, f) {
    let s = this.streams.get(name);
    if (!s) {
      s = { last: null, seen: new Set() };
      this.streams.set(name, s);
      if (this.status === 'live') this.subscribe([name]);
    }
    const stream = s;
    stream.seen.add(f);
    return () => { stream.seen.delete(f); };
  }

  /** Asks; rejects with Refused. @param {string} method @param {any} body @returns {Promise<any>} */
  request(method, body) {
    const id = ++this.next;
    if (!this.send({ t: 'req', id, m: method, d: body })) return Promise.reject(new Refused('net.offline'));
    return new Promise((ok, fail) => {
      const timer = setTimeout(() => { this.waiting.delete(id); fail(new Refused('net.timeout')); }, ANSWER);
      this.waiting.set(id, { ok, fail, timer });
    });
  }

  /** Tells the desk what this screen shows. @param {string} name @param {string} scene */
  seen(name, scene) { this.send({ t: 'seen', k: name, v: this.topic(name).v, scene }); }
}

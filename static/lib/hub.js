// The live connection: one socket, topics of two kinds, requests. The protocol
// is hub/wire/PROTOCOL.md. It comes back by itself and says how it stands. Where
// no socket gets through, it reads over plain HTTP what can be read so.

import { Refused, api, retryAfter } from './api.js';
import { sync } from './clock.js';

const QUIET = 11000; // ms without a frame (heartbeats come every 5 s) until the socket is left
const STEADY = 10000; // ms that a connection holds until earlier failures are forgotten
const LONGEST = 30000; // ms, the cap of the back-off
const ANSWER = 8000; // ms to wait for an answer
const LAG = 3000; // ms that a node may be behind another
const LOOK = 4000; // ms between looks over HTTP, ± a quarter

/** Topics that have a plain address. @type {Record<string, string>} */
const PLAIN = { ballot: '/v1/ballots/', on: '/v1/on/', stage: '/v1/stage/' };

/** @param {string} name */
function plain(name) {
  const cut = name.indexOf('/'), path = PLAIN[name.slice(0, cut)];
  return path && path + encodeURIComponent(name.slice(cut + 1));
}

/** @typedef {{doc: any, v: number, asked: boolean, older: boolean, seen: Set<() => void>}} Topic asked: a snapshot is on its way, and what comes before it is old; older: one was older than what is shown, and is asked for again */

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
    this.wait = 0; // ms of the last back-off
    this.late = false; // a socket was closed because our auth came late; once is the network, twice is us
    /** connecting, live, lost or refused */
    this.status = 'connecting';
    /** @type {any} why it was refused */
    this.why = null;
    this.quiet = false; // lost because nothing came any more, and not by a close
    this.plain = false; // plain HTTP answers while no socket is up
    /** @type {Set<() => void>} */
    this.watchers = new Set();
    /** @type {WebSocket|null} */
    this.ws = null;
    this.alive = 0; // performance.now() of the last frame: a device's wall clock may jump
    this.turn = 0; // of connecting; an older one has nothing to say
    this.began = 0;
    /** @type {any} */
    this.retry = 0;
    /** @type {any} */
    this.steady = 0;
    this.looking = false;
    this.looks = 0;
    this.misses = 0;
    this.lookAt = performance.now() + 2500;
    this.stopped = false;
    addEventListener('online', () => this.hurry());
    addEventListener('offline', () => this.drop());
    addEventListener('pageshow', () => this.hurry());
    addEventListener('pagehide', () => this.drop()); // a browser may keep the page, and its socket, for whoever comes back
    document.addEventListener('visibilitychange', () => { if (!document.hidden) this.hurry(); });
    setInterval(() => { this.check(); this.look(); }, 500);
  }

  /** Opens the socket and keeps it open. */
  start() { this.connect(); return this; }

  /** Ends it for good. */
  stop() {
    this.stopped = true;
    clearTimeout(this.retry);
    this.leave();
  }

  told() { this.watchers.forEach((f) => f()); }

  /** @param {string} s @param {any} [why] */
  set(s, why) {
    this.why = why || null;
    if (s === this.status && s !== 'refused') return;
    this.status = s;
    if (s === 'live') this.plain = false;
    else this.lookAt = performance.now() + Math.random() * (this.missing() ? 500 : LOOK);
    this.told();
  }

  missing() { return [...this.topics.values()].some((x) => !x.doc); }

  /** ms since the last frame. */
  silence() { return performance.now() - this.alive; }

  /** Tries now, when there is reason to think that the network is back. */
  hurry() {
    if (this.stopped || this.ws || this.status === 'refused' || !this.turn) return;
    if (!this.retry && performance.now() - this.began < 2000) return; // just now
    this.connect();
  }

  check() { if (this.ws && this.silence() > QUIET) this.drop(); }

  /** Leaves a socket that nothing comes from. The browser would wait a minute for
      the closing handshake of a network that has gone. */
  drop() {
    if (!this.ws || this.status === 'refused') return;
    this.quiet = true;
    this.leave();
    this.again();
  }

  leave() {
    const ws = this.ws;
    this.ws = null;
    clearTimeout(this.steady);
    if (ws) {
      ws.onopen = null; ws.onmessage = null; ws.onclose = null;
      ws.close();
    }
    for (const w of this.waiting.values()) { clearTimeout(w.timer); w.fail(new Refused('net.lost')); }
    this.waiting.clear();
  }

  async connect() {
    if (this.stopped || this.ws) return;
    clearTimeout(this.retry);
    this.retry = 0;
    const turn = ++this.turn;
    this.began = performance.now();
    let ticket;
    try {
      if (this.options.prepare) await this.options.prepare();
      ticket = (await api('/v1/ws-tickets', { body: { as: this.options.as || '' }, timeout: ANSWER })).ticket;
    } catch (e) {
      const err = /** @type {any} */ (e);
      if (turn !== this.turn || this.stopped) return;
      if (err instanceof Refused && !err.away && (err.status === 401 || err.status === 403)) this.set('refused', err);
      else this.again(retryAfter(err));
      return;
    }
    if (turn !== this.turn || this.stopped || this.ws) return;
    const ws = new WebSocket(location.origin.replace(/^http/, 'ws') + '/ws');
    this.ws = ws;
    this.alive = performance.now();
    let after = 0;
    ws.onopen = () => ws.send(JSON.stringify({ t: 'auth', ticket }));
    ws.onmessage = (m) => {
      this.alive = performance.now();
      const f = JSON.parse(m.data);
      if (f.t === 'bye') after = f.retryAfter || 0;
      else this.take(f);
    };
    ws.onclose = (e) => { this.leave(); this.closed(e.code, after); };
  }

  /** Judges a close code. @param {number} code @param {number} after ms, of a bye */
  closed(code, after) {
    if (code === 4503) this.set('refused', new Refused('access.revoked'));
    // The ticket was late, or of another life of the server: a new one tells whether we may.
    else if (code === 4502 || code === 4501 && !this.late) { this.late = code === 4501; this.again(); }
    else if (code >= 4500 && code <= 4999) this.set('refused', new Refused('net.protocol', { status: code }));
    else this.again(code === 4000 ? after : 0);
  }

  /** Comes back after a while that grows, spread so that a hall doesn't come back at once. @param {number} [after] ms that the server asked for */
  again(after) {
    this.wait = after ? after + Math.random() * 1000 : Math.random() * Math.min(LONGEST, 1000 * 2 ** this.tries);
    this.tries = Math.min(this.tries + 1, 8);
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.connect(), this.wait);
    this.set('lost');
  }

  /** @param {any} f */
  take(f) {
    switch (f.t) {
      case 'hello':
        sync(f.now);
        this.quiet = false;
        clearTimeout(this.steady);
        this.steady = setTimeout(() => { this.tries = 0; this.late = false; }, STEADY);
        this.subscribe([...this.topics.keys(), ...this.streams.keys()]);
        this.set('live');
        break;
      case 'hb': sync(f.now); break;
      case 'snap': {
        const topic = this.topics.get(f.k);
        if (!topic) break;
        topic.asked = false;
        // Of a node that lags behind the one we were at; when it stays so, the numbers began anew.
        if (f.v < topic.v && !topic.older) {
          topic.older = true;
          setTimeout(() => { if (topic.older) this.subscribe([f.k]); }, LAG);
          break;
        }
        topic.v = f.v;
        topic.older = false;
        this.show(topic, f.d);
        break;
      }
      case 'delta': {
        const topic = this.topics.get(f.k);
        if (!topic || topic.asked || f.v <= topic.v) break;
        if (topic.v < f.b) { this.subscribe([f.k]); break; } // missed one: a fresh snapshot
        const doc = Object.assign({}, topic.doc, f.d);
        for (const k of Object.keys(f.d)) if (f.d[k] === null) delete doc[k];
        topic.v = f.v;
        topic.older = false;
        this.show(topic, doc);
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
      case 're': this.answered(f); break;
    }
  }

  /** @param {Topic} topic @param {any} doc */
  show(topic, doc) {
    topic.doc = doc;
    topic.seen.forEach((g) => g());
  }

  /** @param {any} f */
  answered(f) {
    const w = this.waiting.get(f.id);
    if (!w) {
      // A frame of ours without an id was too much: its topics were not taken.
      const wait = f.err && f.err.code === 'access.too_fast' ? retryAfter(f.err) || 1000 : 0;
      if (wait) setTimeout(() => this.subscribe([...this.topics.keys(), ...this.streams.keys()]), wait);
      return;
    }
    this.waiting.delete(f.id);
    clearTimeout(w.timer);
    if (f.err) w.fail(new Refused(f.err.code, f.err.args, 0, f.err.kind));
    else w.ok(f.d);
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
      const s = this.streams.get(n), topic = this.topics.get(n);
      if (s && s.last !== null) since[n] = s.last;
      if (topic) topic.asked = true;
    }
    if (names.length) this.send({ t: 'sub', k: names, since });
  }

  /** The state topic of that name. @param {string} name @returns {Topic} */
  topic(name) {
    let topic = this.topics.get(name);
    if (!topic) {
      topic = { doc: null, v: 0, asked: false, older: false, seen: new Set() };
      this.topics.set(name, topic);
      if (this.status === 'live') this.subscribe([name]);
      else if (this.status === 'lost') this.lookAt = 0;
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

  /** Hears no more of what ends like this. @param {string} ending of a topic's name */
  forget(ending) {
    const names = [...this.topics.keys(), ...this.streams.keys()].filter((n) => n.endsWith(ending));
    for (const n of names) { this.topics.delete(n); this.streams.delete(n); }
    if (names.length) this.send({ t: 'unsub', k: names });
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

  /** Reads over HTTP while no socket is up: a hall's proxy may let none through. */
  async look() {
    if (this.status === 'live' || this.status === 'refused' && !this.why.away || this.looking || this.stopped || !this.turn) return;
    if (document.hidden || performance.now() < this.lookAt) return;
    const names = [...this.topics.keys()].filter((n) => plain(n));
    if (!names.length) return;
    this.looking = true;
    let good = false;
    if (this.looks++ % 8 === 0) api('/v1/time').then((x) => { if (this.status !== 'live') sync(x.now); }).catch(() => {});
    await Promise.all(names.map(async (name) => {
      try {
        const doc = await api(plain(name), { timeout: ANSWER });
        good = true;
        if (this.status !== 'live') this.show(this.topic(name), doc);
      } catch (e) { if (!/** @type {any} */ (e).away) good = true; } // a refusal is an answer too
    }));
    this.looking = false;
    this.misses = good ? 0 : Math.min(this.misses + 1, 2);
    this.lookAt = performance.now() + LOOK * (0.75 + Math.random() / 2) * 2 ** this.misses;
    if (this.status !== 'live' && good !== this.plain) { this.plain = good; this.told(); }
  }
}

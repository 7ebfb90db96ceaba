// HTTP: one call, one error type. A link token goes in a header, never in an
// address that could be logged or shared.

/** What the addresses of this page's contest begin with: nothing for the one at home. */
export const base = (location.pathname.match(/^\/c\/[^/]+/) || [''])[0];

/** The steps of this page's address within its contest. */
export const steps = location.pathname.slice(base.length).split('/').map((s) => { try { return decodeURIComponent(s); } catch (e) { return s; } });

/** A refusal with its stable code; texts are in i18n/errors.*.json. */
export class Refused extends Error {
  /** @param {string} code @param {Record<string, any>} [args] @param {number} [status] @param {string} [kind] */
  constructor(code, args, status, kind) {
    super(code);
    this.code = code;
    this.args = args || {};
    this.status = status || 0;
    this.kind = kind || '';
  }

  /** Whether it is not our server's word: the network, or a proxy on the way. */
  get away() { return this.code.startsWith('net.'); }
}

/** How long the server asks to wait, in ms; 0 = it doesn't say. @param {any} err */
export function retryAfter(err) {
  const args = (err && err.args) || {};
  return Math.max(0, Number(args.retryAfter) || 0);
}

// What a tab is given in the fragment of its address: a link's token, a one-time
// secret, a receipt. It is taken out of the address bar, where a camera could read it.
const GIVEN = ['t', 'login', 'setup', 'r'];

let token = '';

/** Who the page speaks as, by a link; '' = by cookie. */
export function bearer() { return token; }

/**
 * Takes the link token from the address (#t=…), else from this tab's own last
 * visit, so that a reload never changes who a tab speaks for. A tab that has
 * nothing of its own, a wall's after a restart, say, takes the browser's last.
 * @param {string} page whose token it is
 */
export function takeToken(page) {
  const given = takeFragment('t');
  const key = 'hecai:token:' + base + page;
  token = given;
  try {
    token = given || sessionStorage.getItem(key) || localStorage.getItem(key) || '';
    if (token) sessionStorage.setItem(key, token);
    if (given) localStorage.setItem(key, given);
  } catch (e) { /* storage is off: the token lives as long as the page */ }
  return token;
}

/** @param {string} page */
export function dropToken(page) {
  const key = 'hecai:token:' + base + page;
  try {
    sessionStorage.removeItem(key);
    if (localStorage.getItem(key) === token) localStorage.removeItem(key); // another tab's stays
  } catch (e) { /* nothing was kept */ }
  token = '';
}

/** Takes one value out of the fragment. @param {string} name @returns {string} */
export function takeFragment(name) {
  const all = new URLSearchParams(location.hash.slice(1));
  const value = all.get(name) || '';
  if (value) {
    all.delete(name);
    const rest = all.toString();
    history.replaceState(history.state, '', location.pathname + location.search + (rest ? '#' + rest : ''));
  }
  const key = 'hecai:given:' + name;
  try {
    const kept = sessionStorage.getItem(key) || '';
    if (kept) sessionStorage.removeItem(key);
    return value || kept;
  } catch (e) { return value; }
}

// A second link pasted into a tab changes the fragment alone: the page begins
// anew as whom the link names. The value waits in the tab's storage meanwhile;
// with storage off it has to wait in the address.
addEventListener('hashchange', () => {
  const all = new URLSearchParams(location.hash.slice(1));
  const names = GIVEN.filter((n) => all.get(n));
  if (!names.length) return;
  try {
    for (const n of names) { sessionStorage.setItem('hecai:given:' + n, all.get(n) || ''); all.delete(n); }
    const rest = all.toString();
    history.replaceState(null, '', location.pathname + location.search + (rest ? '#' + rest : ''));
  } catch (e) { /* as it is */ }
  location.reload();
});

/** @param {Record<string, string>} [more] @returns {Record<string, string>} */
export function headers(more) {
  return Object.assign(token ? { Authorization: 'Bearer ' + token } : {}, more);
}

/** The code of an answer that isn't ours: a proxy's page, or a network's sign-in. @param {number} status */
export function foreign(status) {
  if (status === 413) return 'net.too_large';
  if (status === 502 || status === 503 || status === 504) return 'net.gateway';
  return 'net.foreign';
}

/** @typedef {{method?: string, body?: any, text?: string, form?: FormData, timeout?: number}} Options text is JSON that the server is to judge as it was written */

/**
 * What a path answers with; any where it has parameters: who asks says.
 * @template P @template O
 * @typedef {O extends {body: any} | {form: any} ? (O extends {method: string} ? any : P extends keyof Doc.Posts ? Doc.Posts[P] : any)
 *   : O extends {method: string} ? any : P extends keyof Doc.Gets ? Doc.Gets[P] : any} Answer
 */

/**
 * Calls the API. Throws Refused, with code net.offline or net.timeout when
 * nothing answered.
 * @template {string} P @template {Options} [O={}]
 * @param {P} path @param {O} [options]
 * @returns {Promise<Answer<P, O>>}
 */
export async function api(path, options) {
  /** @type {Options} */
  const o = options || {};
  const stop = new AbortController();
  let late = false;
  const timer = setTimeout(() => { late = true; stop.abort(); }, o.timeout || 15000);
  let res, text;
  try {
    res = await fetch(base + path, {
      method: o.method || (o.body !== undefined || o.form ? 'POST' : 'GET'),
      headers: headers(o.body !== undefined || o.text !== undefined ? { 'Content-Type': 'application/json' } : {}),
      body: o.form || (o.body !== undefined ? JSON.stringify(o.body) : o.text),
      credentials: 'same-origin', signal: stop.signal,
    });
    text = await res.text();
  } catch (e) {
    throw new Refused(late ? 'net.timeout' : 'net.offline');
  } finally {
    clearTimeout(timer);
  }
  let data = null;
  try { data = text ? JSON.parse(text) : null; } catch (e) {
    throw new Refused(foreign(res.status), { status: res.status }, res.status);
  }
  if (!res.ok) {
    const err = data && data.error;
    if (!err || !err.code) throw new Refused(foreign(res.status), { status: res.status }, res.status);
    throw new Refused(err.code, err.args, res.status, err.kind);
  }
  return data;
}

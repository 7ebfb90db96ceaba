// HTTP: one call, one error type. A link token goes in a header, never in an
// address that could be logged or shared.

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
}

let token = '';

/** Who the page speaks as, by a link; '' = by cookie. */
export function bearer() { return token; }

/**
 * Takes the link token from the address (#t=…) or from the last visit, and
 * removes it from the address bar, where a camera could read it.
 * @param {string} page whose token it is
 */
export function takeToken(page) {
  const given = takeFragment('t');
  const key = 'hecai:token:' + page;
  try {
    if (given) localStorage.setItem(key, given);
    token = given || localStorage.getItem(key) || '';
  } catch (e) { // storage is off: the token lives as long as the page
    token = given;
  }
  return token;
}

/** @param {string} page */
export function dropToken(page) {
  token = '';
  try { localStorage.removeItem('hecai:token:' + page); } catch (e) { /* nothing was kept */ }
}

/** Takes one value out of the fragment. @param {string} name @returns {string} */
export function takeFragment(name) {
  const all = new URLSearchParams(location.hash.slice(1));
  const value = all.get(name) || '';
  if (value) {
    all.delete(name);
    const rest = all.toString();
    history.replaceState(null, '', location.pathname + location.search + (rest ? '#' + rest : ''));
  }
  return value;
}

/** @param {Record<string, string>} [more] @returns {Record<string, string>} */
export function headers(more) {
  return Object.assign(token ? { Authorization: 'Bearer ' + token } : {}, more);
}

/**
 * Calls the API. Throws Refused, with code net.offline when nothing answered.
 * @param {string} path
 * @param {{method?: string, body?: any, text?: string, form?: FormData, timeout?: number}} [o] text is JSON that the server is to judge as it was written
 * @returns {Promise<any>}
 */
export async function api(path, o = {}) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), o.timeout || 15000);
  let res, text;
  try {
    res = await fetch(path, {
      method: o.method || (o.body !== undefined || o.form ? 'POST' : 'GET'),
      headers: headers(o.body !== undefined || o.text !== undefined ? { 'Content-Type': 'application/json' } : {}),
      body: o.form || (o.body !== undefined ? JSON.stringify(o.body) : o.text),
      credentials: 'same-origin', signal: stop.signal,
    });
    text = await res.text();
  } catch (e) {
    throw new Refused('net.offline');
  } finally {
    clearTimeout(timer);
  }
  let data = null;
  try { data = text ? JSON.parse(text) : null; } catch (e) { /* not ours: a proxy's page, say */ }
  if (!res.ok) {
    const err = (data && data.error) || {};
    throw new Refused(err.code || 'net.offline', err.args, res.status, err.kind);
  }
  return data;
}

// Calls of this page. A session that has run out sends the organiser back to
// the door, wherever on the page it is noticed.

import { Refused, api } from '../lib/api.js';
import { toastError, useEffect, useRef, useState } from '../lib/ui.js';

/** @type {(err: any) => void} */
let out = () => {};

/** Hears that the session has run out. @param {(err: any) => void} f */
export function onSignedOut(f) { out = f; }

/**
 * Like api.
 * @template {string} P @template {import('../lib/api.js').Options} [O={}]
 * @param {P} path @param {O} [o] @returns {Promise<import('../lib/api.js').Answer<P, O>>}
 */
export async function call(path, o) {
  try {
    return await api(path, o);
  } catch (err) {
    if (err instanceof Refused && err.status === 401) out(err);
    throw err;
  }
}

/**
 * @template D
 * @typedef {{data: D|null, error: any, at: number, reload: () => Promise<void>, set: (data: D) => void}} Data
 */

/**
 * Data of the API, anew every so many ms while the page is looked at, and when
 * it is looked at again; 0 once. The last good data stays when a later call fails.
 * @template {string} P
 * @param {P|null} path @param {number} [every]
 * @returns {Data<import('../lib/api.js').Answer<P, {}>>}
 */
export function useData(path, every = 0) {
  const [state, set] = useState({ path, data: /** @type {any} */ (null), error: /** @type {any} */ (null), at: 0 });
  const asked = useRef(0), told = useRef(0); // an answer counts unless a later question was answered: on a slow network one is always under way
  const reload = async () => {
    if (!path) return;
    const mine = ++asked.current;
    const late = () => { if (mine <= told.current) return true; told.current = mine; return false; };
    try {
      const data = (await call(path)) ?? []; // an empty list may come as null
      if (!late()) set({ path, data, error: null, at: Date.now() });
    } catch (error) {
      if (!late()) set((s) => (s.path === path ? { ...s, error } : { path, data: null, error, at: 0 }));
    }
  };
  useEffect(() => {
    reload();
    const look = () => { if (!document.hidden) reload(); };
    const timer = every ? setInterval(look, every) : 0;
    if (every) document.addEventListener('visibilitychange', look);
    return () => { clearInterval(timer); document.removeEventListener('visibilitychange', look); told.current = ++asked.current; };
  }, [path, every]);
  const put = (/** @type {any} */ data) => { told.current = ++asked.current; set({ path, data, error: null, at: Date.now() }); };
  const mine = state.path === path; // after the path has changed the old data is another session's
  return { data: mine ? state.data : null, error: mine ? state.error : null, at: mine ? state.at : 0, reload, set: put };
}

/** Runs one action at a time and tells its error. @returns {[boolean, (f: () => Promise<any>) => Promise<void>]} */
export function useAct() {
  const [busy, set] = useState(false);
  const run = async (/** @type {() => Promise<any>} */ f) => {
    if (busy) return;
    set(true);
    try { await f(); } catch (err) { toastError(err); }
    set(false);
  };
  return [busy, run];
}

// Calls of this page. A session that has run out sends the organiser back to
// the door, wherever on the page it is noticed.

import { Refused, api } from '../lib/api.js';
import { toastError, useEffect, useRef, useState } from '../lib/ui.js';

/** @type {(err: any) => void} */
let out = () => {};

/** Hears that the session has run out. @param {(err: any) => void} f */
export function onSignedOut(f) { out = f; }

/** Like api. @param {string} path @param {any} [o] @returns {Promise<any>} */
export async function call(path, o) {
  try {
    return await api(path, o);
  } catch (err) {
    if (err instanceof Refused && err.status === 401) out(err);
    throw err;
  }
}

/**
 * Data of the API, anew every so many ms while the page is looked at; 0 once.
 * The last good data stays when a later call fails.
 * @param {string|null} path @param {number} [every]
 * @returns {{data: any, error: any, at: number, reload: () => Promise<void>, set: (data: any) => void}}
 */
export function useData(path, every = 0) {
  const [state, set] = useState({ path, data: /** @type {any} */ (null), error: /** @type {any} */ (null), at: 0 });
  const latest = useRef(0);
  const reload = async () => {
    if (!path) return;
    const mine = ++latest.current;
    try {
      const data = (await call(path)) ?? []; // an empty list may come as null
      if (mine === latest.current) set({ path, data, error: null, at: Date.now() });
    } catch (error) {
      if (mine === latest.current) set((s) => (s.path === path ? { ...s, error } : { path, data: null, error, at: 0 }));
    }
  };
  useEffect(() => {
    reload();
    const timer = every ? setInterval(() => { if (!document.hidden) reload(); }, every) : 0;
    return () => { clearInterval(timer); latest.current++; };
  }, [path, every]);
  const put = (/** @type {any} */ data) => { latest.current++; set({ path, data, error: null, at: Date.now() }); };
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

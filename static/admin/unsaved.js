// What is filled in and not saved yet, anywhere on the page: nobody leaves it by
// a slip. Drafts that the page keeps by itself (ctx.keep) are lost only with the page.

import { useEffect } from '../lib/ui.js';

/** @type {Set<object>} */
const held = new Set();

/** While on, leaving the tab or the page asks first. @param {boolean} on */
export function useUnsaved(on) {
  useEffect(() => {
    if (!on) return undefined;
    const one = {};
    held.add(one);
    return () => { held.delete(one); };
  }, [on]);
}

/** Goes to another page, with what was filled in done. @param {string} address */
export function goOn(address) {
  held.clear();
  location.assign(address);
}

/** Whether leaving the tab would lose something. */
export function unsaved() { return held.size > 0; }

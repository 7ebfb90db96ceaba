// Receipts as visitors bring them: kept on this device, in the address, pasted.

import { base } from '../lib/api.js';

const LEAF = /^[0-9a-f]{64}$/;

/** @typedef {{ballot: string, leaf: string, round?: number, rev?: number, at?: number, record?: string, salt?: string, promise?: string, pasted?: number}} Receipt */

/** Receipts that this browser has kept, newest first. @returns {Receipt[]} */
export function kept() {
  try {
    const all = JSON.parse(localStorage.getItem('hecai:receipts' + base) || '[]');
    return Array.isArray(all) ? all.filter((r) => r && typeof r.ballot === 'string' && LEAF.test(r.leaf)) : [];
  } catch (e) { return []; }
}

/** Somebody's own words may be anything. @param {any} x @returns {string|undefined} */
const text = (x) => (typeof x === 'string' ? x : undefined);

/**
 * Reads a receipt as JSON, as "ballot leaf", or as a link to this page.
 * @param {string} written @returns {Receipt|null}
 */
export function parse(written) {
  let plain = written.trim();
  try {
    const link = /#(?:.*&)?r=([^&]*)/.exec(plain);
    if (link) plain = decodeURIComponent(link[1]);
  } catch (e) { return null; }
  try {
    const r = JSON.parse(plain);
    if (r && typeof r.ballot === 'string' && LEAF.test(r.leaf)) return { ballot: r.ballot, leaf: r.leaf, round: r.round, rev: r.rev, record: text(r.record), salt: text(r.salt), promise: text(r.promise) };
  } catch (e) { /* not JSON */ }
  const m = /^([\w.~-]+)[\s:：,，]+([0-9a-fA-F]{64})$/.exec(plain);
  return m ? { ballot: m[1], leaf: m[2].toLowerCase() } : null;
}

/** Whether the same device changed this vote afterwards. @param {Receipt} r @param {Receipt[]} all */
export function replaced(r, all) {
  return all.some((x) => x.ballot === r.ballot && x.round === r.round && x.leaf !== r.leaf && Number(x.rev) > Number(r.rev));
}

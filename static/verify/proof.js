// Inclusion proofs of RFC 6962 (section 2.1.1), checked in the browser: nobody
// has to believe the server.

import { hex, sha256, unhex } from './sha256.js';

/** The hash of an inner node. @param {Uint8Array} left @param {Uint8Array} right */
function node(left, right) {
  const b = new Uint8Array(65);
  b[0] = 1;
  b.set(left, 1);
  b.set(right, 33);
  return sha256(b);
}

/**
 * The root that a path leads to from a leaf, by RFC 9162 section 2.1.3.2; ''
 * where the path has the wrong length.
 * @param {string} leaf hex @param {number} index @param {number} size @param {string[]} path hex
 * @returns {string} hex
 */
export function rootOf(leaf, index, size, path) {
  if (!(index >= 0 && index < size)) return '';
  let at = index, last = size - 1, hash = unhex(leaf);
  for (const p of path) {
    if (last === 0) return '';
    if (at % 2 === 1 || at === last) {
      hash = node(unhex(p), hash);
      while (at % 2 === 0 && at !== 0) { at = Math.floor(at / 2); last = Math.floor(last / 2); }
    } else hash = node(hash, unhex(p));
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? hex(hash) : '';
}

/** The fingerprint of a sealed result: SHA-256 over one line of form and the text. @param {string} text */
export function sealRoot(text) { return hex(sha256(new TextEncoder().encode('hecai/v1/seal\n' + text))); }

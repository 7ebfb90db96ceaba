// Known answers, run in a browser by e2e; each test throws when it fails.

import { hex, sha256 } from '../verify/sha256.js';
import { rootOf } from '../verify/proof.js';

/** @param {string} what @param {string} got @param {string} want */
function equal(what, got, want) { if (got !== want) throw new Error(what + ': ' + got + ', want ' + want); }

const bytes = (/** @type {string} */ s) => new TextEncoder().encode(s);

/** FIPS 180-4 examples, and every length around the padding's edges. */
export async function testHash() {
  equal('empty', hex(sha256(bytes(''))), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  equal('abc', hex(sha256(bytes('abc'))), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  equal('two blocks', hex(sha256(bytes('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq'))), '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1');
  if (!crypto.subtle) return;
  for (let n = 0; n < 200; n++) {
    const data = Uint8Array.from({ length: n }, (_, i) => (i * 7 + n) % 256);
    equal('length ' + n, hex(sha256(data)), hex(new Uint8Array(await crypto.subtle.digest('SHA-256', data))));
  }
}

/** Every leaf of every tree of up to 33 leaves: the proof holds, and no other leaf, place or size does. */
export function testProofs() {
  const leaves = Array.from({ length: 33 }, (_, i) => sha256(bytes('leaf ' + i)));
  const join = (/** @type {Uint8Array} */ a, /** @type {Uint8Array} */ b) => sha256(Uint8Array.from([1, ...a, ...b]));
  /** @param {Uint8Array[]} l @returns {Uint8Array} */
  const root = (l) => { if (l.length === 1) return l[0]; const k = split(l.length); return join(root(l.slice(0, k)), root(l.slice(k))); };
  const split = (/** @type {number} */ n) => { let k = 1; while (k * 2 < n) k *= 2; return k; };
  /** @param {number} m @param {Uint8Array[]} l @returns {Uint8Array[]} */
  const path = (m, l) => {
    if (l.length === 1) return [];
    const k = split(l.length);
    return m < k ? [...path(m, l.slice(0, k)), root(l.slice(k))] : [...path(m - k, l.slice(k)), root(l.slice(0, k))];
  };
  for (let n = 1; n <= leaves.length; n++) {
    const tree = leaves.slice(0, n), want = hex(root(tree));
    for (let m = 0; m < n; m++) {
      const p = path(m, tree).map(hex);
      equal(`leaf ${m} of ${n}`, rootOf(hex(leaves[m]), m, n, p), want);
      if (rootOf(hex(sha256(bytes('other'))), m, n, p) === want) throw new Error('another leaf passes');
      if (n > 1 && rootOf(hex(leaves[m]), (m + 1) % n, n, p) === want) throw new Error('another place passes');
      if (p.length && rootOf(hex(leaves[m]), m, n, p.slice(1)) === want) throw new Error('a shorter path passes');
    }
  }
}

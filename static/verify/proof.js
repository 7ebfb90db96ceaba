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

const text = (/** @type {string} */ s) => new TextEncoder().encode(s);

/** The RFC 6962 leaf hash of a record's text. @param {string} record */
export function leafOf(record) { return hex(sha256(Uint8Array.from([0, ...text(record)]))); }

/** What a record shows of a device's salt. @param {string} salt */
export function saltHash(salt) { return hex(sha256(text('hecai/v2/salt\n' + salt))); }

/** The fields of a record's text. @param {string} record @returns {Record<string, string>} */
export function fields(record) {
  return Object.fromEntries(record.split('\n').slice(1, -1).map((l) => [l.slice(0, l.indexOf(' ')), l.slice(l.indexOf(' ') + 1)]));
}

/** SHA-256 of a signed head, as it is shown when a ballot closes. @param {string} checkpoint */
export function fingerprint(checkpoint) { return hex(sha256(text(checkpoint))); }

/** @param {string} b64 @returns {Uint8Array<ArrayBuffer>} */
const unbase64 = (b64) => Uint8Array.from(atob(b64), (c) => c.charCodeAt(0));

/**
 * The root that a signed head (c2sp.org/tlog-checkpoint) is about, and whether
 * the key's signature is on it; null where this browser can't tell, as on pages
 * over plain HTTP.
 * @param {string} checkpoint @param {string} vkey as c2sp.org/signed-note writes it
 * @returns {Promise<{root: string, size: number, signed: boolean|null}>}
 */
export async function head(checkpoint, vkey) {
  const body = checkpoint.slice(0, checkpoint.indexOf('\n\n') + 1), lines = body.split('\n');
  const out = { root: hex(unbase64(lines[2])), size: Number(lines[1]), signed: /** @type {boolean|null} */ (null) };
  const name = vkey.split('+')[0];
  const line = checkpoint.split('\n').find((l) => l.startsWith('— ' + name + ' '));
  if (!line || name !== lines[0]) return { ...out, signed: false };
  return { ...out, signed: await signed(vkey, unbase64(line.slice(line.lastIndexOf(' ') + 1)).slice(4), body) }; // after the key's hash
}

/**
 * Whether the key's signature is on the text; null where this browser can't tell:
 * the downloaded proof can be checked elsewhere.
 * @param {string} vkey @param {Uint8Array<ArrayBuffer>} sig @param {string} body @returns {Promise<boolean|null>}
 */
async function signed(vkey, sig, body) {
  const key = unbase64(vkey.split('+').slice(2).join('+')).slice(1); // base64 has '+' too; first byte: the algorithm
  try {
    const k = await crypto.subtle.importKey('raw', key, { name: 'Ed25519' }, false, ['verify']);
    return await crypto.subtle.verify({ name: 'Ed25519' }, k, sig, text(body));
  } catch (e) { return null; }
}

/** The text of the record that opens a round's log. @param {string} ballot @param {number} round @param {string} definition */
export function opening(ballot, round, definition) {
  return 'hecai/v1/open\nballot ' + ballot + '\nround ' + round + '\ndefinition ' + fingerprint(definition) + '\n';
}

/**
 * Whether the holder of the key has promised, when the vote was cast, that the
 * leaf will be in the log; null where this browser can't tell.
 * @param {string} vkey @param {string} leaf @param {string} promise base64 @returns {Promise<boolean|null>}
 */
export async function promised(vkey, leaf, promise) {
  let sig;
  try { sig = unbase64(promise); } catch (e) { return false; }
  return signed(vkey, sig, 'hecai/v1/promise\n' + vkey.split('+')[0] + '\n' + leaf + '\nwill appear\n');
}

// Known answers, run in a browser by e2e; each test throws when it fails.

import { hex, sha256 } from '../verify/sha256.js';
import { fields, fingerprint, head, leafOf, opening, promised, rootOf, saltHash } from '../verify/proof.js';

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

/** A record is read and hashed as the server does it; worked out apart from both. */
export function testRecord() {
  const record = 'hecai/v2/vote\nballot final\nround 1\nvoter 0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c\nrev 3\nsalt 398e54d31fdc30c256c9d768214626adc20e8ca5e06048af8c6c941ffa71bee8\ncommit abababababababababababababababababababababababababababababababab\n';
  equal('leaf', leafOf(record), '47c5f888d1936efd14fb52d919d8c6f23daddbf25b3d6790da7eb2e6d2455c9e');
  equal('salt', fields(record).salt, saltHash('00ff'));
  equal('round', fields(record).round, '1');
  equal('fingerprint', fingerprint('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
}

/** A head that the server's code signed: its root is read, its signature checked where the browser can. */
export async function testHead() {
  const key = 'example.com/hecai+3a81f2f7+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs';
  const good = 'example.com/hecai\n1\nAippeebat6pa5MPl5F9+l3ESp+Y1k4INvsHsc4ok+Tw=\n\n— example.com/hecai OoHy98pz2ZhoejnCWut7CybyFoYJ2DxF4fEDodiFf7kYUFMUAVs+0LKIhkxT0UO5AOEvfFvggQ/b26Gnc+TW5nvW3gw=\n';
  const h = await head(good, key);
  equal('root', h.root, '022a6979e6dab7aa5ae4c3e5e45f7e977112a7e63593820dbec1ec738a24f93c');
  equal('size', String(h.size), '1');
  if (h.signed === false) throw new Error('a good signature was refused');
  if (crypto.subtle && h.signed === null) throw new Error('this browser has Ed25519 and did not check');
  const bad = await head(good.replace('\n1\n', '\n2\n'), key);
  if (bad.signed === true) throw new Error('a changed head passed');
  if ((await head(good, key.replace('example.com', 'example.org'))).signed !== false) throw new Error("another log's key passed");
}

/** The record that opens a log is hashed as the server does it. */
export function testOpening() {
  equal('opening', leafOf(opening('final', 1, '示例')), '123ab0bb9c6a6163f3f6387248d6ddb1f49ceb7699280b22ec772009c2e7d8bc');
}

/** A promise that the server's code signed holds for its own leaf alone, and not with a byte changed. */
export async function testPromise() {
  const key = 'example.com/hecai+3a81f2f7+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs';
  const leaf = '47c5f888d1936efd14fb52d919d8c6f23daddbf25b3d6790da7eb2e6d2455c9e';
  const good = 'JW03rMwdWdzfMgvC2xgi7xrzpsqCTJCSWWepUoKIlGElNEjYPB8DKCw4ZcSgiCGkeAy1IQoZNer+rPKSIcWaBw==';
  const has = await promised(key, leaf, good);
  if (has === false) throw new Error('a good promise was refused');
  if (crypto.subtle && has === null) throw new Error('this browser has Ed25519 and did not check');
  for (const [what, k, l, p] of [['byte', key, leaf, 'K' + good.slice(1)], ['leaf', key, leaf.replace('47', '48'), good], ['name', key.replace('com', 'org'), leaf, good], ['text', key, leaf, '!']]) {
    if (await promised(k, l, p) === true) throw new Error('a changed ' + what + ' passed');
  }
}

// SHA-256 against NIST's examples, and a proof of Certificate Transparency's own
// vectors, which vote/ledger is tested with too.

import { rootOf } from '../verify/proof.js';
import { hex, sha256, unhex } from '../verify/sha256.js';

/** @param {unknown} got @param {unknown} want @param {string} what */
function equal(got, want, what) {
  if (got !== want) throw new Error(`${what}: got ${String(got)}, want ${String(want)}`);
}

const bytes = (/** @type {string} */ s) => new TextEncoder().encode(s);
const unpack = (/** @type {string} */ s) => Uint8Array.from(s.match(/../g) || [], (x) => parseInt(x, 16));

const KNOWN = [
  ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  ['abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq', '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1'],
  ['abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu', 'cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1'],
  ['a'.repeat(1000000), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
  ['a'.repeat(55), '9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318'],
  ['a'.repeat(56), 'b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a'],
  ['a'.repeat(64), 'ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb'],
];

const LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const ROOT = '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328';
const PATH = [
  '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
  '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
  '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
];

/** The hash of a leaf's record. @param {Uint8Array} record */
const leaf = (record) => hex(sha256(Uint8Array.from([0, ...record])));

export function test() {
  for (const [text, want] of KNOWN) equal(hex(sha256(bytes(text))), want, `sha256 of ${text.length} bytes`);
  equal(hex(unhex(ROOT)), ROOT, 'hex there and back');
  equal(rootOf(leaf(unpack(LEAVES[0])), 0, 8, PATH), ROOT, 'the path of leaf 0 of 8');
  const [a, b] = [PATH[0], leaf(unpack(LEAVES[0]))];
  equal(leaf(unpack(LEAVES[1])), a, 'leaf 1 is the neighbour of leaf 0');
  equal(rootOf(a, 1, 8, [b, PATH[1], PATH[2]]), ROOT, 'the path of leaf 1 of 8');
  for (const [what, got] of [['a longer path', rootOf(b, 0, 8, [...PATH, ROOT])], ['a shorter path', rootOf(b, 0, 8, PATH.slice(1))],
    ['another place', rootOf(b, 1, 8, PATH)], ['a leaf outside the tree', rootOf(b, 8, 8, PATH)], ['another leaf', rootOf(a, 0, 8, PATH)]]) {
    if (got === ROOT) throw new Error(what + ' passes');
  }
}

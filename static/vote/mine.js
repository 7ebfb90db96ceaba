// What a browser's tabs share about its votes: the receipts, kept for /verify,
// and word of a vote that another tab has given.

import { base } from '../lib/api.js';

const KEY = 'hecai:receipts' + base; // each contest's apart
const MOST = 50; // receipts

const channel = 'BroadcastChannel' in window ? new BroadcastChannel('hecai:vote' + base) : null;

/** Keeps a receipt on this device and tells the other tabs. It doesn't hold the
    choice: nobody who asks to see the phone learns it. @param {string} ballot @param {Doc.Receipt & {salt: string, at: number}} receipt */
export function tellMine(ballot, receipt) {
  try {
    const all = JSON.parse(localStorage.getItem(KEY) || '[]').filter((/** @type {any} */ x) => x.leaf !== receipt.leaf);
    localStorage.setItem(KEY, JSON.stringify([receipt, ...all].slice(0, MOST)));
  } catch (e) { /* the receipt is on the page, and the server has it */ }
  if (channel) channel.postMessage({ ballot });
}

/** Hears that another tab has voted in the ballot. @param {string} ballot @param {() => void} f */
export function onMine(ballot, f) {
  if (channel) channel.addEventListener('message', (e) => { if (e.data && e.data.ballot === ballot) f(); });
  else addEventListener('storage', (e) => { if (e.key === KEY) f(); }); // browsers before BroadcastChannel
}

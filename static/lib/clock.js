// The server's clock. A frame is late by its way here, never early, so the
// greatest difference among the last samples is the nearest to the truth.

/** @type {number[]} */
let samples = [];
let offset = 0;

/** Takes a time that the server just told. @param {number} server unix ms */
export function sync(server) {
  samples.push(server - Date.now());
  if (samples.length > 12) samples.shift();
  offset = Math.max(...samples);
}

/** Forgets what it knew: the device has slept or changed its clock. */
export function forget() { samples = []; }

/** The server's time, unix ms. */
export function now() { return Date.now() + offset; }

/** "m:ss" of milliseconds; past zero it counts up with a plus. @param {number} ms */
export function mmss(ms) {
  const over = ms < 0;
  const s = over ? Math.floor(-ms / 1000) : Math.ceil(ms / 1000);
  const text = Math.floor(s / 60) + ':' + String(s % 60).padStart(2, '0');
  return over && s > 0 ? '+' + text : text;
}

/** "HH:MM:SS" of the contest's day (UTC+8). @param {number} ms */
export function timeOfDay(ms) { return new Date(ms + 8 * 3600e3).toISOString().slice(11, 19); }

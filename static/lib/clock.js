// The server's clock, counted on by the device's monotonic one: a phone whose
// own time is set anew goes on showing the right countdown. A frame is late by
// its way here, never early, so the greatest difference among the last samples
// is the nearest to the truth.

const STEP = 3000; // ms: three samples in a row this far below are the server's clock set back, not a slow network

/** @type {number[]} */
let samples = [];
let offset = Date.now() - performance.now();

/** Takes a time that the server just told. @param {number} server unix ms */
export function sync(server) {
  samples.push(server - performance.now());
  if (samples.length > 12) samples.shift();
  const last = samples.slice(-3);
  if (last.length === 3 && Math.max(...last) < Math.max(...samples) - STEP) samples = last;
  offset = Math.max(...samples);
}

/** The server's time, unix ms. */
export function now() { return Math.round(performance.now() + offset); }

/** "m:ss" of milliseconds; past zero it counts up with a plus. @param {number} ms */
export function mmss(ms) {
  const over = ms < 0;
  const s = over ? Math.floor(-ms / 1000) : Math.ceil(ms / 1000);
  const text = Math.floor(s / 60) + ':' + String(s % 60).padStart(2, '0');
  return over && s > 0 ? '+' + text : text;
}

/** "HH:MM:SS" of the contest's day (UTC+8). @param {number} ms */
export function timeOfDay(ms) { return new Date(ms + 8 * 3600e3).toISOString().slice(11, 19); }

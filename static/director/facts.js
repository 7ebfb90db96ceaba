// What the desk's figures mean: which cue is on, what comes next, what is not
// as it should be. Pure: documents in, plain values out.

import { errorText, t } from '../lib/i18n.js';

const LATE = 3000; // ms behind until a screen counts as late
const SLOW = 1000; // ms until a vote's confirmation counts as slow

/** "mm:ss" of planned seconds; "h:mm:ss" past an hour. @param {number} s */
export function planned(s) {
  const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
  const h = Math.floor(s / 3600);
  return (h ? h + ':' : '') + two(Math.floor(s / 60) % 60) + ':' + two(s % 60);
}

/** The cue on stage: the one with steps to come, else the last one done. @param {Doc.Desk} staff */
export function onStage(staff) {
  const running = staff.cues.find((c) => c.state === 'running');
  if (running) return running;
  const next = staff.cues.findIndex((c) => c.id === staff.next);
  const past = next < 0 ? staff.cues : staff.cues.slice(0, next);
  return past.filter((c) => c.state === 'done').pop() || null;
}

/** @param {Doc.Desk} staff */
export function nextCue(staff) { return staff.cues.find((c) => c.id === staff.next) || null; }

/** How the show stands against its plan: ms that it is late (early is less than 0), when it will end, and the next fixed start with the ms that it will miss it by.
    @typedef {{late: number, ends: number, hard: {title: string, at: number, late: number}|null}} Course */

const OTHER = 6 * 3600e3; // ms: a show that begins so far from its plan follows its own
const LAST = 60; // seconds that the last cue takes where the rundown does not say

/** Null before the first cue, and for a rundown without times. @param {Doc.Desk} staff @param {number} at @returns {Course|null} */
export function course(staff, at) {
  const { cues } = staff, fired = cues.filter((c) => c.at > 0);
  if (!fired.length || !cues.some((c) => c.plan > 0)) return null;
  const first = fired.reduce((a, b) => (b.at < a.at ? b : a)), now = fired.reduce((a, b) => (b.at >= a.at ? b : a));
  const own = first.at - first.plan * 1000, zero = staff.starts && Math.abs(own - staff.starts) < OTHER ? staff.starts : own;
  const takes = (/** @type {number} */ i) => (cues[i].takes || (i + 1 < cues.length ? Math.max(0, cues[i + 1].plan - cues[i].plan) : LAST)) * 1000;
  const here = cues.indexOf(now), to = cues.findIndex((c, i) => i > here && (c.state === 'planned' || c.state === 'armed'));
  let t = Math.max(at, now.at + takes(here)), hard = /** @type {Course['hard']} */ (null);
  if (to < 0) return { late: staff.next ? t - takes(here) - zero - now.plan * 1000 : now.at - zero - now.plan * 1000, ends: staff.next ? t : 0, hard };
  const late = t - zero - cues[to].plan * 1000;
  for (let i = to; i < cues.length; i++) {
    const c = cues[i], fixed = zero + c.plan * 1000;
    if (c.state === 'skipped' || c.state === 'done') continue;
    if (c.fixed) {
      if (!hard) hard = { title: c.title, at: fixed, late: t - fixed };
      t = Math.max(t, fixed);
    }
    t += takes(i);
  }
  return { late, ends: t, hard };
}

/** The end of the open vote that the cue would cut short, as people are told it; 0 = none. @param {Doc.Desk} staff @param {Doc.DeskCue} cue */
export function cutsShort(staff, cue) {
  const own = staff.ballots.filter((b) => b.state === 'open' && cue.closes.includes(b.id));
  return Math.max(0, ...own.map((b) => b.deadline));
}

/**
 * What the big button does: arm, fire (held) or next (pressed).
 * @param {Doc.DeskCue} cue @param {boolean} early it closes a vote that has time left @returns {'arm'|'fire'|'next'}
 */
export function modeOf(cue, early) {
  if (!cue.confirm) return early ? 'fire' : 'next';
  return cue.state === 'planned' ? 'arm' : 'fire';
}

/** What +30 s adds to: an open ballot, else the timer. @param {Doc.View} view @returns {''|'extend'|'timer_add'} */
export function extendable(view) {
  if (view.ballot && view.ballot.open && view.ballot.deadline) return 'extend';
  return view.timer ? 'timer_add' : '';
}

/** @typedef {{ok: boolean, name: string}} Check */

/** What has to be there before the show goes on. @param {Doc.Desk} staff @returns {Check[]} */
export function checks(staff) {
  /** @type {Check[]} */
  const all = staff.judges.map((j) => ({ ok: j.online, name: j.name }));
  if (!staff.screens.length) all.push({ ok: false, name: t('screens') });
  for (const s of staff.screens) all.push({ ok: s.online && s.lag < LATE, name: t('screen.named', { name: s.name }) });
  const air = staff.cameras.find((c) => c.onair);
  if (staff.cameras.length) all.push({ ok: !!air && air.state === 'live', name: air ? air.label || air.name : t('program') });
  return all;
}

/** @typedef {{key: string, level: 'bad'|'warn', title: string, detail: string}} Warning */

/** What an operator should look at, the worst first. @param {Doc.Desk} staff @param {Doc.View} view @returns {Warning[]} */
export function warnings(staff, view) {
  /** @type {Warning[]} */
  const all = [];
  if (view.blackout) all.push({ key: 'black', level: 'bad', title: t('warn.blackout'), detail: t('warn.blackout.how') });
  const add = (/** @type {string} */ key, /** @type {string} */ title, /** @type {string} */ detail) => all.push({ key, level: 'warn', title, detail });
  for (const c of staff.cameras) {
    const name = c.label || c.name;
    if (c.onair && c.state !== 'live') all.push({ key: 'air' + c.name, level: 'bad', title: t('warn.air', { name }), detail: t('warn.air.how') });
    else if (c.state === 'lost') add('lost' + c.name, t('warn.lost', { name }), t('warn.lost.how'));
    if (c.warning) add('cam' + c.name, t('warn.camera', { name }), errorText({ code: c.warning }));
  }
  if (!staff.screens.length) add('screens', t('warn.screens'), t('warn.screens.how'));
  for (const s of staff.screens) {
    if (!s.online) add('off' + s.name, t('warn.screen.off', { name: s.name }), t('warn.screen.off.how'));
    else if (s.lag >= LATE) add('lag' + s.name, t('warn.screen.late', { name: s.name, s: Math.round(s.lag / 1000) }), t('warn.screen.late.how'));
  }
  const away = staff.judges.filter((j) => !j.online);
  if (away.length && !view.verify) add('judges', t('warn.judges', { n: away.length }), away.map((j) => j.name).join(t('list.comma')));
  if (staff.ackP99Ms >= SLOW) add('ack', t('warn.ack', { ms: Math.round(staff.ackP99Ms) }), t('warn.ack.how'));
  return all.sort((a, b) => Number(b.level === 'bad') - Number(a.level === 'bad'));
}

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

/** The cue on stage: the one with steps to come, else the last one done. @param {any} staff */
export function onStage(staff) {
  const running = staff.cues.find((/** @type {any} */ c) => c.state === 'running');
  if (running) return running;
  const next = staff.cues.findIndex((/** @type {any} */ c) => c.id === staff.next);
  const past = next < 0 ? staff.cues : staff.cues.slice(0, next);
  return past.filter((/** @type {any} */ c) => c.state === 'done').pop() || null;
}

/** @param {any} staff */
export function nextCue(staff) { return staff.cues.find((/** @type {any} */ c) => c.id === staff.next) || null; }

/**
 * What the big button does: arm, fire (held) or next (pressed).
 * @param {any} cue @returns {'arm'|'fire'|'next'}
 */
export function modeOf(cue) {
  if (!cue.confirm) return 'next';
  return cue.state === 'planned' ? 'arm' : 'fire';
}

/** What +30 s adds to: an open ballot, else the timer. @param {any} view @returns {''|'extend'|'timer_add'} */
export function extendable(view) {
  if (view.ballot && view.ballot.open && view.ballot.deadline) return 'extend';
  return view.timer ? 'timer_add' : '';
}

/** @typedef {{ok: boolean, name: string}} Check */

/** What has to be there before the show goes on. @param {any} staff @returns {Check[]} */
export function checks(staff) {
  /** @type {Check[]} */
  const all = staff.judges.map((/** @type {any} */ j) => ({ ok: j.online, name: j.name }));
  if (!staff.screens.length) all.push({ ok: false, name: t('screens') });
  for (const s of staff.screens) all.push({ ok: s.online && s.lag < LATE, name: t('screen.named', { name: s.name }) });
  const air = staff.cameras.find((/** @type {any} */ c) => c.onair);
  if (staff.cameras.length) all.push({ ok: !!air && air.state === 'live', name: air ? air.label || air.name : t('program') });
  return all;
}

/** @typedef {{key: string, level: 'bad'|'warn', title: string, detail: string}} Warning */

/** What an operator should look at, the worst first. @param {any} staff @param {any} view @returns {Warning[]} */
export function warnings(staff, view) {
  /** @type {Warning[]} */
  const all = staff.blockers.map((/** @type {any} */ b) => {
    const told = errorText({ code: b.code });
    return { key: 'b' + b.code, level: 'bad', title: t('warn.blocked'), detail: told.includes(b.code) ? b.text : told };
  });
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
  const away = staff.judges.filter((/** @type {any} */ j) => !j.online);
  if (away.length && !view.verify) add('judges', t('warn.judges', { n: away.length }), away.map((/** @type {any} */ j) => j.name).join(t('list.comma')));
  if (staff.ackP99Ms >= SLOW) add('ack', t('warn.ack', { ms: Math.round(staff.ackP99Ms) }), t('warn.ack.how'));
  return all.sort((a, b) => Number(b.level === 'bad') - Number(a.level === 'bad'));
}

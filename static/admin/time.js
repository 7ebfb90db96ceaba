// Times as the contest's own clock tells them, whatever the computer's zone.
// The zones are those that package vote knows: fixed offsets, no summer time.

import { now } from '../lib/clock.js';
import { lang, t } from '../lib/i18n.js';

/** ms ahead of UTC. @param {string} zone */
export function offset(zone) {
  if (zone === 'UTC') return 0;
  const m = /^([+-])(\d\d):(\d\d)$/.exec(zone || '');
  if (!m) return 8 * 3600e3; // Asia/Shanghai
  return (m[1] === '-' ? -1 : 1) * (Number(m[2]) * 60 + Number(m[3])) * 60e3;
}

/** "UTC+8". @param {string} zone */
export function zoneName(zone) {
  const min = offset(zone) / 60e3, h = Math.trunc(Math.abs(min) / 60), m = Math.abs(min) % 60;
  return 'UTC' + (min < 0 ? '−' : '+') + h + (m ? ':' + String(m).padStart(2, '0') : '');
}

/** The value of a datetime-local input; "" of 0. @param {number} ms @param {string} zone */
export function toLocal(ms, zone) { return ms ? new Date(ms + offset(zone)).toISOString().slice(0, 16) : ''; }

/** Unix ms of a datetime-local input; 0 of "". @param {string} text @param {string} zone */
export function fromLocal(text, zone) { return text ? Date.parse(text + (text.length === 16 ? ':00' : '') + 'Z') - offset(zone) : 0; }

/** "2024-09-06 14:05", or with seconds. @param {number} ms @param {string} zone @param {boolean} [exact] */
export function stamp(ms, zone, exact) { return ms ? new Date(ms + offset(zone)).toISOString().slice(0, exact ? 19 : 16).replace('T', ' ') : ''; }

/** Time past, as people say it: "3 minutes ago", and from a day on the date. @param {number} ms @param {string} zone */
export function ago(ms, zone) {
  const min = Math.floor((now() - ms) / 60e3);
  if (min < 1) return t('time.now');
  if (min >= 24 * 60) return stamp(ms, zone);
  const text = new Intl.RelativeTimeFormat(lang() === 'zh' ? 'zh-CN' : 'en-GB');
  return (min < 60 ? text.format(-min, 'minute') : text.format(-Math.floor(min / 60), 'hour')).replace(/(\d)(?=[\u4e00-\u9fff])/, '$1 ');
}

/** Time to come: "9 d 3 h" from a day on, else "3:02:05" or "2:05". @param {number} ms */
export function remaining(ms) {
  const s = Math.max(0, Math.ceil(ms / 1000)), h = Math.floor(s / 3600);
  return h >= 24 ? t('time.days', { d: Math.floor(h / 24), h: h % 24 }) : span(s);
}

/** "1:02:05" or "2:05" of seconds. @param {number} seconds */
export function span(seconds) {
  const s = Math.max(0, Math.round(seconds)), h = Math.floor(s / 3600), m = Math.floor((s % 3600) / 60);
  return (h ? h + ':' + String(m).padStart(2, '0') : String(m)) + ':' + String(s % 60).padStart(2, '0');
}

/** A length as people say it: "1 天 5 小时", "4 小时 40 分钟", "90 秒". @param {number} seconds */
export function howLong(seconds) {
  const s = Math.max(0, Math.round(seconds)), m = Math.round(s / 60);
  if (s < 60) return t('time.s', { s });
  if (s < 600 && s % 60) return t('time.ms', { m: Math.floor(s / 60), s: s % 60 });
  if (m < 60) return t('time.m', { m });
  const h = Math.floor(m / 60);
  if (h >= 24) return h % 24 ? t('time.days', { d: Math.floor(h / 24), h: h % 24 }) : t('time.d', { d: h / 24 });
  return m % 60 ? t('time.hm', { h, m: m % 60 }) : t('time.h', { h });
}

/** Seconds of a day of "19:05" or "19:05:30"; NaN of what is none. @param {string} text */
export function ofDay(text) {
  const m = /^(\d{1,2})[:：](\d{2})(?:[:：](\d{2}))?$/.exec(text.trim());
  return m && Number(m[1]) < 24 && Number(m[2]) < 60 && Number(m[3] || 0) < 60 ? Number(m[1]) * 3600 + Number(m[2]) * 60 + Number(m[3] || 0) : NaN;
}

/** "19:05", or with seconds where there are any; the next day's says so. @param {number} seconds of the day that the session begins on */
export function onClock(seconds) {
  const two = (/** @type {number} */ n) => String(n).padStart(2, '0'), d = Math.floor(seconds / 86400), s = seconds % 86400;
  const text = two(Math.floor(s / 3600)) + ':' + two(Math.floor(s / 60) % 60) + (s % 60 ? ':' + two(s % 60) : '');
  return d > 0 ? t('time.nextday', { time: text }) : text;
}

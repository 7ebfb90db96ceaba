// How long is left, in the unit that a person would use.

import { mmss } from './clock.js';
import { t } from './i18n.js';

const HOUR = 3600e3, DAY = 24 * HOUR; // ms

/** "9 天 3 小时" above a day and "3 小时 5 分" above an hour, to the nearest; "m:ss" below. @param {number} ms */
export function left(ms) {
  if (ms < HOUR) return mmss(Math.max(0, ms));
  const minutes = Math.round(ms / 60e3), hours = Math.round(ms / HOUR);
  if (ms < DAY && minutes < 24 * 60) return t('left.hours', { h: Math.floor(minutes / 60), m: minutes % 60 });
  return t('left.days', { d: Math.floor(hours / 24), h: hours % 24 });
}

/** Whether a ring and m:ss say it well. @param {number} ms */
export function near(ms) { return ms < HOUR; }

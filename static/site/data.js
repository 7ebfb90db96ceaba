// What the site computes from the published plan.

import { now } from '../lib/clock.js';
import { lang } from '../lib/i18n.js';

/** @typedef {Doc.Session} Session */
/** @typedef {Doc.Contest} Plan the plan of GET /v1/contest */

/** Today in the contest's place, ISO. */
export function today() { return new Date(now() + 8 * 3600e3).toISOString().slice(0, 10); }

/** The weekday of a date: the server's in Chinese, for the days that the plan names, else the calendar's. @param {Plan} plan @param {string} date */
export function weekday(plan, date) {
  const zh = lang() === 'zh';
  return zh && plan.days[date] || new Date(date + 'T00:00:00Z').toLocaleDateString(zh ? 'zh-CN' : 'en', { weekday: zh ? 'long' : 'short', timeZone: 'UTC' });
}

/** before, now or after. @param {string} from @param {string} to */
export function when(from, to) {
  const at = today();
  return at < from ? 'before' : at > to ? 'after' : 'now';
}

/** The name of a place. @param {Plan} plan @param {string|undefined} id */
export function venue(plan, id) {
  const v = plan.venues.find((x) => x.id === id);
  return v ? v.name : '';
}

/** The bodies of a role. @param {Plan} plan @param {string} role @returns {Doc.Body[]} */
export function bodies(plan, role) { return plan.bodies.filter((b) => b.role === role); }

/** Clauses by group, in order. @param {Plan} plan @returns {[string, Doc.Clause[]][]} */
export function groups(plan) {
  /** @type {Map<string, Doc.Clause[]>} */
  const out = new Map();
  for (const r of plan.rules) {
    const list = out.get(r.group);
    if (list) list.push(r); else out.set(r.group, [r]);
  }
  return [...out.entries()];
}

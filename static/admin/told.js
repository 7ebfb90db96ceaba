// The words for what has changed: what a value is called, and how it reads.

import { lang, number, t } from '../lib/i18n.js';
import { sectorText } from './sector.js';
import { span, stamp } from './time.js';

/** A text that there may be none of. @param {string} key @param {Record<string, any>} [args] */
function text(key, args) {
  const x = t(key, args);
  return x === key ? '' : x;
}

/** What was done. @param {{verb: string, new: boolean}} row */
export function verbText(row) { return (row.new && text('made.' + row.verb)) || t('change.' + row.verb); }

/** What a value is called, of this kind of thing or of any: of lines for a moment, the moment. @param {string} noun @param {string} path */
export function pathText(noun, path) {
  const last = path.slice(path.lastIndexOf('.') + 1);
  if (/\.lines\.\w+$/.test(path)) return text('beat.' + last);
  if (/\.args\.\w+$/.test(path)) return text('part.args.' + last);
  return text('part.' + noun + (path && '.' + path)) || text('part.' + path);
}

const TIMES = ['opensAt', 'closesAt', 'openedAt', 'deadline', 'expires', 'began', 'ended', 'purged'];
const SPANS = ['plan', 'takes', 'auto', 'autoStep', 'seconds'];

/** The words of a closed set, by the thing and the value's path. @type {Record<string, (v: string) => string>} */
const WORDS = {
  'account.roles': (v) => t('role.' + v), 'link.role': (v) => t('role.' + v), 'entry.state': (v) => t('entry.' + v), 'judge.sector': sectorText,
  'session.kind': (v) => t('session.kind.' + v), 'rundown.mode': (v) => t('mode.' + v),
  'ballot.state': (v) => t('ballot.state.' + v), 'ballot.visibility': (v) => t('visibility.' + v), 'ballot.level': (v) => t('level.' + v), 'ballot.quota.window': (v) => t('window.' + v),
  'ticket.level': (v) => t('level.' + v),
  'rundown.cues.lane': (v) => t('cue.lane.' + v), 'rundown.cues.actions.kind': (v) => t('action.' + v), 'rundown.cues.actions.scene': (v) => t('scene.' + v),
  'rundown.cues.actions.what': (v) => t('reveal.' + v), 'rundown.cues.actions.mode': (v) => t('danmaku.' + v), 'rundown.cues.actions.entry': (v) => (v === '*' ? t('action.entries') : v),
};

/** A value as a person reads it. @param {string} noun @param {string} path @param {string[]} list one or several @param {string} zone */
export function valueText(noun, path, list, zone) {
  const last = path.slice(path.lastIndexOf('.') + 1), words = WORDS[noun + '.' + path];
  return list.map((v) => {
    if (words) return words(v);
    if (TIMES.includes(last)) return stamp(Number(v), zone, true);
    if (SPANS.includes(last)) return span(Number(v));
    if (v === 'true' || v === 'false') return t('part.' + v);
    return /^\d{4,9}$/.test(v) && last === 'count' ? number(Number(v)) : v;
  }).join(lang() === 'zh' ? '、' : ', ');
}

// The cues that are offered, and whole programmes of them. Nothing here knows of the
// page.

import { t } from '../lib/i18n.js';
import { named } from './moves.js';

/** @typedef {Doc.Cue} Cue */
/** @typedef {import('./moves.js').Part} Part */

/** The names that a line to say may have filled in. */
export const FIELDS = ['entry', 'team', 'lead', 'track', 'award', 'quota', 'judge', 'mark', 'high', 'low', 'score', 'winner', 'winnerTeam', 'winnerLead', 'total', 'winners', 'voters'];

const KEPT = Object.fromEntries(FIELDS.map((f) => [f, '{' + f + '}']));

/** A line to say, whose fields stay. @param {string} key */
const line = (key) => t(key, KEPT);

/** Whether a cue must be armed before it is fired. @param {Cue} c */
export const grave = (c) => (c.actions || []).some((a) => a.kind === 'seal' || (a.kind === 'reveal' && a.what === 'award'));

/** What a cue is made from: whom it is about, and the seconds that it may take.
    @typedef {{entry?: Doc.Entry, ballot?: {id: string, title: string}, award?: Doc.Award, seconds?: number, quota?: number}} About */

/** @param {string} id @param {string} title @param {string} say @param {Doc.Action[]} actions @param {Partial<Cue>} [more] @returns {Cue} */
function cue(id, title, say, actions, more) {
  return { id, title, detail: '', line: say, plan: 0, actions, confirm: false, lane: '', auto: 5, ...more };
}

/** @param {string} scene @returns {Doc.Action} */
const scene = (scene) => ({ kind: 'scene', scene });

/** The cues that are offered, in the order of a night: what each is about, whether it does without, and how it is made. @type {{kind: string, needs?: 'entry'|'ballot'|'award', may?: boolean, takes: number, make: (of: About) => Cue}[]} */
export const PRESETS = [
  { kind: 'doors', takes: 900, make: () => cue('doors', t('preset.doors'), line('preset.doors.line'), [scene('idle'), { kind: 'danmaku', mode: 'review' }], { lane: 'host' }) },
  { kind: 'title', takes: 120, make: () => cue('title', t('preset.title'), line('preset.title.line'), [scene('title')], { lane: 'host' }) },
  { kind: 'entry', needs: 'entry', takes: 480, make: ({ entry, seconds = 480 }) => cue('show-' + slug(entry), entry ? entry.title : t('preset.entry'), line('preset.entry.line'),
    [{ kind: 'entry', entry: entry ? entry.id : '' }, scene('entry'), { kind: 'timer', label: t('preset.entry.timer'), seconds }]) },
  { kind: 'questions', takes: 300, make: ({ entry, seconds = 300 }) => cue('ask-' + slug(entry), of(entry, t('preset.questions')), line('preset.questions.line'),
    [scene('timer'), { kind: 'timer', label: t('preset.questions.timer'), seconds }]) },
  { kind: 'sheets', needs: 'entry', takes: 60, make: ({ entry }) => cue('sheets-' + slug(entry), of(entry, t('preset.sheets')), line('preset.sheets.line'), [{ kind: 'sheets_open', entry: entry ? entry.id : '*' }]) },
  { kind: 'lock', takes: 30, make: ({ entry }) => cue('lock-' + slug(entry), of(entry, t('preset.lock')), line('preset.lock.line'), [{ kind: 'timer_stop' }, { kind: 'sheets_lock', entry: entry ? entry.id : '*' }, scene('marks')]) },
  { kind: 'marks', takes: 60, make: ({ entry }) => cue('marks-' + slug(entry), of(entry, t('preset.marks')), line('preset.marks.line'), [{ kind: 'reveal', what: 'marks', ...(entry ? { entry: entry.id } : {}) }],
    { autoStep: 3, lines: { mark: line('preset.marks.mark'), trim: line('preset.marks.trim'), score: line('preset.marks.score') } }) },
  { kind: 'vote', needs: 'ballot', takes: 300, make: ({ ballot, seconds = 0 }) => cue('vote', t('preset.vote'), line('preset.vote.line'),
    [{ kind: 'ballot_open', ballot: ballot ? ballot.id : '', seconds }, scene('vote')], { auto: 5 }) },
  { kind: 'close', needs: 'ballot', takes: 30, make: ({ ballot }) => cue('close', t('preset.close'), line('preset.close.line'), [{ kind: 'ballot_close', ballot: ballot ? ballot.id : '' }]) },
  { kind: 'seal', needs: 'ballot', may: true, takes: 60, make: ({ ballot }) => cue('seal', t('preset.seal'), line('preset.seal.line'),
    [{ kind: 'seal', ...(ballot ? { ballot: ballot.id } : {}) }, { kind: 'scene', scene: 'message', args: { text: t('preset.seal.text') } }], { confirm: true }) },
  { kind: 'board', takes: 60, make: ({ quota = 0 }) => cue('board', t('preset.board'), line('preset.board.line'), [scene('board'), { kind: 'reveal', what: 'board', label: t('preset.board.label'), ...(quota ? { from: quota + 1 } : {}) }]) },
  { kind: 'ranking', takes: 60, make: () => cue('ranking', t('preset.ranking'), line('preset.board.line'), [scene('board'), { kind: 'reveal', what: 'board', label: t('preset.board.label') }]) },
  { kind: 'tally', needs: 'ballot', takes: 60, make: ({ ballot }) => cue('tally', t('preset.tally'), line('preset.tally.line'), [scene('vote'), { kind: 'reveal', what: 'tally', ballot: ballot ? ballot.id : '' }]) },
  { kind: 'award', needs: 'award', takes: 300, make: ({ award }) => cue('award-' + (award ? award.id : ''), award ? award.name : t('preset.award'), line('preset.award.line'),
    [scene(award && award.quota > 5 ? 'list' : 'award'), { kind: 'reveal', what: 'award', award: award ? award.id : '' }],
    { confirm: true, autoStep: 4, ...(award && award.quota > 5 ? {} : { lines: { hold: line('preset.award.hold'), turn: line('preset.award.turn') } }) }) },
  { kind: 'podium', takes: 180, make: () => cue('podium', t('preset.podium'), line('preset.podium.line'), [scene('podium')], { lane: 'host' }) },
  { kind: 'verify', takes: 60, make: () => cue('verify', t('preset.verify'), line('preset.verify.line'), [scene('verify'), { kind: 'reveal', what: 'verify' }], { confirm: true }) },
  { kind: 'message', takes: 60, make: () => cue('message', t('preset.message'), '', [{ kind: 'scene', scene: 'message', args: { text: t('preset.message.text') } }]) },
  { kind: 'end', takes: 60, make: () => cue('end', t('preset.end'), line('preset.end.line'), [scene('title'), { kind: 'end' }], { confirm: true }) },
];

/** What of an entry may stand in an id. @param {Doc.Entry|undefined} e */
const slug = (e) => (e ? e.id.replace(/[^a-zA-Z0-9_-]/g, '').slice(0, 20) || String(e.no) : 'all');

/** @param {Doc.Entry|undefined} e @param {string} text */
const of = (e, text) => (e ? t('preset.of', { text, title: e.title }) : text);

/** The preset of that kind. @param {string} kind */
const preset = (kind) => /** @type {(typeof PRESETS)[0]} */ (PRESETS.find((p) => p.kind === kind));

/** A cue of that kind, under a free id. @param {string} kind @param {About} about @param {Set<string>} taken @returns {Part} */
export function make(kind, about, taken) {
  const p = preset(kind), c = p.make(about);
  return { cue: { ...c, id: named(c.id, taken), title: [...c.title].slice(0, 80).join('') }, takes: about.seconds || p.takes };
}

/** What a whole programme is made from. @typedef {{entries: Doc.Entry[], ballot: {id: string, title: string}|null, awards: Doc.Award[], show: number, ask: number}} Whole */

/** Whole programmes: the kinds of their cues, where "each" is of every entry and "awards" of every award, the lowest first. @type {Record<string, string[]>} */
export const PROGRAMMES = {
  defence: ['doors', 'title', 'each', 'end'],
  night: ['doors', 'title', 'each', 'vote', 'close', 'seal', 'board', 'awards', 'podium', 'tally', 'verify', 'ranking', 'end'],
  ceremony: ['doors', 'title', 'seal', 'board', 'awards', 'podium', 'verify', 'ranking', 'end'],
  sealed: ['doors', 'title', 'each', 'vote', 'close', 'seal', 'end'],
  roadshow: ['doors', 'title', 'stage', 'end'],
};

/** The part of the night that a kind of cue belongs to; those about an entry bear its name. @type {Record<string, string>} */
const PARTS = { doors: 'open', title: 'open', stage: 'stage', vote: 'vote', close: 'vote', seal: 'seal', tally: 'close', board: 'seal', awards: 'awards', podium: 'awards', verify: 'close', ranking: 'close', end: 'close' };

/** What suits a session: one that reveals another's result, one whose scores or result go elsewhere, or any other. @param {{follows: string, joinedIn: string, revealedIn: string}} at */
export function suited(at) {
  return Object.keys(PROGRAMMES).filter((x) => x === 'roadshow' || (at.follows ? x === 'ceremony' : at.joinedIn ? x === 'defence' : !at.revealedIn || x === 'defence' || x === 'sealed'));
}

/** @param {string} name of PROGRAMMES @param {Whole} w @param {Set<string>} taken @returns {Part[]} */
export function programme(name, w, taken) {
  const ballot = w.ballot || undefined, out = /** @type {Part[]} */ ([]);
  let group = '';
  const add = (/** @type {string} */ kind, /** @type {About} */ about) => {
    const part = make(kind, about, taken);
    part.cue.group = group;
    out.push(part);
    return part;
  };
  const listed = w.awards.reduce((n, a) => n + a.quota, 0);
  for (const kind of PROGRAMMES[name]) {
    group = t('group.' + PARTS[kind]);
    if (kind === 'each') {
      for (const entry of w.entries) {
        group = [...entry.title].slice(0, 80).join('');
        const show = add('entry', { entry, seconds: w.show });
        show.cue.actions = [...(show.cue.actions || []), { kind: 'sheets_open', entry: entry.id }];
        if (w.ask) add('questions', { entry, seconds: w.ask });
        add('lock', { entry });
        add('marks', { entry });
      }
    } else if (kind === 'stage') for (const entry of w.entries) add('entry', { entry, seconds: w.show });
    else if (kind === 'awards') for (const award of [...w.awards].reverse()) add('award', { award });
    else if (kind === 'vote' || kind === 'close' || kind === 'tally') { if (ballot) add(kind, { ballot }); } else add(kind, { ballot, quota: listed });
  }
  return out;
}

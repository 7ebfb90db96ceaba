// Cues of a rundown as a builder moves them: each keeps how long it takes, what
// follows moves along, and one with a fixed start stays at its time on the clock.
// What did not change stays the same object, so that the list draws only what did.

/** @typedef {Doc.Cue} Cue */
/** A cue that is to come in, and the seconds that it takes. @typedef {{cue: Cue, takes: number}} Part */

const LAST = 60; // seconds that the last cue takes where the rundown does not say
export const MOST = 24 * 3600; // seconds: the latest start that a rundown may plan

/** A cue as the record has it: the server's order, and nothing that says nothing. @param {Cue} c @returns {Cue} */
export function neat(c) {
  const { id, title, detail, line, lines, group, plan, takes, fixed, actions, confirm, lane, auto, autoStep, ...more } = /** @type {any} */ (c);
  const all = { id, title, detail, line, lines, group: group || undefined, plan, takes: takes || undefined, fixed: fixed || undefined, actions, confirm, lane, auto, autoStep: autoStep || undefined, ...more };
  return /** @type {any} */ (Object.fromEntries(Object.entries(all).filter(([, v]) => v !== undefined)));
}

/** When a cue starts. @param {Cue} c */
const planOf = (c) => Number(c.plan) || 0;

/** How long each cue takes, in seconds. @param {Cue[]} cues @returns {number[]} */
export function lengths(cues) {
  return cues.map((c, i) => Number(c.takes) || (i + 1 < cues.length ? Math.max(0, planOf(cues[i + 1]) - planOf(c)) : LAST));
}

/** @param {Cue[]} cues @returns {Part[]} */
function parts(cues) {
  const takes = lengths(cues);
  return cues.map((cue, i) => ({ cue, takes: takes[i] }));
}

/** Plans the starts one after the other. @param {Part[]} list @param {number} from @returns {Cue[]} */
function laid(list, from) {
  let at = from;
  return list.map(({ cue, takes }) => {
    const plan = cue.fixed ? planOf(cue) : Math.min(at, MOST);
    at = plan + takes;
    return cue.plan === plan && (cue.takes || 0) === takes ? cue : neat({ ...cue, plan, takes });
  });
}

/** @param {Cue[]} cues */
const first = (cues) => (cues.length ? planOf(cues[0]) : 0);

/** When the last of them is over, in seconds. @param {Cue[]} cues */
export function end(cues) {
  const takes = lengths(cues);
  return cues.length ? planOf(cues[cues.length - 1]) + takes[cues.length - 1] : 0;
}

/** By how many seconds those before a cue with a fixed start run past it; negative is a gap. 0 of any other. @param {Cue[]} cues @param {number[]} takes @param {number} i */
export function slip(cues, takes, i) { return i > 0 && cues[i].fixed ? planOf(cues[i - 1]) + takes[i - 1] - planOf(cues[i]) : 0; }

/** A cue that has come beside another stands in the same part of the night. @param {Part} p @param {Cue} beside @returns {Part} */
function joined(p, beside) { return (p.cue.group || '') === (beside.group || '') ? p : { ...p, cue: neat({ ...p.cue, group: beside.group }) }; }

/** They change places with their neighbours, each by one. @param {Cue[]} cues @param {number[]} which ascending @param {number} step 1 or -1 */
export function moved(cues, which, step) {
  const list = parts(cues), all = new Set(which);
  for (const i of step < 0 ? which : [...which].reverse()) {
    const to = i + step;
    if (to < 0 || to >= list.length || all.has(to)) continue;
    [list[i], list[to]] = [list[to], joined(list[i], list[to].cue)];
    all.delete(i);
    all.add(to);
  }
  return laid(list, first(cues));
}

/** They come, in their order, before the one at a place. @param {Cue[]} cues @param {number[]} which ascending @param {number} at 0…cues.length @param {Cue} beside whose part of the night they join */
export function movedTo(cues, which, at, beside) {
  const list = parts(cues), all = new Set(which);
  const own = list.filter((_, i) => all.has(i)).map((p) => joined(p, beside));
  const rest = list.filter((_, i) => !all.has(i));
  rest.splice(at - which.filter((i) => i < at).length, 0, ...own);
  return laid(rest, first(cues));
}

/** @param {Cue[]} cues @param {number[]} which */
export function dropped(cues, which) {
  const all = new Set(which);
  return laid(parts(cues).filter((_, i) => !all.has(i)), first(cues));
}

/** @param {Cue[]} cues @param {number} at where the first of them stands then @param {Part[]} more */
export function inserted(cues, at, more) {
  const list = parts(cues);
  list.splice(at, 0, ...more);
  return laid(list, first(cues));
}

/** The cue in place of one; those behind it move with its start and its length. @param {Cue[]} cues @param {number} at @param {Cue} cue */
export function changed(cues, at, cue) {
  const list = parts(cues), was = cues[at], plan = planOf(cue);
  if (at > 0 && !cue.fixed && !was.fixed && plan !== planOf(was)) list[at - 1].takes = Math.max(0, plan - planOf(cues[at - 1]));
  list[at] = { cue: neat(cue), takes: Number(cue.takes) || list[at].takes };
  return laid(list, at === 0 ? plan : first(cues));
}

/** They form a part of the night, by that name. @param {Cue[]} cues @param {number[]} which @param {string} group */
export function grouped(cues, which, group) {
  const all = new Set(which);
  return cues.map((c, i) => (all.has(i) && (c.group || '') !== group ? neat({ ...c, group }) : c));
}

/** Copies of them, under names of their own. @param {Cue[]} cues @param {number[]} which @param {Set<string>} taken @returns {Part[]} */
export function copies(cues, which, taken) {
  const takes = lengths(cues);
  return which.map((i) => ({ cue: neat({ ...JSON.parse(JSON.stringify(cues[i])), fixed: false, id: named(cues[i].id.replace(/-\d+$/, '') || 'cue', taken) }), takes: takes[i] }));
}

/** An id that is free, which is taken then: "vote", "vote-2". @param {string} base @param {Set<string>} taken */
export function named(base, taken) {
  const short = base.slice(0, 27);
  let id = short;
  for (let n = 2; taken.has(id); n++) id = short + '-' + n;
  taken.add(id);
  return id;
}

/** A part of the night: cues one after the other. @typedef {{key: string, name: string, from: number, to: number, takes: number}} Section */

const LEAVES = ['ballot_open', 'ballot_close', 'seal', 'end'];

/** The parts of the night: as they are named, else whom the cues are about. @param {Cue[]} cues @param {(entry: string) => string} titleOf @returns {Section[]} */
export function sections(cues, titleOf) {
  const takes = lengths(cues), out = /** @type {Section[]} */ ([]), seen = new Map();
  let entry = '';
  cues.forEach((c, i) => {
    const actions = Array.isArray(c.actions) ? c.actions : [], on = actions.find((a) => a && a.kind === 'entry');
    if (on) entry = String(on.entry || '');
    else if (actions.some((a) => a && (LEAVES.includes(a.kind) || (a.kind === 'reveal' && a.what !== 'marks') || (a.kind === 'scene' && a.scene === 'title')))) entry = '';
    const name = c.group || (entry ? titleOf(entry) : ''), last = out[out.length - 1];
    if (last && last.name === name) { last.to = i + 1; last.takes += takes[i]; return; }
    const n = (seen.get(name) || 0) + 1;
    seen.set(name, n);
    out.push({ key: name + '#' + n, name, from: i, to: i + 1, takes: takes[i] });
  });
  return out;
}

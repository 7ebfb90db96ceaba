// The arithmetic of a sheet, in whole numbers: a mark is hundredths of a point,
// as on the wire. Floating point would show 92.549999 to somebody one day.

/** @typedef {Doc.Criterion} Criterion */

/**
 * Reads what a judge typed: hundredths of a point, null for nothing typed, and
 * undefined for what is no mark up to max.
 * @param {string} text @param {number} max points @returns {number|null|undefined}
 */
export function parseMark(text, max) {
  // A Chinese keyboard types full-width digits and 。 for a point.
  const plain = text.replace(/[０-９]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xFEE0)).replace(/[．。]/g, '.').trim();
  if (plain === '') return null;
  const m = /^(\d{1,4})(?:\.(\d{0,2}))?$/.exec(plain) || /^()\.(\d{1,2})$/.exec(plain);
  if (!m) return undefined;
  const mark = Number(m[1] || 0) * 100 + Number((m[2] || '').padEnd(2, '0'));
  return mark <= max * 100 ? mark : undefined;
}

/** A mark as a judge would write it: 92, 92.5, 92.55. @param {number} mark hundredths */
export function formatMark(mark) {
  const cents = String(mark % 100).padStart(2, '0');
  return Math.floor(mark / 100) + (cents === '00' ? '' : '.' + cents.replace(/0$/, ''));
}

/** @param {bigint} a @param {bigint} b @returns {bigint} */
function gcd(a, b) { return b === 0n ? a : gcd(b, a % b); }

/**
 * The weighted total Σ weight·mark/max of 100, with the two to four decimals it
 * has; what is finer (a max other than 100) is rounded half up at the fourth.
 * @param {Criterion[]} criteria @param {Record<string, number>} marks hundredths
 */
export function total(criteria, marks) {
  let common = 1n;
  for (const c of criteria) common = common / gcd(common, BigInt(c.max)) * BigInt(c.max);
  let sum = 0n; // of ten-thousandths, times common
  for (const c of criteria) sum += BigInt(c.weight) * BigInt(marks[c.id] || 0) * 100n * (common / BigInt(c.max));
  const value = (2n * sum + common) / (2n * common);
  const text = String(value).padStart(5, '0');
  return text.slice(0, -4) + '.' + text.slice(-4).replace(/0{1,2}$/, '');
}

/** Whether every criterion has a mark. @param {Criterion[]} criteria @param {Record<string, number>} marks */
export function complete(criteria, marks) { return criteria.every((c) => marks[c.id] !== undefined); }

/** Whether two sheets say the same. @param {{marks: Record<string, number>, comment: string}} a @param {{marks: Record<string, number>, comment: string}} b */
export function same(a, b) {
  const keys = Object.keys(a.marks);
  return a.comment === b.comment && keys.length === Object.keys(b.marks).length && keys.every((k) => a.marks[k] === b.marks[k]);
}

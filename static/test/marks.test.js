// The jury's arithmetic against numbers worked out by hand.

import { complete, formatMark, parseMark, same, total } from '../judge/marks.js';

/** @param {unknown} got @param {unknown} want @param {string} what */
function equal(got, want, what) {
  if (got !== want) throw new Error(`${what}: got ${String(got)}, want ${String(want)}`);
}

const plan = [['innovation', 30, 100], ['practicality', 30, 100], ['technology', 25, 100], ['sustainability', 15, 100]]
  .map(([id, weight, max]) => ({ id: String(id), name: '', text: '', weight: Number(weight), max: Number(max) }));

export function test() {
  for (const [text, want] of /** @type {[string, number|null|undefined][]} */ ([
    ['92.55', 9255], ['92.5', 9250], ['92.', 9200], ['92', 9200], ['0', 0], ['.5', 50], ['100', 10000], ['100.00', 10000], ['', null], ['  ', null],
    ['９２。５', 9250], ['100.01', undefined], ['92.555', undefined], ['-1', undefined], ['1e2', undefined], ['九十', undefined], ['.', undefined],
  ])) equal(parseMark(text, 100), want, `parse ${text}`);
  for (const [mark, want] of /** @type {[number, string][]} */ ([[0, '0'], [5, '0.05'], [9200, '92'], [9250, '92.5'], [9255, '92.55'], [10000, '100']])) {
    equal(formatMark(mark), want, `format ${mark}`);
  }
  equal(total(plan, {}), '0.00', 'nothing');
  equal(total(plan, { innovation: 10000, practicality: 10000, technology: 10000, sustainability: 10000 }), '100.00', 'everything');
  equal(total(plan, { innovation: 9255, practicality: 8800, technology: 9010, sustainability: 7505 }), '87.9475', 'four decimals');
  equal(total(plan, { innovation: 9255 }), '27.765', 'three decimals');
  const thirds = [{ ...plan[0], weight: 50, max: 30 }, { ...plan[1], weight: 50, max: 20 }];
  equal(total(thirds, { innovation: 2000, practicality: 1000 }), '58.3333', 'other scales');
  equal(complete(plan, { innovation: 0, practicality: 0, technology: 0 }), false, 'one is missing');
  equal(complete(plan, { innovation: 0, practicality: 0, technology: 0, sustainability: 0 }), true, 'zero is a mark');
  equal(same({ marks: { a: 1 }, comment: '' }, { marks: { a: 1 }, comment: '' }), true, 'same');
  equal(same({ marks: { a: 1 }, comment: '' }, { marks: { a: 1, b: 0 }, comment: '' }), false, 'one more');
}

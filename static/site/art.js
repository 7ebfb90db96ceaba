// The picture at the head of the page, drawn and not loaded: rime (雾凇) on the
// trees of the Songhua in the first light. The same trees each time.

import { html, useMemo } from '../lib/ui.js';

const WIDE = 1440, HIGH = 620, GROUND = 560;

/** Numbers from 0 to 1 in a fixed order (mulberry32). @param {number} seed */
function chance(seed) {
  let a = seed;
  return () => {
    a = (a + 0x6D2B79F5) | 0;
    let n = Math.imul(a ^ (a >>> 15), 1 | a);
    n = (n + Math.imul(n ^ (n >>> 7), 61 | n)) ^ n;
    return ((n ^ (n >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * One tree as paths by thickness, and the tips where frost sits. Branches fan
 * out and lighten, as they do under rime.
 * @param {number} x @param {number} height @param {number} seed
 */
function tree(x, height, seed) {
  const luck = chance(seed);
  const paths = ['', '', ''];
  /** @type {[number, number, number][]} */
  const tips = [];
  const grow = (/** @type {number} */ px, /** @type {number} */ py, /** @type {number} */ angle, /** @type {number} */ length, /** @type {number} */ depth) => {
    const bend = angle + (luck() - 0.5) * 0.34;
    const qx = px + Math.cos(bend) * length * 0.55, qy = py + Math.sin(bend) * length * 0.55;
    const ex = px + Math.cos(angle) * length, ey = py + Math.sin(angle) * length;
    paths[depth > 5 ? 0 : depth > 2 ? 1 : 2] += `M${px.toFixed(0)} ${py.toFixed(0)}Q${qx.toFixed(0)} ${qy.toFixed(0)} ${ex.toFixed(0)} ${ey.toFixed(0)}`;
    if (depth === 0) { if (luck() < 0.4) tips.push([ex, ey, 0.6 + luck() * 1.3]); return; }
    // A leader goes on upwards and branches leave it to both sides, in turn.
    const side = depth % 2 ? 1 : -1;
    grow(ex, ey, angle + side * -0.10 + (luck() - 0.5) * 0.2 + (-Math.PI / 2 - angle) * 0.08, length * (0.78 + luck() * 0.1), depth - 1);
    grow(ex, ey, angle + side * (0.46 + luck() * 0.26), length * (0.62 + luck() * 0.16), depth - 1);
    if (luck() < 0.62) grow(qx, qy, angle - side * (0.5 + luck() * 0.3), length * (0.5 + luck() * 0.16), depth - 1);
  };
  grow(x, GROUND + 14, -Math.PI / 2 + (luck() - 0.5) * 0.1, height * 0.22, 7);
  return { paths, tips };
}

const TREES = /** @type {[number, number, number, string][]} */ ([
  [640, 150, 5, 'far'], [760, 170, 21, 'far'], [905, 190, 8, 'far'], [1250, 180, 13, 'far'], [1400, 210, 34, 'far'],
  [830, 260, 55, 'mid'], [1345, 330, 89, 'mid'],
  [1085, 430, 144, 'near'],
]);

export function Rime() {
  const trees = useMemo(() => TREES.map(([x, h, seed, where]) => ({ ...tree(x, h, seed), where })), []);
  return html`<svg class="rime" viewBox=${`0 0 ${WIDE} ${HIGH}`} preserveAspectRatio="xMaxYMax slice" aria-hidden="true">
    <defs>
      <linearGradient id="sky" x1="0" y1="0" x2="0" y2="1"><stop offset="0" class="s1" /><stop offset=".45" class="s2" /><stop offset=".78" class="s3" /><stop offset="1" class="s4" /></linearGradient>
      <radialGradient id="dawn" cx=".74" cy=".86" r=".62"><stop offset="0" class="d1" /><stop offset=".5" class="d2" /><stop offset="1" class="d3" /></radialGradient>
      <linearGradient id="mist" x1="0" y1="0" x2="0" y2="1"><stop offset="0" class="m1" /><stop offset=".7" class="m2" /><stop offset="1" class="m3" /></linearGradient>
    </defs>
    <rect width=${WIDE} height=${HIGH} fill="url(#sky)" />
    <rect width=${WIDE} height=${HIGH} fill="url(#dawn)" />
    <path class="hill back" d="M0 520C160 470 300 488 430 462 600 428 720 470 860 452 1010 432 1130 440 1240 456 1320 466 1390 448 1440 440V620H0Z" />
    <path class="hill" d="M0 556C220 520 380 540 560 516 760 490 900 524 1080 508 1220 496 1340 512 1440 500V620H0Z" />
    ${trees.map((x, i) => html`<g key=${i} class=${'tree ' + x.where}>
      ${x.where === 'near' && html`<path class="halo" d=${x.paths[1] + x.paths[2]} />`}
      ${x.paths.map((d, j) => html`<path key=${j} class=${'w' + j} d=${d} />`)}
      ${x.where !== 'far' && x.tips.map(([cx, cy, r], j) => html`<circle key=${j} cx=${cx.toFixed(0)} cy=${cy.toFixed(0)} r=${r.toFixed(1)} />`)}</g>`)}
    <rect class="veil" y=${GROUND - 120} width=${WIDE} height=${HIGH - GROUND + 120} fill="url(#mist)" />
  </svg>`;
}

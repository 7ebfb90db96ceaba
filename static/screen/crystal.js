// A crystal of rime behind the opening scenes: one branch, six times.

import { html } from '../lib/ui.js';

/** @param {number} n @returns {string} the path of a branch with n pairs of twigs */
function branch(n) {
  let d = 'M0 0V-96';
  for (let i = 1; i <= n; i++) {
    const y = -18 - i * (70 / n), l = (i % 2 ? 20 : 13) * (1 - i / (n + 3));
    d += `M0 ${y}l${l} ${-l * 0.58}M0 ${y}l${-l} ${-l * 0.58}`;
  }
  return d;
}

const path = branch(7);

export function Crystal() {
  return html`<svg class="crystal" viewBox="-100 -100 200 200" aria-hidden="true">${[0, 60, 120, 180, 240, 300].map((a) => html`<path key=${a} d=${path} transform=${`rotate(${a})`} />`)}</svg>`;
}

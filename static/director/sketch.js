// A drawing of a scene small enough for the preview: its name, its main words,
// and enough of its shape to tell it from the others. It draws what the document
// holds, and the document holds no result before its reveal.

import { mmss } from '../lib/clock.js';
import { t } from '../lib/i18n.js';
import { Track, html } from '../lib/ui.js';

const SCENES = ['idle', 'title', 'entry', 'timer', 'vote', 'marks', 'board', 'list', 'award', 'podium', 'verify', 'message', 'align'];

/** @param {any} scene */
export function sceneName(scene) {
  if (!scene) return t('scene.idle'); // what screens show before the first scene
  return SCENES.includes(scene.name) ? t('scene.' + scene.name) : scene.name;
}

/** The code to scan, as a shape. */
function Code() { return html`<i class="sk-code" aria-hidden="true"></i>`; }

/** @param {any} view */
function title(view) {
  const s = view.session || {};
  return html`<b>${s.title || ''}</b><span>${s.subtitle || ''}</span>`;
}

/** @param {any} view */
function entry(view) {
  const e = view.entry;
  if (!e) return title(view);
  return html`<span><${Track} id=${e.track} name=${e.trackName} /></span><b>${e.title}</b><span>${e.team || e.lead}</span>`;
}

/** @param {any} view @param {any[]} judges */
function marks(view, judges) {
  const lit = (view.marks && view.marks.judges) || [];
  const tiles = judges.map((j) => lit.find((/** @type {any} */ m) => m.id === j.id) || { id: j.id });
  return html`${view.entry && html`<b class="less">${view.entry.title}</b>`}
    <div class="sk-tiles">${tiles.map((m) => html`<i key=${m.id} class=${(m.total ? 'lit ' : '') + (m.dropped ? 'out' : '')}>${m.total || ''}</i>`)}</div>
    <span class="fig">${view.marks && view.marks.score ? t('sketch.score', { score: view.marks.score }) : t('sketch.marks')}</span>`;
}

/** @param {any} view */
function board(view) {
  const rows = view.board ? view.board.rows.slice(0, 5) : [1, 2, 3, 4, 5].map((rank) => ({ rank, frozen: true }));
  return html`<b class="less">${view.board ? view.board.title : t('scene.board')}</b>
    <div class="sk-rows">${rows.map((/** @type {any} */ r) => html`<i key=${r.rank} style=${{ '--w': 100 - r.rank * 9 + '%' }}><em class="fig">${r.rank}</em></i>`)}</div>`;
}

/** @param {any} view */
function award(view) {
  const a = view.award;
  if (!a) return html`<b class="gold">${t('scene.award')}</b><span>${t('sketch.sealed')}</span>`;
  return html`<span class="gold">${a.name}${a.place ? ' ' + t('sketch.place', { place: a.place, of: a.of }) : ''}</span>
    <div class=${'sk-card' + (a.held ? ' held' : '')}><b>${a.winner ? a.winner.title : a.held ? t('sketch.held') : t('sketch.vacant')}</b></div>
    ${a.winner && html`<span>${a.winner.team || a.winner.lead}</span>`}`;
}

/** @param {any} view */
function list(view) {
  const level = view.award ? view.awards.find((/** @type {any} */ l) => l.level === view.award.level) : null;
  const n = level ? Math.min(12, level.winners.length) : 12;
  return html`<b class="gold less">${level ? level.name : t('scene.list')}</b>
    <div class="sk-grid">${Array.from({ length: n }, (_, i) => html`<i key=${i} class=${level ? 'lit' : ''}></i>`)}</div>
    <span>${level ? t('sketch.winners', { n: level.winners.length }) : t('sketch.sealed')}</span>`;
}

/** @type {Record<string, (view: any, judges: any[]) => any>} */
const draw = {
  idle: (v) => html`${title(v)}<${Code} />`,
  title,
  entry,
  timer: (v) => (v.timer ? html`<span>${v.timer.label}</span><b class="figure fig">${mmss(v.timer.total * 1000)}</b>` : title(v)),
  vote: (v) => html`<span>${v.ballot ? v.ballot.title : t('scene.vote')}</span><b class="less">${v.entry ? v.entry.title : (v.session || {}).title}</b><${Code} />`,
  marks, board, award, list,
  podium: () => html`<div class="sk-podium" aria-hidden="true"><i></i><i></i><i></i></div><b class="gold less">${t('scene.podium')}</b>`,
  verify: (v) => html`<${Code} /><b class="less">${t('scene.verify')}</b>${v.verify && html`<span class="fig cut">${v.verify.root.slice(0, 24)}…</span>`}`,
  message: (v) => html`<b>${(v.scene.args && v.scene.args.text) || t('scene.message')}</b>`,
  align: () => html`<div class="sk-align" aria-hidden="true"></div>`,
};

/** @param {{view: any, judges: any[]}} p */
export function Sketch({ view, judges }) {
  const scene = view && view.scene ? view.scene.name : 'idle';
  return html`<div class=${'sketch sk-' + scene}>${(draw[scene] || title)(view, judges)}</div>`;
}

// A drawing of a scene small enough for the preview: its name, its main words,
// and enough of its shape to tell it from the others. It draws what the document
// holds, and the document holds no result before its reveal.

import { mmss } from '../lib/clock.js';
import { t } from '../lib/i18n.js';
import { Track, html } from '../lib/ui.js';

const SCENES = ['idle', 'title', 'entry', 'timer', 'vote', 'marks', 'board', 'list', 'award', 'podium', 'verify', 'message', 'align'];

/** @param {string} name '' is what screens show before the first scene */
export function sceneName(name) {
  if (!name) return t('scene.idle');
  return SCENES.includes(name) ? t('scene.' + name) : name;
}

/** The code to scan, as a shape. */
function Code() { return html`<i class="sk-code" aria-hidden="true"></i>`; }

/** @param {Doc.View} view */
function title(view) {
  const s = view.session;
  return html`<b>${s ? s.title : ''}</b><span>${s ? s.subtitle : ''}</span>`;
}

/** @param {Doc.View} view */
function entry(view) {
  const e = view.entry;
  if (!e) return title(view);
  return html`<span><${Track} id=${e.track} name=${e.trackName} /></span><b>${e.title}</b><span>${e.team || e.lead}</span>`;
}

/** @param {Doc.View} view @param {Doc.DeskJudge[]} judges */
function marks(view, judges) {
  const lit = (view.marks && view.marks.judges) || [];
  const tiles = judges.map((j) => lit.find((m) => m.id === j.id) || { id: j.id, total: '', dropped: '' });
  return html`${view.entry && html`<b class="less">${view.entry.title}</b>`}
    <div class="sk-tiles">${tiles.map((m) => html`<i key=${m.id} class=${(m.total ? 'lit ' : '') + (m.dropped ? 'out' : '')}>${m.total || ''}</i>`)}</div>
    <span class="fig">${view.marks && view.marks.score ? t('sketch.score', { score: view.marks.score }) : t('sketch.marks')}</span>`;
}

/** @param {Doc.View} view */
function board(view) {
  const rows = view.board ? view.board.rows.slice(0, 5) : [1, 2, 3, 4, 5].map((rank) => ({ rank, frozen: true }));
  return html`<b class="less">${view.board ? view.board.title : t('scene.board')}</b>
    <div class="sk-rows">${rows.map((r) => html`<i key=${r.rank} style=${{ '--w': 100 - r.rank * 9 + '%' }}><em class="fig">${r.rank}</em></i>`)}</div>`;
}

/** @param {Doc.View} view */
function award(view) {
  const a = view.award;
  if (!a) return html`<b class="gold">${t('scene.award')}</b><span>${t('sketch.sealed')}</span>`;
  return html`<span class="gold">${a.name}${a.place ? ' ' + t('sketch.place', { place: a.place, of: a.of }) : ''}</span>
    <div class=${'sk-card' + (a.held ? ' held' : '')}><b>${a.winner ? a.winner.title : a.held ? t('sketch.held') : t('sketch.vacant')}</b></div>
    ${a.winner && html`<span>${a.winner.team || a.winner.lead}</span>`}`;
}

/** @param {Doc.View} view */
function list(view) {
  const a = view.award, level = a ? view.awards.find((l) => l.level === a.level) : null;
  const n = level ? Math.min(12, level.winners.length) : 12;
  return html`<b class="gold less">${level ? level.name : t('scene.list')}</b>
    <div class="sk-grid">${Array.from({ length: n }, (_, i) => html`<i key=${i} class=${level ? 'lit' : ''}></i>`)}</div>
    <span>${level ? t('sketch.winners', { n: level.winners.length }) : t('sketch.sealed')}</span>`;
}

/** @type {Record<string, (view: Doc.View, judges: Doc.DeskJudge[]) => any>} */
const draw = {
  idle: (v) => html`${title(v)}<${Code} />`,
  title,
  entry,
  timer: (v) => (v.timer ? html`<span>${v.timer.label}</span><b class="figure fig">${mmss(v.timer.total * 1000)}</b>` : title(v)),
  vote: (v) => html`<span>${v.ballot ? v.ballot.title : t('scene.vote')}</span><b class="less">${v.entry ? v.entry.title : v.session ? v.session.title : ''}</b><${Code} />`,
  marks, board, award, list,
  podium: () => html`<div class="sk-podium" aria-hidden="true"><i></i><i></i><i></i></div><b class="gold less">${t('scene.podium')}</b>`,
  verify: (v) => html`<${Code} /><b class="less">${t('scene.verify')}</b>${v.verify && html`<span class="fig cut">${v.verify.root.slice(0, 24)}…</span>`}`,
  message: (v) => html`<b>${(v.scene && v.scene.args && v.scene.args.text) || t('scene.message')}</b>`,
  align: () => html`<div class="sk-align" aria-hidden="true"></div>`,
};

/** @param {{view: Doc.View, judges: Doc.DeskJudge[]}} p */
export function Sketch({ view, judges }) {
  const scene = view && view.scene ? view.scene.name : 'idle';
  return html`<div class=${'sketch sk-' + scene}>${(draw[scene] || title)(view, judges)}</div>`;
}

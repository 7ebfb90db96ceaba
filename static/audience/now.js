// What is on stage now, by the scene of the venue screen. Everything here comes
// from the public state, so phone and screen can't differ.

import { base } from '../lib/api.js';
import { mmss } from '../lib/clock.js';
import { t } from '../lib/i18n.js';
import { Track, html, trackStyle, useNow } from '../lib/ui.js';

const OVER = 60000; // ms after its end that a timer is still shown, at zero: overtime is the stage's matter

/** @param {{timer: Doc.Timer}} p */
export function Timer({ timer }) {
  const left = timer.ends - useNow(250);
  if (left < -OVER) return null;
  return html`<div class=${'timer' + (left < 10000 ? ' urgent' : '')} data-timer><span>${timer.label}</span><b class="fig">${mmss(Math.max(0, left))}</b></div>`;
}

function Entry(/** @type {{entry: Doc.Card}} */ { entry }) {
  return html`<article class="entry" style=${trackStyle(entry.track)}>
    <p class="kicker"><${Track} id=${entry.track} name=${entry.trackName} /></p><h2>${entry.title}</h2>
    <p>${entry.team}</p><p class="muted">${[entry.lead, ...(entry.partners || [])].join(' · ')}</p>
    ${entry.summary && html`<p class="muted small">${entry.summary}</p>`}</article>`;
}

function Dots(/** @type {{dots: Doc.Dots}} */ { dots }) {
  const done = dots.judges.filter((j) => j.done).length;
  return html`<div class="dots"><span class="muted">${dots.locked ? t('now.locked') : t('now.judging', { n: done, of: dots.judges.length })}</span>
    <span class="row">${dots.judges.map((j) => html`<i key=${j.id} title=${j.name} class=${'dot ' + (j.done ? 'good' : '')}></i>`)}</span></div>`;
}

function Marks(/** @type {{marks: Doc.Marks}} */ { marks }) {
  return html`<article class="marks"><p class="kicker">${t('now.marks')}</p><h2>${marks.title}</h2>
    <ul>${marks.judges.map((j) => html`<li key=${j.id} class=${(j.total === null ? 'held' : '') + (j.dropped ? ' dropped' : '')}>
      <small>${j.name}</small><b class="fig">${j.total === null ? '—' : j.total}</b>${j.dropped && html`<em>${t('now.dropped.' + j.dropped)}</em>`}</li>`)}</ul>
    ${marks.score !== null && html`<p class="score"><span>${t('now.score')}</span><b class="fig">${marks.score}</b></p>`}</article>`;
}

/** One revealed winner. */
export function Winner(/** @type {{w: Doc.Winner, name: any}} */ { w, name }) {
  return html`<article class="winner" data-award-winner data-entry=${w.entry} style=${trackStyle(w.track)}>
    <p class="level">${name}</p><h2>${w.title}</h2><p>${w.team}</p><p class="muted">${w.lead}</p>
    <p class="row"><${Track} id=${w.track} name=${w.trackName} /><span class="grow"></span><span class="muted small">${t('now.total')}</span><b class="fig">${w.total}</b></p></article>`;
}

function Award(/** @type {{view: Doc.View}} */ { view }) {
  const a = view.award;
  if (!a) return null;
  if (a.winner) return html`<${Winner} w=${a.winner} name=${a.name} />`;
  if (a.held) return html`<article class="winner held"><p class="level">${a.name}</p><h2>${t('now.held')}</h2><p class="muted fig">${t('now.place', { place: a.place, of: a.of })}</p></article>`;
  const level = view.awards.find((l) => l.level === a.level);
  return level ? html`<${Level} level=${level} />` : null;
}

/** A level with its winners. */
export function Level(/** @type {{level: Doc.AwardLevel}} */ { level }) {
  return html`<section class="level-list"><h3>${level.name}</h3><ul>${level.winners.map((w) => html`<li key=${w.entry} data-award-entry=${w.entry} style=${trackStyle(w.track)}>
    <span class="bar"></span><span class="grow"><b>${w.title}</b><small><${Track} id=${w.track} name=${w.trackName} /> · ${w.lead}</small></span></li>`)}</ul></section>`;
}

function Verify(/** @type {{verify: Doc.Verify}} */ { verify }) {
  return html`<article class="verify"><p class="kicker">${t('now.verify')}</p><code class="fig">${(verify.root.match(/.{1,8}/g) || []).join(' ')}</code>
    <p class="muted">${t('now.verify.text', { n: verify.leaves })}</p><a class="btn main" href=${base + '/verify'}>${t('now.verify.go')}</a></article>`;
}

function Title(/** @type {{view: Doc.View}} */ { view }) {
  return html`<article class="title"><h2>${view.session ? view.session.title : ''}</h2><p class="muted">${view.session ? view.session.subtitle : ''}</p>
    <p class="muted" data-ended=${view.session && view.session.ended ? '1' : null}>${view.session && view.session.ended ? t('now.ended') : t('now.soon')}</p>
    ${view.session && view.session.ended && view.verify && html`<a class="btn main" data-do="results" href=${base + '/results/' + encodeURIComponent(view.session.id)}>${t('now.results')}</a>`}</article>`;
}

/** The stage in one card. @param {{view: Doc.View|null, voting: boolean, onVote: () => void}} p */
export function Now({ view, voting, onVote }) {
  if (!view) return html`<div class="now"><p class="empty">${t('loading')}</p></div>`;
  const scene = view.scene ? view.scene.name : 'idle';
  const ceremony = ['award', 'list', 'podium'].includes(scene);
  const ended = !!(view.session && view.session.ended);
  return html`<div class="now">
    ${voting && html`<button type="button" class="btn main wide" onClick=${onVote}>${t('now.vote')}</button>`}
    ${ended && scene !== 'idle' && scene !== 'title' && scene !== 'board' && html`<${Title} view=${view} />`}
    ${view.timer && !ended && !ceremony && html`<${Timer} timer=${view.timer} />`}
    ${scene === 'marks' && view.marks && html`<${Marks} marks=${view.marks} />`}
    ${ceremony && html`<${Award} view=${view} />`}
    ${scene === 'verify' && view.verify && html`<${Verify} verify=${view.verify} />`}
    ${scene === 'message' && html`<article class="title"><h2>${view.scene && view.scene.args.text}</h2></article>`}
    ${(scene === 'idle' || scene === 'title' || scene === 'board') && html`<${Title} view=${view} />`}
    ${view.entry && ['entry', 'timer', 'vote'].includes(scene) && html`<${Entry} entry=${view.entry} />`}
    ${view.dots && !ended && ['entry', 'vote'].includes(scene) && html`<${Dots} dots=${view.dots} />`}
  </div>`;
}

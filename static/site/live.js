// What is on right now: running sessions and open ballots.

import { api, base } from '../lib/api.js';
import { mmss, now, sync } from '../lib/clock.js';
import { t } from '../lib/i18n.js';
import { html, useEffect, useNow, useState } from '../lib/ui.js';

const EVERY = 15000; // ms between looks

/** @typedef {import('./data.js').Session} Session */
/** @typedef {{session: Session, view: Doc.View, ballots: Doc.Board[]}} Show */

/**
 * The sessions, and those under way with a scene and their open ballots.
 * @returns {{sessions: Session[], shows: Show[]}} none while they aren't known
 */
export function useLive() {
  const [found, set] = useState({ sessions: /** @type {Session[]} */ ([]), shows: /** @type {Show[]} */ ([]) });
  useEffect(() => {
    let on = true, known = false;
    const look = async () => {
      if (document.hidden && known) return;
      /** @type {Session[]|null} */
      const sessions = await api('/v1/sessions').catch(() => null);
      if (!sessions || !on) return;
      known = true;
      set((f) => ({ ...f, sessions }));
      const all = await Promise.all(sessions.filter((s) => s.state === 'live').map(async (session) => {
        try {
          /** @type {Doc.View} */
          const view = await api('/v1/stage/' + encodeURIComponent(session.id));
          if (!view.scene) return null;
          /** @type {(Doc.Board|null)[]} */
          const boards = await Promise.all(session.ballots.map((id) => api('/v1/ballots/' + encodeURIComponent(id)).catch(() => null)));
          return { session, view, ballots: boards.filter((b) => b && b.state === 'open') };
        } catch (e) { return null; }
      }));
      if (on) set({ sessions, shows: /** @type {Show[]} */ (all.filter(Boolean)) });
    };
    api('/v1/time').then((x) => sync(x.now)).catch(() => {});
    look();
    const timer = setInterval(look, EVERY);
    document.addEventListener('visibilitychange', look);
    return () => { on = false; clearInterval(timer); document.removeEventListener('visibilitychange', look); };
  }, []);
  return found;
}

/** @param {{board: Doc.Board}} p */
function VoteLink({ board }) {
  useNow(board.deadline ? 1000 : 0);
  const left = board.deadline ? board.deadline - now() : 0;
  return html`<a class="btn" href=${base + '/vote/' + encodeURIComponent(board.id)}>${t('site.vote', { title: board.title })}${left > 0 && left < 3600e3 && html` <span class="fig">${mmss(left)}</span>`}</a>`;
}

/** The results that are public. @param {{results: Doc.Results[]}} p */
export function Published({ results }) {
  return html`<section class="on-now published" aria-label=${t('site.results')}>${results.map((r) => {
    const best = r.awards.filter((a) => a.winners.length && a.mode !== 'list').flatMap((a) => a.winners.map((w) => a.name + '《' + w.title + '》'));
    return html`<article key=${r.session} data-results=${r.session}><div class="grow"><p class="kicker gold">${t('site.results')}</p><h2>${t(r.whole ? 'site.results.whole' : 'site.results.part', { title: r.title })}</h2>
      ${best.length > 0 && html`<p class="muted best">${best.join(' · ')}</p>`}</div>
      <div class="ways"><a class="btn main" href=${base + '/results/' + encodeURIComponent(r.session)}>${t('site.results.go')}</a></div></article>`;
  })}</section>`;
}

/** @param {{shows: Show[]}} p */
export function Now({ shows }) {
  return html`<section class="on-now" aria-label=${t('site.now')}>${shows.map(({ session, view, ballots }) => html`<article key=${session.id}>
    <div class="grow"><p class="kicker"><span class="dot live"></span>${t(session.sample ? 'site.now.sample' : 'site.now')}</p>
      <h2>${session.title}</h2>
      <p class="muted">${view.entry ? t('site.now.entry', { title: view.entry.title }) : session.subtitle}</p></div>
    <div class="ways"><a class="btn main" href=${base + '/live/' + encodeURIComponent(session.id)}>${t('site.watch')}</a>
      ${ballots.map((b) => html`<${VoteLink} key=${b.id} board=${b} />`)}</div></article>`)}</section>`;
}

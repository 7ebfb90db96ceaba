// The list of what was said, and a line to say something: for whoever switched
// the flying lines off, and for screen readers.

import { api } from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { html, toast, toastError, useEffect, useRef, useState } from '../lib/ui.js';

const MAX = 60; // characters of a line, as the server allows
const KEPT = 150; // lines
const LOOK = 5000; // ms between looks where no socket gets through
const NEAR = 80; // px from the end within which the list follows what is said

/** @typedef {Doc.Line & {old?: boolean}} Line */

/** Puts the server's last lines where they belong among ours. @param {Line[]} ours @param {Line[]} last @param {boolean} first ours are newer */
function merge(ours, last, first) {
  const ids = new Set(last.map((m) => m.id));
  const cut = first ? 0 : ours.findIndex((m) => ids.has(m.id));
  const older = cut < 0 ? ours : ours.slice(0, cut), newer = cut < 0 ? [] : ours.slice(cut).filter((m) => !ids.has(m.id));
  return [...older, ...last, ...newer].slice(-KEPT);
}

/** What was said, newest last: the server's last lines, then what comes. A line
    that is old doesn't fly. @param {any} hub @param {string} session or a take of it @returns {Line[]} */
export function useTalk(hub, session) {
  const [lines, set] = useState(/** @type {Line[]} */ ([]));
  useEffect(() => {
    set([]); // another show's lines are its own
    /** @type {Set<string>} */
    const gone = new Set(); // retracted while they were on their way
    let first = true, over = false, status = hub.status;
    const load = async () => {
      try {
        /** @type {Doc.Line[]} */
        const said = await api('/v1/danmaku/' + encodeURIComponent(session));
        if (over) return;
        const old = first || !hub.plain, early = first;
        first = false;
        set((l) => merge(l, said.filter((m) => !gone.has(m.id)).map((m) => ({ ...m, old })), early));
      } catch (e) { /* the next look will do */ }
    };
    const turned = () => { // some lines may have been missed; spread, since a hall comes back at once
      if (hub.status === 'live' && status === 'lost') setTimeout(load, Math.random() * LOOK);
      status = hub.status;
    };
    hub.watchers.add(turned);
    const timer = setInterval(() => { if ((hub.plain || first) && !document.hidden) load(); }, LOOK);
    const off = hub.events('danmaku/' + session, (/** @type {any} */ ev) => {
      if (ev.retract) { gone.add(ev.retract); set((l) => l.filter((m) => m.id !== ev.retract)); } else set((l) => [...l.filter((m) => m.id !== ev.id).slice(1 - KEPT), ev]);
    });
    load();
    return () => { over = true; off(); clearInterval(timer); hub.watchers.delete(turned); };
  }, [hub, session]);
  return lines;
}

/** Whether the reader is at the end of the list. */
function atEnd() { return document.documentElement.scrollHeight - innerHeight - scrollY < NEAR; }

/** Follows the newest line while the reader is at the end, else counts what came.
    @param {Line[]} lines @returns {[number, () => void]} */
function useFollow(lines) {
  const [fresh, setFresh] = useState(0);
  const near = useRef(true);
  const seen = useRef('');
  const go = () => { scrollTo(0, document.documentElement.scrollHeight); near.current = true; setFresh(0); };
  useEffect(() => {
    const f = () => { near.current = atEnd(); if (near.current) setFresh(0); };
    addEventListener('scroll', f, { passive: true });
    return () => removeEventListener('scroll', f);
  }, []);
  const last = lines.length ? lines[lines.length - 1].id : '';
  useEffect(() => {
    const came = lines.length - 1 - lines.findIndex((m) => m.id === seen.current);
    seen.current = last;
    if (near.current) go(); else setFresh((n) => n + came);
  }, [last]);
  return [fresh, go];
}

/** The last few lines, below what is on stage. @param {{lines: Line[], onMore: () => void}} p */
export function Latest({ lines, onMore }) {
  if (!lines.length) return null;
  return html`<section class="latest"><h3 class="row"><span class="grow">${t('danmaku')}</span><button type="button" class="btn quiet slim" onClick=${onMore}>${t('talk.more')}</button></h3>
    <ul>${lines.slice(-6).reverse().map((m) => html`<li key=${m.id}>${m.text}</li>`)}</ul></section>`;
}

/** @param {{hub: any, session: string, lines: Line[], mode: string, text: string, onText: Function}} p */
export function Talk({ hub, session, lines, mode, text, onText }) {
  const [busy, setBusy] = useState(false);
  const [fresh, go] = useFollow(lines);
  const say = async (/** @type {Event} */ e) => {
    e.preventDefault();
    if (!text.trim() || busy) return;
    setBusy(true);
    try {
      const body = { text: text.trim(), name: '' };
      /** @type {Doc.Said} */
      const out = hub.status === 'live' ? await hub.request('danmaku.say', { session, ...body }) : await api('/v1/danmaku/' + encodeURIComponent(session), { body });
      onText((x = '') => x === text ? '' : x);
      if (out.state === 'pending') toast(t('talk.pending'), 'good');
    } catch (err) { toastError(err); }
    setBusy(false);
  };
  return html`<div class="talk">
    <ul aria-live="off">${lines.map((m) => html`<li key=${m.id}>${m.name && html`<small class="muted">${m.name}</small>`}<span>${m.text}</span></li>`)}</ul>
    ${!lines.length && html`<p class="empty">${t(mode === 'off' ? 'talk.off' : 'talk.empty')}</p>`}
    ${fresh > 0 && html`<button type="button" class="btn fresh" data-fresh=${fresh} onClick=${go}>${t('talk.fresh', { n: fresh })} ↓</button>`}
    ${mode === 'off' ? lines.length > 0 && html`<p class="say off">${t('talk.off')}</p>`
      : html`<form class="say" onSubmit=${say}><input class="input" maxlength=${MAX} value=${text} placeholder=${t(mode === 'review' ? 'talk.review' : 'talk.say')} aria-label=${t('talk.say')}
        onInput=${(/** @type {any} */ e) => onText(e.target.value)} /><button class="btn main" disabled=${busy || !text.trim()}>${t('talk.send')}</button></form>`}
  </div>`;
}

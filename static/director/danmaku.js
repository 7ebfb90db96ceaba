// The audience's lines: whether they may write, what waits for a verdict, what
// was shown last and can still be taken back; and the notice over every page.

import { api } from '../lib/api.js';
import { mmss } from '../lib/clock.js';
import { t } from '../lib/i18n.js';
import { Hold, html, toastError, useEffect, useNow, useRef, useState } from '../lib/ui.js';
import { asking } from './ask.js';

const MODES = ['off', 'review', 'open'];
const RECENT = 5; // shown lines that can be taken back
const FIRST = 5; // waiting lines on show, so that the rest of the column stays in reach

/** The last lines shown, newest first. @param {any} hub @param {string} session @returns {Doc.Line[]} */
function useShown(hub, session) {
  const [list, set] = useState(/** @type {Doc.Line[]} */ ([]));
  useEffect(() => hub.events('danmaku/' + session, (/** @type {any} */ ev) => {
    set((l) => (ev.retract ? l.filter((m) => m.id !== ev.retract) : [ev, ...l].slice(0, 40)));
  }), [hub, session]);
  return list;
}

/** Verdicts one after the other; a line that was judged leaves the list at once. @param {string} session @param {Doc.Line[]} queue */
function useVerdicts(session, queue) {
  const [gone, set] = useState(/** @type {string[]} */ ([]));
  const judge = async (/** @type {string} */ id, /** @type {string} */ verdict) => {
    set((g) => [...g.slice(-200), id]);
    try {
      await api(`/v1/danmaku/${encodeURIComponent(session)}/${encodeURIComponent(id)}/${verdict}`, { method: 'POST' });
    } catch (err) {
      if (/** @type {any} */ (err).code !== 'danmaku.unknown') set((g) => g.filter((x) => x !== id)); // unknown: another moderator was faster
      toastError(err);
    }
  };
  return { waiting: queue.filter((m) => !gone.includes(m.id)), judge };
}

function Waiting(/** @type {{list: Doc.Line[], judge: any, can: boolean}} */ { list, judge, can }) {
  const now = useNow(1000);
  return html`<ul class="queue">${list.slice(0, FIRST).map((m, i) => html`<li key=${m.id} class=${i === 0 ? 'first' : ''}>
    <p>${m.text}</p>
    <div class="row"><span class="who cut"><span class="fig">${mmss(Math.min(0, m.at - now)).replace('+', '')}</span> · ${m.name || t('danmaku.nameless')}</span>
      <button type="button" class="btn slim yes" disabled=${!can} onClick=${() => judge(m.id, 'approve')}>${t('danmaku.approve')}${i === 0 && html`<kbd>J</kbd>`}</button>
      <button type="button" class="btn slim" disabled=${!can} onClick=${() => judge(m.id, 'reject')}>${t('danmaku.reject')}${i === 0 && html`<kbd>K</kbd>`}</button></div>
  </li>`)}</ul>${list.length > FIRST && html`<p class="muted small">${t('danmaku.more', { n: list.length - FIRST })}</p>`}`;
}

/** @param {{hub: any, session: string, staff: Doc.Desk, view: Doc.View, can: boolean, send: any}} p */
export function Danmaku({ hub, session, staff, view, can, send }) {
  const mode = view.danmaku ? view.danmaku.mode : 'off';
  const { waiting, judge } = useVerdicts(session, staff.danmakuQueue);
  const shown = useShown(hub, session);
  const keys = useRef({ waiting, judge, can });
  keys.current = { waiting, judge, can };
  useEffect(() => {
    const key = (/** @type {KeyboardEvent} */ e) => {
      if (e.ctrlKey || e.metaKey || e.altKey || e.shiftKey || e.repeat || asking() || /INPUT|TEXTAREA|SELECT/.test(/** @type {any} */ (e.target).tagName)) return;
      const verdict = { j: 'approve', k: 'reject' }[e.key.toLowerCase()];
      const first = keys.current.waiting[0];
      if (verdict && first && keys.current.can) keys.current.judge(first.id, verdict);
    };
    addEventListener('keydown', key);
    return () => removeEventListener('keydown', key);
  }, []);
  return html`<section class="danmaku"><header class="label"><h2>${t('danmaku')}</h2>${waiting.length > 0 && html`<span class="fig due">${t('danmaku.waiting', { n: waiting.length })}</span>`}</header>
    <div class="modes" role="radiogroup" aria-label=${t('danmaku')}>${MODES.map((m) => html`<button type="button" key=${m} role="radio" data-danmaku=${m} aria-checked=${mode === m} class=${mode === m ? 'on' : ''}
      disabled=${!can} onClick=${() => mode !== m && send('danmaku', { text: m })}>${t('danmaku.' + m)}</button>`)}</div>
    ${waiting.length > 0 ? html`<${Waiting} list=${waiting} judge=${judge} can=${can} />`
      : shown.length === 0 ? html`<p class="empty">${t(mode === 'off' ? 'danmaku.empty.off' : mode === 'review' ? 'danmaku.empty.review' : 'danmaku.empty')}</p>`
        : html`<ul class="shown">${shown.slice(0, RECENT).map((m) => html`<li key=${m.id}><span class="grow">${m.text}</span><button type="button" class="link" disabled=${!can} onClick=${() => judge(m.id, 'retract')}>${t('danmaku.retract')}</button></li>`)}</ul>`}
  </section>`;
}

/** @param {{view: Doc.View, can: boolean, send: any, text: string, onText: (text: any) => void}} p */
export function Notice({ view, can, send, text, onText }) {
  const said = view.notice ? view.notice.text : '';
  const sent = () => onText((/** @type {string} */ x) => (x === text ? '' : x)); // what is typed meanwhile stays
  const show = async (/** @type {Event} */ e) => {
    e.preventDefault();
    if (text.trim() && await send('notice', { text: text.trim() })) sent();
  };
  const hide = async () => { if (await send('hide', { reason: text.trim() })) sent(); };
  return html`<section class="notice"><header class="label"><h2>${t('notice')}</h2></header>
    ${said && html`<p class="note warn row"><span class="grow">${said}</span><button type="button" class="link" disabled=${!can} onClick=${() => send('notice', { text: '' })}>${t('notice.clear')}</button></p>`}
    <form onSubmit=${show}>
      <input class="input" maxlength="120" aria-label=${t('notice')} placeholder=${t('notice.hint')} value=${text} disabled=${!can} onInput=${(/** @type {any} */ e) => onText(e.target.value)} />
      <div class="row"><button class="btn slim grow" disabled=${!can || !text.trim()}>${t('notice.show')}</button>
        <${Hold} class="slim grow" title=${t('notice.correct.how')} disabled=${!can || !text.trim()} onHold=${hide}>${t('notice.correct')}<//></div>
    </form></section>`;
}

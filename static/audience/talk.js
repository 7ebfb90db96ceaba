// The list of what was said, and a line to say something: for whoever switched
// the flying lines off, and for screen readers.

import { t } from '../lib/i18n.js';
import { html, toast, toastError, useEffect, useRef, useState } from '../lib/ui.js';

const MAX = 60; // characters of a line, as the server allows

/** The last few lines, below what is on stage. @param {any} p */
export function Latest({ lines, onMore }) {
  if (!lines.length) return null;
  return html`<section class="latest"><h3 class="row"><span class="grow">${t('danmaku')}</span><button type="button" class="btn quiet slim" onClick=${onMore}>${t('talk.more')}</button></h3>
    <ul>${lines.slice(-6).reverse().map((/** @type {any} */ m) => html`<li key=${m.id}>${m.text}</li>`)}</ul></section>`;
}

/** @param {any} p */
export function Talk({ hub, session, lines, mode }) {
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);
  const end = useRef(/** @type {any} */ (null));
  useEffect(() => { if (end.current) end.current.scrollIntoView({ block: 'end' }); }, [lines.length]);
  const say = async (/** @type {Event} */ e) => {
    e.preventDefault();
    if (!text.trim() || busy) return;
    setBusy(true);
    try {
      const out = await hub.request('danmaku.say', { session, text: text.trim(), name: '' });
      setText('');
      if (out.state === 'pending') toast(t('talk.pending'), 'good');
    } catch (err) { toastError(err); }
    setBusy(false);
  };
  return html`<div class="talk">
    <ul aria-live="off">${lines.map((/** @type {any} */ m) => html`<li key=${m.id}>${m.name && html`<small class="muted">${m.name}</small>`}<span>${m.text}</span></li>`)}</ul>
    ${!lines.length && html`<p class="empty">${t(mode === 'off' ? 'talk.off' : 'talk.empty')}</p>`}
    <div ref=${end}></div>
    ${mode === 'off' ? lines.length > 0 && html`<p class="say off">${t('talk.off')}</p>`
      : html`<form class="say" onSubmit=${say}><input class="input" maxlength=${MAX} value=${text} placeholder=${t(mode === 'review' ? 'talk.review' : 'talk.say')} aria-label=${t('talk.say')}
        onInput=${(/** @type {any} */ e) => setText(e.target.value)} /><button class="btn main" disabled=${busy || !text.trim()}>${t('talk.send')}</button></form>`}
  </div>`;
}

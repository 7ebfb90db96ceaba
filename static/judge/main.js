// The jury's page (评分): the running order, and one entry at a time. It turns to
// the entry whose sheets are open on stage, and never takes a judge away from
// marks that are not handed in.

import { bearer, takeToken } from '../lib/api.js';
import { Hub } from '../lib/hub.js';
import { errorText, t } from '../lib/i18n.js';
import { trial, useOn } from '../lib/on.js';
import { Language, Lost, boot, html, useEffect, useMemo, useRef, useState, useStatus, useTopic } from '../lib/ui.js';
import { Order, stateOf } from './order.js';
import { Gone, Paper } from './sheet.js';
import { Sheets } from './sheets.js';

const BLIND = 8000; // ms between looks at the running order while the live connection is away
const LOOK = 4000; // ms between them while it is there: who is withdrawn is no matter of the stage, so nothing tells

takeToken('judge');

/** @param {Sheets} sheets @param {Doc.View|null} doc @returns {string} the entry that is scored on stage */
function scored(sheets, doc) {
  const dots = doc && doc.dots;
  if (dots && !dots.locked && sheets.entry(dots.entry)) return dots.entry;
  return '';
}

/** Which entry to begin with. @param {Sheets} sheets @param {Doc.View|null} doc */
function first(sheets, doc) {
  const list = sheets.desk ? sheets.desk.entries : [];
  const open = list.find((e) => e.open && !e.locked);
  const staged = doc && doc.entry && sheets.entry(doc.entry.id);
  return scored(sheets, doc) || (open && open.id) || (staged && staged.id) || (list[0] && list[0].id) || '';
}

/** @param {{sheets: Sheets, kept: Sheets, on: Doc.OnAir, hub: any}} p kept are those of the show itself, which may wait to be sent while it is rehearsed */
function Desk({ sheets, kept, on, hub }) {
  const desk = /** @type {import('./sheets.js').Desk} */ (sheets.desk);
  /** @type {Doc.View|null} */
  const doc = useTopic(hub, 'stage/' + on.show);
  const [chosen, choose] = useState(() => first(sheets, null));
  const [listed, setListed] = useState(false);
  const own = useRef(false); // the judge has picked one by hand
  const live = scored(sheets, doc);
  const entry = sheets.entry(chosen);
  const busy = !!entry && entry.open && stateOf(sheets, entry) === 'draft';

  const told = doc ? JSON.stringify([doc.sheets, doc.dots, doc.entry && doc.entry.id]) : '';
  useEffect(() => { // the sheets may have opened or been locked
    if (!told) return undefined;
    const timer = setTimeout(() => sheets.load(), 200);
    return () => clearTimeout(timer);
  }, [told]);
  const status = useStatus(hub);
  useEffect(() => { // a hall's network that lets no socket through still answers a plain call
    const timer = setInterval(() => { if (!document.hidden) sheets.load(); }, status === 'live' ? LOOK : BLIND);
    return () => clearInterval(timer);
  }, [status]);
  useEffect(() => { if (live && !busy) { choose(live); setListed(false); } }, [live]);
  useEffect(() => { if (doc && !own.current && !live) choose(first(sheets, doc)); }, [!!doc]);

  const seen = useRef(/** @type {import('./sheets.js').Entry|null} */ (null)); // the chosen one as it was last
  if (entry) seen.current = entry;
  const gone = !entry && seen.current && seen.current.id === chosen ? seen.current : null;

  const pick = (/** @type {string} */ id) => { own.current = true; choose(id); setListed(false); scrollTo(0, 0); };
  const mine = desk.entries.filter((e) => stateOf(sheets, e) !== 'recused');
  const done = mine.filter((e) => ['submitted', 'locked'].includes(stateOf(sheets, e))).length;
  const unsynced = sheets.unsynced() + (kept === sheets ? 0 : kept.unsynced());
  const mark = doc ? trial(doc, on.take) : '';
  const at = desk.entries.findIndex((e) => e.id === chosen);
  const near = (/** @type {number} */ by) => desk.entries[at + by] && desk.entries[at + by].id;
  return html`<div class=${'judge' + (listed ? ' listed' : '')}>
    <header class="top">
      <div class="grow"><b class="cut">${desk.judge.name}</b><span class="cut muted">${desk.session.title}</span></div>
      ${mark && html`<span class=${'chip rehearsal' + (on.take ? ' take' : '')}>${mark}</span>`}
      ${unsynced > 0 && html`<span class="chip warn">${t('judge.unsynced', { n: unsynced })}</span>`}
      <span class="progress">${t('judge.progress')} <b class="fig">${done}</b><span class="fig"> / ${mine.length}</span></span>
      <${Language} />
    </header>
    <nav class="walk"><button type="button" class="btn" disabled=${at < 1} aria-label=${t('judge.before')} onClick=${() => pick(near(-1))}>‹</button>
      <button type="button" class="btn grow" aria-expanded=${listed ? 'true' : 'false'} onClick=${() => setListed(!listed)}>${t('judge.order')} <span class="fig">${at < 0 ? '—' : at + 1} / ${desk.entries.length}</span></button>
      <button type="button" class="btn" disabled=${!near(1)} aria-label=${t('judge.after')} onClick=${() => pick(near(1))}>›</button></nav>
    <aside class="list"><${Order} sheets=${sheets} chosen=${chosen} live=${live} onPick=${pick} /></aside>
    <main>
      ${sheets.over && html`<p class="note warn news over" role="alert">${errorText(sheets.over)}</p>`}
      ${live && live !== chosen && html`<button type="button" class="turn" onClick=${() => pick(live)}><span class="dot live"></span>
        <span class="grow">${t('judge.turn', { title: (sheets.entry(live) || { title: '' }).title })}</span><b>${t('judge.turn.go')} ›</b></button>`}
      ${entry ? html`<${Paper} key=${entry.id} sheets=${sheets} entry=${entry} />` : gone ? html`<${Gone} entry=${gone} filled=${sheets.filled(gone)} next=${first(sheets, doc)} onPick=${pick} />` : html`<p class="empty">${t('judge.empty')}</p>`}
    </main><${Lost} hub=${hub} /></div>`;
}

/** @param {{title: string, text: string, onRetry?: () => void}} p */
function Stop({ title, text, onRetry }) {
  return html`<div class="wait stop"><h1>${title}</h1><p>${text}</p>${onRetry && html`<button type="button" class="btn main" onClick=${onRetry}>${t('retry')}</button>`}<div><${Language} /></div></div>`;
}

function App() {
  const own = useMemo(() => new Sheets(''), []);
  const hub = useMemo(() => new Hub(), []);
  const on = useOn(hub, own.desk ? own.desk.session.id : '');
  const take = on && on.take ? on.show : '';
  const sheets = useMemo(() => (take ? new Sheets(take) : own), [take]);
  const [, turn] = useState(0);
  useEffect(() => { if (bearer()) hub.start(); }, []);
  useEffect(() => {
    const f = () => turn((n) => n + 1), both = new Set([own, sheets]);
    both.forEach((x) => x.watchers.add(f));
    if (bearer()) sheets.load();
    return () => both.forEach((x) => x.watchers.delete(f));
  }, [sheets]);
  useStatus(hub);
  const error = hub.status === 'refused' ? hub.why : sheets.error;
  const out = error && (error.status === 401 || error.status === 403 || hub.status === 'refused');
  if (!bearer()) return html`<${Stop} title=${t('judge.door')} text=${t('judge.door.how')} />`;
  if (out) return html`<${Stop} title=${t('judge.out')} text=${errorText(error)} onRetry=${() => location.reload()} />`;
  if (on && sheets.desk) return html`<${Desk} key=${on.show} sheets=${sheets} kept=${own} on=${on} hub=${hub} />`;
  if (error) return html`<${Stop} title=${t('judge.failed')} text=${errorText(error)} onRetry=${() => sheets.load()} />`;
  return html`<div class="wait"><p>${t('loading')}</p></div>`;
}

boot(['judge'], App, ['crew']);

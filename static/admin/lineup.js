// 阵容: which entries and which judges a session has, each in order. Until a
// choice is made it has all of them.

import { errorText, t } from '../lib/i18n.js';
import { html, toast, useLayoutEffect, useState } from '../lib/ui.js';
import { call, useData } from './call.js';
import { Clash, theirsOf } from './clash.js';
import { Choice, Empty, Head, Load, Sessions, Tag, joined } from './parts.js';
import { Quorum } from './todo.js';

/** @typedef {{id: string, title: string, note: string, tag?: string, tone?: string}} Item */
/** What is not saved, by place, and the revision that it is made from. @typedef {Record<string, {some: boolean, list: string[], rev: string}>} Drafts */

/** Moves one of a list by a step. @param {string[]} list @param {number} from @param {number} step */
function moved(list, from, step) {
  const out = [...list];
  out.splice(from + step, 0, ...out.splice(from, 1));
  return out;
}

/** One that is chosen, with its place. @param {any} p */
function Place({ x, i, last, frozen, onMove, onDrop }) {
  const key = (/** @type {string} */ name, /** @type {boolean} */ off, /** @type {string} */ d, /** @type {() => void} */ f) => html`
    <button type="button" class="btn slim icon" data-do=${name} disabled=${frozen || off} aria-label=${t('lineup.' + name + '.of', { title: x.title })} title=${t('lineup.' + name)} onClick=${f}>
      <svg viewBox="0 0 24 24" aria-hidden="true"><path d=${d} /></svg></button>`;
  return html`<li data-id=${x.id}><b class="fig pos">${i + 1}</b><span class="grow"><span>${x.title}${x.tag && html` <${Tag} tone=${x.tone}>${x.tag}<//>`}</span><small class="muted">${x.note}</small></span>
    <span class="acts">${key('up', i === 0, 'M12 19V5M6 11l6-6 6 6', () => onMove(-1))}${key('down', last, 'M12 5v14M6 13l6 6 6-6', () => onMove(1))}${key('drop', false, 'M6 6l12 12M18 6L6 18', onDrop)}</span></li>`;
}

/** Those that may be added, found by typing. @param {{rest: Item[], label: string, onAdd: (ids: string[]) => void}} p */
function Adding({ rest, label, onAdd }) {
  const [text, setText] = useState('');
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const seen = rest.filter((x) => words.every((w) => (x.id + ' ' + x.title + ' ' + x.note).toLowerCase().includes(w)));
  if (!rest.length) return null;
  return html`<div class="choose adding"><div class="filters"><input class="input grow" type="search" placeholder=${label} aria-label=${label} value=${text}
        onInput=${(/** @type {any} */ e) => setText(e.target.value)} />
      <button type="button" class="btn slim" disabled=${!seen.length} onClick=${() => onAdd(seen.map((x) => x.id))}>${t('lineup.add.all', { n: seen.length })}</button></div>
    <ul>${seen.map((x) => html`<li key=${x.id} data-id=${x.id}><button type="button" class="add" onClick=${() => onAdd([x.id])}>
      <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M12 5v14M5 12h14" /></svg><span class="grow">${x.title}<small class="muted">${x.note}</small></span></button></li>`)}</ul>
    ${seen.length === 0 && html`<p class="empty">${t('lineup.unmatched')}</p>`}</div>`;
}

/** @param {{name: string, place: string, drafts: Drafts, items: Item[], given: string[], own: boolean, rev: string, frozen: boolean, need?: number, onSave: (ids: string[], over: string, then: (rev: string) => void) => Promise<any>}} p
    given are in order; drafts keep, by place, what is not saved while another tab is looked at */
function Picker({ name, place, drafts, items, given, own, rev, frozen, need = 0, onSave }) {
  const draft = drafts[place];
  const [some, setSome] = useState(draft ? draft.some : own);
  const [list, setList] = useState(draft ? draft.list : own ? given : /** @type {string[]} */ ([]));
  const [from, setFrom] = useState(draft ? draft.rev : rev); // what the list is made from
  const [failed, fail] = useState(/** @type {any} */ (null));
  const [busy, setBusy] = useState(false);
  const byID = new Map(items.map((x) => [x.id, x]));
  const chosen = list.flatMap((id) => byID.get(id) || []);
  const dirty = some !== own || (some && list.join(' ') !== given.join(' '));
  useLayoutEffect(() => { if (dirty) drafts[place] = { some, list, rev: from }; else delete drafts[place]; }, [dirty, some, list, from]);
  const stale = dirty && from !== rev; // another has saved since
  const put = (/** @type {string[]} */ ids) => { fail(null); setList(ids); };
  const undo = () => { setSome(own); put(own ? given : []); setFrom(rev); };
  const text = (/** @type {boolean} */ some, /** @type {string[]} */ ids) => (some ? joined(ids.map((id) => (byID.get(id) || { title: id }).title)) : t('lineup.' + name + '.all', { n: items.length }));
  const save = async (/** @type {string} */ over) => {
    setBusy(true);
    fail(null);
    const sent = drafts[place];
    try { await onSave(some ? list : [], over, (now) => { if (drafts[place] === sent) delete drafts[place]; else if (drafts[place]) drafts[place].rev = now; }); } catch (err) { fail(err); } // what was picked meanwhile stays
    setBusy(false);
  };
  return html`<section class="panel lineup" id=${'lineup-' + name}><div class="bar-row"><div class="grow"><h2>${t('lineup.' + name)}</h2>
      <p class="muted small" role="status">${t(some ? 'lineup.' + name + '.n' : 'lineup.' + name + '.all', { n: some ? chosen.length : items.length })}${dirty && html` · <span class="warned" data-unsaved>${t('unsaved')}</span>`}</p></div>
      <div class="acts"><button type="button" class="btn slim" disabled=${!dirty || busy} onClick=${undo}>${t('rundown.undo')}</button>
        <button type="button" class="btn slim main" data-do="save" disabled=${!dirty || busy || frozen || stale || (some && !chosen.length)} onClick=${() => save(from)}>${t('save')}</button></div></div>
    ${stale && html`<${Clash} id=${name + '-clash'} theirs=${{ rev, now: given }} rows=${[[t('lineup.' + name), text(own, given), text(some, list)]]} busy=${busy} off=${frozen || (some && !chosen.length)} onTake=${undo} onKeep=${() => save(rev)} />`}
    ${failed && html`<p class="note bad" role="alert">${errorText(failed)}</p>`}
    <${Quorum} have=${some ? chosen.length : items.length} need=${need} />
    <${Choice} class="two" label=${t('form.entries.which')} name=${'which-' + name} value=${some ? 'some' : 'all'} onPick=${(/** @type {string} */ v) => { fail(null); setSome(v === 'some'); }}
      options=${['all', 'some'].map((v) => ({ value: v, label: t('lineup.' + name + '.' + v), hint: t('lineup.' + name + '.' + v + '.how') }))} />
    ${some && html`${chosen.length ? html`<ol class="places">${chosen.map((x, i) => html`<${Place} key=${x.id} x=${x} i=${i} last=${i === chosen.length - 1} frozen=${frozen}
        onMove=${(/** @type {number} */ step) => put(moved(list, i, step))} onDrop=${() => put(list.filter((id) => id !== x.id))} />`)}</ol>` : html`<p class="empty">${t('lineup.none')}</p>`}
      ${!frozen && html`<${Adding} rest=${items.filter((x) => !list.includes(x.id))} label=${t('lineup.' + name + '.find')} onAdd=${(/** @type {string[]} */ ids) => put([...list, ...ids])} />`}`}
  </section>`;
}

/** @param {{ctx: import('./frame.js').Ctx}} p */
export function Lineup({ ctx }) {
  const base = ctx.session ? '/v1/admin/sessions/' + encodeURIComponent(ctx.session) : null;
  /** @type {import('./call.js').Data<Doc.Lineup>} */
  const lineup = useData(base);
  const entries = useData('/v1/admin/entries'), judges = useData('/v1/admin/judges');
  if (!base) return html`<${Head} title=${t('tab.lineup')} /><section class="panel"><${Empty} title=${t('session.none')} /></section>`;
  const save = (/** @type {string} */ what, /** @type {string} */ key) => async (/** @type {string[]} */ ids, /** @type {string} */ over, /** @type {(rev: string) => void} */ then) => {
    /** @type {Doc.Lineup} */
    let stored;
    try { stored = await call(base + '/' + what, { method: 'PUT', body: { [key]: ids, rev: over } }); } catch (err) {
      if (!theirsOf(err)) throw err;
      await lineup.reload();
      return;
    }
    then(what === 'entries' ? stored.entriesRev : stored.panelRev);
    lineup.set(stored);
    ctx.refresh();
    toast(t('saved'), 'good');
  };
  const entry = (/** @type {Doc.Entry} */ e) => ({ id: e.id, title: e.title, note: e.id + ' · ' + e.team, tag: e.state === 'qualified' ? '' : t('entry.' + e.state), tone: e.state === 'disqualified' ? 'bad' : 'warn' });
  const judge = (/** @type {Doc.JudgeRow} */ j) => ({ id: j.id, title: j.name, note: [j.org, j.id].filter(Boolean).join(' · ') });
  return html`<${Head} title=${t('tab.lineup')} lead=${t('lineup.lead')}><${Sessions} ctx=${ctx} /><//>
    <${Load} of=${lineup}>${() => html`<${Load} of=${entries}>${() => html`<${Load} of=${judges}>${() => {
      const l = /** @type {Doc.Lineup} */ (lineup.data); // Load waits for it
      const frozen = l.sealed || !!l.follows;
      return html`${l.follows && html`<p class="note" id="lineup-follows">${t('lineup.follows', { title: l.follows })}</p>`}${l.sealed && html`<p class="note warn">${errorText({ code: 'session.sealed' })}</p>`}
        <div class="pair"><${Picker} key=${'e' + ctx.session + l.entriesRev} name="entries" place=${ctx.session + '/entries'} drafts=${ctx.keep.lineups} items=${(entries.data || []).map(entry)} given=${l.entries} own=${l.ownEntries} rev=${l.entriesRev} frozen=${frozen} onSave=${save('entries', 'entries')} />
        <${Picker} key=${'j' + ctx.session + l.panelRev} name="panel" need=${frozen ? 0 : l.quorum} place=${ctx.session + '/panel'} drafts=${ctx.keep.lineups} items=${(judges.data || []).map(judge)} given=${l.judges} own=${l.ownPanel} rev=${l.panelRev} frozen=${frozen} onSave=${save('panel', 'judges')} /></div>`;
    }}<//>`}<//>`}<//>`;
}

// 项目: the list of entries, filtered as one types, and its import.

import { base } from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { Track, allTracks, html, trackStyle, useMemo, useState } from '../lib/ui.js';
import { useData } from './call.js';
import { EntryForm } from './entryform.js';
import { Importing } from './importing.js';
import { Dialog, Empty, Head, Load, Tag } from './parts.js';
import { Standing } from './standing.js';

const PAGE = 200; // rows drawn at once; a province sends up to 5000
const TONES = /** @type {Record<string, string>} */ ({ qualified: 'good', withdrawn: '', disqualified: 'bad' });

/** Whether an entry answers the words that were typed. @param {Doc.Entry} e @param {string[]} words */
function answers(e, words) {
  const all = [e.id, e.title, e.team, e.lead, ...e.partners].join(' ').toLowerCase();
  return words.every((w) => all.includes(w));
}

/** The title of an entry's direction (赛题方向). @param {Doc.Contest} plan @param {Doc.Entry} e */
function direction(plan, e) {
  const track = plan.tracks.find((x) => x.id === e.track);
  const d = track && track.directions.find((x) => x.no === e.direction);
  return d ? d.title : String(e.direction);
}

/** All there is to know of one entry. @param {{e: Doc.EntryRow, plan: Doc.Contest, onState: (to: string) => void, onEdit: () => void, onClose: () => void}} p */
function Sheet({ e, plan, onState, onEdit, onClose }) {
  const rows = [
    [t('entries.no'), e.no], [t('entries.order'), e.order], [t('entries.track'), html`<${Track} id=${e.track} />`],
    [t('entries.direction'), direction(plan, e)], [t('entries.team'), e.team], [t('entries.lead'), e.lead],
    [t('entries.partners'), e.partners.length ? html`<ul>${e.partners.map((/** @type {string} */ x) => html`<li key=${x}>${x}</li>`)}</ul>` : t('none')],
    [t('entries.summary'), e.summary || t('none')], [t('entries.state'), t('entry.' + e.state) + (e.reason ? t('colon') + e.reason : '')], [t('entries.code'), html`<code>${e.id}</code>`],
  ];
  const to = e.state === 'qualified' ? ['withdrawn', 'disqualified'] : ['qualified'];
  return html`<${Dialog} title=${e.title} onClose=${onClose}
    foot=${html`<button type="button" class="btn" data-do="edit" onClick=${onEdit}>${t('edit')}</button>${to.map((x) => html`<button type="button" key=${x} class=${'btn' + (x === 'qualified' ? ' main' : ' danger-text')} data-to=${x} onClick=${() => onState(x)}>${t('standing.' + x)}</button>`)}`}>
    <dl class="facts">${rows.map(([k, v], i) => html`<div key=${i}><dt class="muted">${k}</dt><dd>${v}</dd></div>`)}</dl><//>`;
}

/** @param {{list: Doc.EntryRow[], plan: Doc.Contest, by: string, onBy: (by: string) => void, onEdit: (e: Doc.EntryRow) => void, onChange: () => Promise<any>}} p */
function Table({ list, plan, by, onBy, onEdit, onChange }) {
  const [open, setOpen] = useState(/** @type {Doc.EntryRow|null} */ (null));
  const [standing, setStanding] = useState(/** @type {{e: Doc.EntryRow, to: string}|null} */ (null));
  const [most, setMost] = useState(PAGE);
  const head = (/** @type {string} */ key) => html`<th scope="col" class="num" aria-sort=${by === key ? 'ascending' : 'none'}>
    <button type="button" class="sort" onClick=${() => onBy(key)}>${t('entries.' + key)}</button></th>`;
  return html`<div class="scroll"><table class="table entries" id="entries">
    <thead><tr>${head('no')}${head('order')}<th scope="col">${t('entries.title.col')}</th><th scope="col">${t('entries.track')}</th>
      <th scope="col">${t('entries.lead')}</th><th scope="col">${t('entries.state')}</th></tr></thead>
    <tbody>${list.slice(0, most).map((e) => html`<tr key=${e.id}>
      <td class="num fig" data-label=${t('entries.no')}>${e.no}</td>
      <td class="num fig" data-label=${t('entries.order')}>${e.order}</td>
      <td class="main"><button type="button" class="textlink" onClick=${() => setOpen(e)}>${e.title}</button>
        <span class="muted small">${e.team}</span></td>
      <td data-label=${t('entries.track')}><span class="trackcell" style=${trackStyle(e.track)}><i class="bar"></i><${Track} id=${e.track} /></span></td>
      <td data-label=${t('entries.lead')}>${e.lead}${e.partners.length > 0 && html`<span class="muted small">${t('entries.with', { n: e.partners.length })}</span>`}</td>
      <td data-label=${t('entries.state')}><span class="tags"><${Tag} tone=${TONES[e.state]}>${t('entry.' + e.state)}<//>${e.sample && html`<${Tag} tone="">${t('sample')}<//>`}</span>${e.reason && html`<span class="muted small reason" title=${e.reason}>${e.reason}</span>`}</td>
    </tr>`)}</tbody></table></div>
    ${list.length > most && html`<p class="more"><button type="button" class="btn" onClick=${() => setMost(most + PAGE)}>${t('entries.more', { n: list.length - most })}</button></p>`}
    ${open && html`<${Sheet} e=${open} plan=${plan} onState=${(/** @type {string} */ to) => { setStanding({ e: open, to }); setOpen(null); }} onEdit=${() => { onEdit(open); setOpen(null); }} onClose=${() => setOpen(null)} />`}
    ${standing && html`<${Standing} e=${standing.e} to=${standing.to} onDone=${() => { setStanding(null); onChange(); }} onClose=${() => setStanding(null)} />`}`;
}

/** @param {{ctx: import('./frame.js').Ctx}} p */
export function Entries({ ctx }) {
  const entries = useData('/v1/admin/entries');
  const [text, setText] = useState('');
  const [track, setTrack] = useState('');
  const [state, setState] = useState('');
  const [by, setBy] = useState(/** @type {'no'|'order'} */ ('no'));
  const list = useMemo(() => {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    return (entries.data || [])
      .filter((e) => (!track || e.track === track) && (!state || e.state === state) && answers(e, words))
      .sort((a, b) => a[by] - b[by] || a.no - b.no);
  }, [entries.data, text, track, state, by]);
  const changed = () => Promise.all([entries.reload(), ctx.refresh()]);
  const [form, setForm] = useState(/** @type {{entry: Doc.EntryRow|null}|null} */ (null));
  const clear = () => { setText(''); setTrack(''); setState(''); };
  return html`<${Head} title=${t('tab.entries')} lead=${t('entries.lead.text')}>
      <a class="btn" id="entries-list" href=${base + '/v1/admin/entries/list'} download>${t('entries.export')}</a>
      <button type="button" class="btn main" id="entry-add" disabled=${!entries.data} onClick=${() => setForm({ entry: null })}>${t('entryform.add')}</button><//>
    <${Importing} onDone=${changed} />
    <${Load} of=${entries}>${() => html`<section class="panel flush">
      <div class="filters">
        <input class="input grow" type="search" id="entries-search" placeholder=${t('entries.search')} aria-label=${t('entries.search')} value=${text} onInput=${(/** @type {any} */ e) => setText(e.target.value)} />
        <select class="input" id="entries-track" aria-label=${t('entries.track')} value=${track} onChange=${(/** @type {any} */ e) => setTrack(e.target.value)}>
          <option value="">${t('entries.track.all')}</option>${allTracks().map((x) => html`<option key=${x.id} value=${x.id}>${x.short}</option>`)}</select>
        <select class="input" id="entries-state" aria-label=${t('entries.state')} value=${state} onChange=${(/** @type {any} */ e) => setState(e.target.value)}>
          <option value="">${t('entries.state.all')}</option>${Object.keys(TONES).map((x) => html`<option key=${x} value=${x}>${t('entry.' + x)}</option>`)}</select>
        <span class="muted small fig count" role="status">${t('entries.count', { n: list.length, all: (entries.data || []).length })}</span>
      </div>
      ${list.length ? html`<${Table} list=${list} plan=${ctx.plan} by=${by} onBy=${setBy} onEdit=${(/** @type {Doc.EntryRow} */ e) => setForm({ entry: e })} onChange=${changed} />`
        : entries.data && entries.data.length ? html`<${Empty} title=${t('entries.unmatched')}><button type="button" class="btn" onClick=${clear}>${t('entries.clear')}</button><//>`
        : html`<${Empty} title=${t('entries.empty')}>${t('entries.empty.how')}<//>`}
    </section>`}<//>
    ${form && html`<${EntryForm} entry=${form.entry} list=${entries.data || []} plan=${ctx.plan} onStale=${entries.reload} onClose=${() => setForm(null)}
      onDone=${() => { setForm(null); changed(); }} />`}`;
}

// 操作记录: who did what in the office, when, and what is another now. Auditors read
// it too, and nothing else here.

import { t } from '../lib/i18n.js';
import { html, toastError, useState } from '../lib/ui.js';
import { call, useData } from './call.js';
import { Empty, Field, Head, Load } from './parts.js';
import { stamp } from './time.js';
import { pathText, valueText, verbText } from './told.js';

/** Which of several things it is in, and what of it. @param {{noun: string, part: Doc.ChangePart}} p */
function Where({ noun, part }) {
  const at = part.in.map((x) => x.name || t('changes.nth', { n: x.no }));
  return html`<span class="muted small">${at.map((x) => html`<b>${x}</b> · `)}${pathText(noun, part.path) || pathText(noun, '')}</span>`;
}

/** @param {{noun: string, part: Doc.ChangePart, zone: string}} p */
function Part({ noun, part, zone }) {
  const was = valueText(noun, part.path, part.before, zone), is = valueText(noun, part.path, part.after, zone);
  return html`<li class="diff"><${Where} noun=${noun} part=${part} /><span>
    ${was && html`<del>${was}</del>`}${was && is && ' → '}${is && html`<ins>${is}</ins>`}</span></li>`;
}

/** What was changed: its name, and its id where it has no other. @param {{r: Doc.ChangeRow}} p */
function Which({ r }) {
  const take = r.take ? t('rehearsal.take', { n: r.take }) : '';
  if (!r.name && r.id.length > 32) return '–';
  return html`${r.name ? html`<b>${r.name}</b>` : r.id ? html`<code>${r.id}</code>` : '–'}${take && html` <span>${take}</span>`}${r.of && html`<span class="muted small">${r.of}</span>`}`;
}

/** The parts of a change: a few at once, all when asked for. @param {{row: Doc.ChangeRow, zone: string}} p */
function Parts({ row, zone }) {
  const [all, open] = useState(false);
  const shown = all ? row.parts : row.parts.slice(0, 4);
  const hidden = row.parts.length - shown.length;
  if (row.parts.length === 0) return html`<span class="muted">${t('changes.same')}</span>`;
  return html`<ul>${shown.map((p, i) => html`<${Part} key=${i} noun=${row.noun} part=${p} zone=${zone} />`)}</ul>
    ${hidden > 0 && html`<button type="button" class="btn slim quiet" data-more=${row.no} onClick=${() => open(true)}>${t('changes.show', { n: hidden })}</button>`}
    ${all && row.more > 0 && html`<p class="muted small">${t('changes.more', { n: row.more })}</p>`}`;
}

/** @param {{ctx: import('./frame.js').Ctx}} p */
export function Changes({ ctx }) {
  const [actor, setActor] = useState('');
  const [verb, setVerb] = useState('');
  const query = `actor=${encodeURIComponent(actor)}&verb=${encodeURIComponent(verb)}`;
  const first = useData(`/v1/admin/changes?${query}`, 10000);
  const [older, setOlder] = useState(/** @type {{query: string, rows: Doc.ChangeRow[], below: number}} */ ({ query: '', rows: [], below: 0 }));
  const mine = older.query === query ? older : null;
  const data = first.data;
  const head = data ? data.rows : [];
  // What the clock brings may reach into what was read before.
  const rows = [...head, ...(mine ? mine.rows : []).filter((r) => head.length === 0 || r.no < head[head.length - 1].no)];
  const below = mine ? mine.below : data ? data.older : 0;
  const zone = ctx.plan.timezone;
  const more = async () => {
    try {
      const next = await call(`/v1/admin/changes?${query}&below=${below}`);
      setOlder({ query, rows: [...(mine ? mine.rows : []), ...next.rows], below: next.older });
    } catch (err) { toastError(err); }
  };
  return html`<${Head} title=${t('tab.changes')} lead=${t('changes.lead')} />
    <section class="panel"><form class="inline" id="changes-filter" onSubmit=${(/** @type {Event} */ e) => e.preventDefault()}>
      <${Field} label=${t('changes.who')}><select class="input" name="actor" value=${actor} onChange=${(/** @type {any} */ e) => setActor(e.target.value)}>
        <option value="">${t('changes.anyone')}</option>${(data ? data.actors : []).map((/** @type {string} */ a) => html`<option key=${a} value=${a}>${a}</option>`)}</select><//>
      <${Field} label=${t('changes.what')}><select class="input" name="verb" value=${verb} onChange=${(/** @type {any} */ e) => setVerb(e.target.value)}>
        <option value="">${t('changes.anything')}</option>${(data ? data.verbs : []).map((/** @type {string} */ v) => html`<option key=${v} value=${v}>${t('change.' + v)}</option>`)}</select><//></form></section>
    <${Load} of=${first}>${() => rows.length === 0 ? html`<section class="panel"><${Empty} title=${t('changes.empty')} /></section>` : html`
      <section class="panel flush"><div class="scroll"><table class="table" id="changes">
        <thead><tr><th scope="col">${t('changes.when')}</th><th scope="col">${t('changes.who')}</th><th scope="col">${t('changes.what')}</th><th scope="col">${t('changes.which')}</th><th scope="col">${t('changes.how')}</th></tr></thead>
        <tbody>${rows.map((r) => html`<tr key=${r.no} data-no=${r.no} data-verb=${r.verb}>
          <td class="main"><time>${stamp(r.at, zone, true)}</time></td>
          <td data-label=${t('changes.who')}>${r.actor}</td><td data-label=${t('changes.what')}>${verbText(r)}</td>
          <td data-label=${t('changes.which')}><${Which} r=${r} /></td>
          <td data-label=${t('changes.how')}><${Parts} row=${r} zone=${zone} /></td></tr>`)}</tbody></table></div></section>
      ${below > 0 && html`<p><button type="button" class="btn" id="changes-older" onClick=${more}>${t('changes.older')}</button></p>`}`}<//>`;
}

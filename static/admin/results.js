// 成绩: how far each session's result is, publishing what no cue has published, and the
// files for the press.

import { base } from '../lib/api.js';
import { number, t } from '../lib/i18n.js';
import { Hold, html, toast } from '../lib/ui.js';
import { call, useAct, useData } from './call.js';
import { Empty, Head, Load, Tag } from './parts.js';

/** @param {{whole: Doc.WholeResult}} p */
function Ranking({ whole }) {
  const award = (/** @type {string} */ id) => (whole.awards.find((a) => a.level === id) || { name: '' }).name;
  const cols = ['rank', 'entry', 'award', 'total', 'jury', ...(whole.juryOnly ? [] : ['points', 'votes'])];
  return html`<div class="scroll ranking"><table class="table"><thead><tr>${cols.map((c) => html`<th key=${c} scope="col" class=${['rank', 'total', 'jury', 'points', 'votes'].includes(c) ? 'num' : ''}>${t('results.' + c)}</th>`)}</tr></thead>
    <tbody>${whole.rows.map((r) => html`<tr key=${r.id} data-entry=${r.id}><td class="num fig" data-label=${t('results.rank')}>${r.rank || t('results.unplaced')}</td>
      <td class="main"><b>${r.title}</b><span class="muted small block">${r.lead} · ${r.trackName}</span></td><td data-label=${t('results.award')}>${award(r.award)}</td>
      <td class="num fig" data-label=${t('results.total')}><b>${r.total}</b></td><td class="num fig" data-label=${t('results.jury')}>${r.jury}</td>
      ${!whole.juryOnly && html`<td class="num fig" data-label=${t('results.points')}>${r.votePoints}</td><td class="num fig" data-label=${t('results.votes')}>${number(r.votes)}</td>`}</tr>`)}</tbody></table></div>`;
}

/** @param {{s: Doc.OfficeSession, all: Doc.OfficeSession[], result: Doc.Results|undefined, busy: boolean, onPublish: (s: Doc.OfficeSession) => void}} p s has a result of its own */
function Session({ s, all, result, busy, onPublish }) {
  const there = all.find((x) => x.reveals === s.id), whole = !!result && result.whole;
  const at = '/v1/results/' + encodeURIComponent(s.id);
  const full = useData(whole ? at : null);
  const levels = result ? result.awards.filter((a) => a.winners.length).length : 0;
  const file = (/** @type {string} */ format) => base + '/v1/admin/results/' + encodeURIComponent(s.id) + '?format=' + format;
  const [tone, text] = whole ? ['good', t('results.state.whole')] : levels ? ['accent', t('results.state.awards', { n: levels })] : ['warn', t('results.state.sealed')];
  return html`<section class="panel" data-result=${s.id}><div class="row"><h2 class="grow">${s.title} <${Tag} tone=${tone}>${text}<//></h2>
      <span class="acts">${(whole || levels > 0) && html`<a class="btn slim" data-do="page" href=${base + '/results/' + encodeURIComponent(s.id)} target="_blank" rel="noopener">${t('results.page')}</a>`}
        ${whole && ['xlsx', 'csv'].map((f) => html`<a key=${f} class="btn slim" data-file=${f} href=${file(f)} download=${s.id + '-results.' + f}>${t('results.' + f)}</a>`)}
        ${!whole && !there && html`<${Hold} class="slim" data-publish=${s.id} disabled=${busy} title=${t('hold.how')} onHold=${() => onPublish(s)}>${t('results.publish')}<//>`}</span></div>
    ${there && html`<p class="muted small">${t('results.elsewhere', { title: there.title })}</p>`}
    ${!whole && !there && html`<p class="muted small">${t('results.publish.how')}</p>`}
    ${whole && html`<p class="muted small">${t('results.files')}</p><${Load} of=${full}>${() => full.data && full.data.result && html`<${Ranking} whole=${full.data.result} />`}<//>`}</section>`;
}

export function Results() {
  /** @type {import('./call.js').Data<Doc.OfficeSession[]>} */
  const sessions = useData('/v1/admin/sessions', 10000);
  /** @type {import('./call.js').Data<Doc.Results[]>} */
  const results = useData('/v1/results', 10000);
  const [busy, act] = useAct();
  const publish = (/** @type {Doc.OfficeSession} */ s) => act(async () => {
    await call('/v1/stage/' + encodeURIComponent(s.id) + '/commands', { method: 'POST', body: { kind: 'publish' } });
    await results.reload();
    toast(t('results.published'), 'good');
  });
  const all = sessions.data || [], own = all.filter((s) => !s.reveals && !all.some((x) => (x.joins || []).includes(s.id)));
  const found = (/** @type {Doc.OfficeSession} */ s) => (results.data || []).find((r) => r.session === s.id);
  const told = own.filter((s) => s.sealed || found(s)), others = own.filter((s) => !told.includes(s));
  return html`<${Head} title=${t('tab.results')} lead=${t('results.lead')} />
    <${Load} of=${sessions}>${() => html`<${Load} of=${results}>${() => html`
      ${told.map((s) => html`<${Session} key=${s.id} s=${s} all=${all} busy=${busy} onPublish=${publish} result=${found(s)} />`)}
      ${!own.length && html`<section class="panel"><${Empty} title=${t('results.none')} /></section>`}
      ${others.length > 0 && html`<section class="panel"><h2>${t('results.others')}</h2><ul>${others.map((s) => html`<li key=${s.id}>${s.title}</li>`)}</ul></section>`}`}<//>`}<//>`;
}

// 评委: who judges, and from where. The plan wants several sectors on a panel.

import { errorText, t } from '../lib/i18n.js';
import { Hold, html, toast, useState } from '../lib/ui.js';
import { call, useAct, useData } from './call.js';
import { Clash, theirsOf } from './clash.js';
import { LinkMaker } from './linkmaker.js';
import { Dialog, Empty, Field, Head, Load, Notice, Tag, sessionTitle } from './parts.js';
import { SECTORS, sectorText } from './sector.js';
import { Quorum } from './todo.js';

/** The first free id: j1, j2, … @param {Doc.JudgeRow[]} judges */
function freeID(judges) {
  for (let n = judges.length + 1; ; n++) if (!judges.some((j) => j.id === 'j' + n)) return 'j' + n;
}

/** A name as it is compared. @param {string} s */
function key(s) { return s.normalize('NFKC').replace(/\s+/g, '').toLowerCase(); }

/** The judge of the list who reads like j, as contest.Judge.Like has it. @param {{id: string, name: string, org: string}} j @param {Doc.JudgeRow[]} judges */
function like(j, judges) {
  return j.name.trim() && judges.find((x) => x.id !== j.id && key(x.name) === key(j.name) && key(x.org) === key(j.org));
}

/** @param {{judge: Doc.JudgeRow|null, judges: Doc.JudgeRow[], onDone: (all: Doc.JudgeRow[]) => void, onStale: () => void, onClose: () => void}} p judge null makes a new one */
function Form({ judge, judges, onDone, onStale, onClose }) {
  const [j, set] = useState(judge || { id: freeID(judges), name: '', org: '', sector: '', sample: false });
  const [failed, fail] = useState(/** @type {any} */ (null));
  const [theirs, setTheirs] = useState(/** @type {import('./clash.js').Theirs|null} */ (null));
  const [rev, setRev] = useState(judge ? judge.rev : 'none'); // that it is made from
  const [busy, setBusy] = useState(false);
  const put = (/** @type {string} */ key) => (/** @type {any} */ e) => set({ ...j, [key]: e.target.value });
  const taken = !judge && judges.some((x) => x.id === j.id);
  const twin = like(j, judges);
  const save = async (/** @type {string} */ over) => {
    setBusy(true);
    fail(null);
    try {
      onDone(await call('/v1/admin/judges', { body: [{ ...j, name: j.name.trim(), org: j.org.trim(), rev: over, notice: undefined }] }));
    } catch (err) {
      const other = theirsOf(err);
      if (other) onStale();
      if (other && judge) setTheirs(other); else fail(err); // whose id another has taken just now chooses another one
      setBusy(false);
    }
  };
  const submit = (/** @type {Event} */ e) => { e.preventDefault(); if (!taken && !theirs) save(rev); };
  const take = () => {
    if (!theirs || !theirs.now) { onClose(); return; }
    set(theirs.now);
    setRev(theirs.rev);
    setTheirs(null);
  };
  return html`<${Dialog} title=${t(judge ? 'judges.edit' : 'judges.add')} busy=${busy} onClose=${onClose}
    foot=${html`<button type="button" class="btn quiet" onClick=${onClose}>${t('cancel')}</button><button form="judge-form" class="btn main" disabled=${busy || theirs}>${t('save')}</button>`}>
    <form id="judge-form" class="stack" onSubmit=${submit}>
      ${theirs && html`<${Clash} id="judge-clash" theirs=${theirs} busy=${busy} onTake=${take} onKeep=${() => save(theirs.rev)} rows=${theirs.now && [
        [t('judges.name'), theirs.now.name, j.name.trim()], [t('judges.org'), theirs.now.org, j.org.trim()], [t('judges.sector'), sectorText(theirs.now.sector), sectorText(j.sector)]]} />`}
      <${Field} label=${t('judges.name')}><input class="input" name="name" required maxlength="40" value=${j.name} onInput=${put('name')} /><//>
      <${Field} label=${t('judges.org')}><input class="input" name="org" maxlength="60" value=${j.org} onInput=${put('org')} /><//>
      <${Field} label=${t('judges.sector')}><select class="input" name="sector" required value=${j.sector} onChange=${put('sector')}>
        <option value="" disabled>${t('judges.sector.pick')}</option>${SECTORS.map(([v, key]) => html`<option key=${v} value=${v}>${t('sector.' + key)}</option>`)}</select><//>
      <${Field} label=${t('judges.id')} hint=${judge ? t('judges.id.fixed') : t('judges.id.how')} error=${taken && t('judges.id.taken')}>
        <input class="input mono" name="id" required pattern="[A-Za-z0-9][A-Za-z0-9\\-]{0,31}" disabled=${!!judge} value=${j.id} onInput=${put('id')} /><//>
      ${twin && html`<${Notice} of=${{ code: 'judge.twice', args: { name: twin.name, id: twin.id } }} />`}
      ${failed && html`<p class="note bad" role="alert">${errorText(failed)}</p>`}
    </form><//>`;
}

/** How many sectors the panel spans, against what the plan asks. @param {{judges: Doc.JudgeRow[], plan: Doc.Contest}} p */
function Panel({ judges, plan }) {
  const min = (plan.defaults && plan.defaults.minSectors) || 0;
  const spans = new Set(judges.map((j) => j.sector)).size;
  const few = min > 0 && spans < min;
  return html`<p class=${few ? 'note warn small' : 'muted small'}>${t('judges.panel', { n: judges.length, sectors: spans })}${few && t('judges.panel.few', { min })}</p>`;
}

/** @param {{ctx: import('./frame.js').Ctx}} p */
export function Judges({ ctx }) {
  const judges = useData('/v1/admin/judges');
  const [edit, setEdit] = useState(/** @type {{judge: Doc.JudgeRow|null}|null} */ (null));
  const [link, setLink] = useState(/** @type {any} */ (null));
  const [busy, act] = useAct();
  const done = (/** @type {Doc.JudgeRow[]} */ all) => { judges.set(all); setEdit(null); ctx.refresh(); toast(t('saved'), 'good'); };
  const drop = (/** @type {Doc.JudgeRow} */ j) => act(async () => {
    judges.set(await call('/v1/admin/judges/' + encodeURIComponent(j.id), { method: 'DELETE' }));
    ctx.refresh();
    toast(t('judges.dropped', { name: j.name }), 'good');
  });
  const list = judges.data || [];
  return html`<${Head} title=${t('tab.judges')} lead=${t('judges.lead')}>
      <button type="button" class="btn main" id="judge-add" disabled=${!judges.data} onClick=${() => setEdit({ judge: null })}>${t('judges.add')}</button><//>
    ${ctx.overview.todo.filter((x) => x.kind === 'quorum').map((x) => html`<${Quorum} key=${x.session} have=${x.have} need=${x.need} title=${sessionTitle(ctx, x.session)} />`)}
    <${Load} of=${judges}>${() => list.length === 0 ? html`<section class="panel"><${Empty} title=${t('judges.empty')}>${t('judges.empty.how')}<//></section>` : html`
      <${Panel} judges=${list} plan=${ctx.plan} />
      <section class="panel flush"><div class="scroll"><table class="table" id="judges">
        <thead><tr><th scope="col">${t('judges.name')}</th><th scope="col">${t('judges.org')}</th><th scope="col">${t('judges.sector')}</th><th scope="col">${t('judges.id')}</th><th scope="col"><span class="sr">${t('actions')}</span></th></tr></thead>
        <tbody>${list.map((j) => html`<tr key=${j.id}>
          <td class="main"><span class="tags"><b>${j.name}</b>${j.sample && html`<${Tag} tone="">${t('sample')}<//>`}</span>${j.notice && html`<${Notice} of=${j.notice} />`}</td>
          <td data-label=${t('judges.org')}>${j.org || '–'}</td><td data-label=${t('judges.sector')}>${sectorText(j.sector)}</td>
          <td data-label=${t('judges.id')}><code>${j.id}</code></td>
          <td class="do"><span class="acts"><button type="button" class="btn slim" onClick=${() => setEdit({ judge: j })}>${t('edit')}</button>
            <button type="button" class="btn slim" onClick=${() => setLink({ role: 'judge', name: j.id, title: j.name })}>${t('links.make')}</button>
            <${Hold} class="slim quiet danger-text" data-drop=${j.id} disabled=${busy} title=${t('hold.how')} onHold=${() => drop(j)}>${t('judges.drop')}<//></span></td></tr>`)}</tbody></table></div></section><p class="muted small">${t('judges.drop.how')}</p>`}<//>
    ${edit && html`<${Form} judge=${edit.judge} judges=${list} onDone=${done} onStale=${judges.reload} onClose=${() => setEdit(null)} />`}
    ${link && html`<${LinkMaker} ctx=${ctx} given=${link} onClose=${() => setLink(null)} />`}`;
}

// 链接: every link that was given out. Its secret is known to nobody here.

import { t } from '../lib/i18n.js';
import { Hold, html, toast, useState } from '../lib/ui.js';
import { call, useAct, useData } from './call.js';
import { LinkMaker, ROLES } from './linkmaker.js';
import { Empty, Head, Load, Tag, sessionTitle } from './parts.js';
import { ago, stamp } from './time.js';

/** When it was last used, or that it is in use. @param {{l: Doc.Link, zone: string}} p */
function Used({ l, zone }) {
  if (l.online) return html`<${Tag} tone="good">${t('links.online')}<//>`;
  return l.last ? html`<span title=${stamp(l.last, zone, true)}>${ago(l.last, zone)}</span>` : html`<span class="muted">${t('links.never')}</span>`;
}

/** @param {{l: Doc.Link, ctx: import('./frame.js').Ctx, who: string, busy: boolean, onRevoke: () => void}} p */
function Row({ l, ctx, who, busy, onRevoke }) {
  const zone = ctx.plan.timezone;
  return html`<tr class=${l.revoked ? 'off' : ''}>
    <td class="main"><span class="tags"><b>${who}</b>${who !== l.name && html`<code class="muted small">${l.name}</code>`}</span></td>
    <td data-label=${t('links.role')}>${t('role.' + l.role)}</td>
    <td data-label=${t('session')}>${sessionTitle(ctx, l.session)}</td>
    <td data-label=${t('links.created')}><span class="fig">${stamp(l.created, zone)}</span><span class="muted small">${l.createdBy}</span></td>
    <td data-label=${t('links.last')} class="fig" data-last=${l.id}><${Used} l=${l} zone=${zone} /></td>
    <td class="do">${l.revoked ? html`<${Tag} tone="">${t('links.revoked')}<//>`
      : html`<${Hold} class="slim quiet danger-text" disabled=${busy} title=${t('hold.how')} onHold=${onRevoke}>${t('links.revoke')}<//>`}</td></tr>`;
}

/** @param {{ctx: import('./frame.js').Ctx}} p */
export function Links({ ctx }) {
  const links = useData('/v1/admin/links', 15000);
  const judges = useData('/v1/admin/judges');
  const [making, setMaking] = useState(false);
  const [role, setRole] = useState('');
  const [all, setAll] = useState(false);
  const [busy, act] = useAct();
  const who = (/** @type {Doc.Link} */ l) => {
    const j = l.role === 'judge' && (judges.data || []).find((x) => x.id === l.name);
    return j ? j.name : l.name;
  };
  const revoke = (/** @type {Doc.Link} */ l) => act(async () => {
    await call('/v1/admin/links/' + encodeURIComponent(l.id), { method: 'DELETE' });
    toast(t('links.revoked.done', { name: who(l) }), 'good');
    await links.reload();
  });
  const list = (links.data || []).filter((l) => (all || !l.revoked) && (!role || l.role === role))
    .sort((a, b) => ROLES.indexOf(a.role) - ROLES.indexOf(b.role) || (a.name < b.name ? -1 : a.name > b.name ? 1 : b.created - a.created));
  return html`<${Head} title=${t('tab.links')} lead=${t('links.lead')}>
      <button type="button" class="btn main" id="link-add" onClick=${() => setMaking(true)}>${t('links.make')}</button><//>
    <p class="note small row" id="links-accounts"><span class="grow">${t('links.accounts')}</span><button type="button" class="btn slim" data-to="staff" onClick=${() => ctx.go('staff')}>${t('todo.go', { page: t('tab.staff') })}</button></p>
    <${Load} of=${links}>${() => html`<section class="panel flush">
      <div class="filters"><select class="input" aria-label=${t('links.role')} value=${role} onChange=${(/** @type {any} */ e) => setRole(e.target.value)}>
          <option value="">${t('links.role.all')}</option>${ROLES.map((r) => html`<option key=${r} value=${r}>${t('role.' + r)}</option>`)}</select>
        <label class="check"><input type="checkbox" checked=${all} onChange=${(/** @type {any} */ e) => setAll(e.target.checked)} /><span>${t('links.all')}</span></label>
        <span class="grow"></span><span class="muted small">${t('hold.revoke')}</span></div>
      ${list.length ? html`<div class="scroll"><table class="table" id="links">
        <thead><tr><th scope="col">${t('links.who')}</th><th scope="col">${t('links.role')}</th><th scope="col">${t('session')}</th><th scope="col">${t('links.created')}</th><th scope="col">${t('links.last')}</th><th scope="col"><span class="sr">${t('actions')}</span></th></tr></thead>
        <tbody>${list.map((l) => html`<${Row} key=${l.id} l=${l} ctx=${ctx} who=${who(l)} busy=${busy} onRevoke=${() => revoke(l)} />`)}</tbody></table></div>`
        : html`<${Empty} title=${t(links.data && links.data.length ? 'links.empty' : 'links.no')}>${t('links.empty.how')}<//>`}</section>`}<//>
    ${making && html`<${LinkMaker} ctx=${ctx} onMade=${links.reload} onClose=${() => setMaking(false)} />`}`;
}

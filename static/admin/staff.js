// 账号: who of the crew may sign in. Nobody here knows a password; an account is
// entered by a one-time link.

import { errorText, t } from '../lib/i18n.js';
import { Hold, html, toast, useState } from '../lib/ui.js';
import { call, useAct, useData } from './call.js';
import { Choice, Dialog, Empty, Field, Head, HomeOnly, Line, Load, Qr, Tag, joined } from './parts.js';

/** The roles that a page is there for, in the order of the list. */
const ROLES = ['organiser', 'director', 'moderator'];

/** @typedef {{name: string, roles: string[], url: string, qr: string}} Invitation */

/** @param {string[]} roles */
const roleText = (roles) => joined(roles.map((r) => t('role.' + r)));

/** Makes an account, or has one of another contest in. @param {{onMade: (x: Invitation) => void, onClose: () => void}} p */
function Maker({ onMade, onClose }) {
  const [name, setName] = useState('');
  const [role, setRole] = useState('director');
  const [failed, fail] = useState(/** @type {any} */ (null));
  const [busy, setBusy] = useState(false);
  const elsewhere = failed && failed.code === 'access.name_elsewhere' && failed.args.name === name.trim();
  const make = async (/** @type {boolean} */ existing) => {
    setBusy(true);
    fail(null);
    const who = { name: name.trim(), roles: [role] };
    try {
      onMade({ ...who, ...(await call('/v1/admin/staff', { body: existing ? { ...who, existing } : who })) });
    } catch (err) { fail(err); setBusy(false); }
  };
  return html`<${Dialog} title=${t('staff.add')} lead=${t('staff.add.how')} busy=${busy} onClose=${onClose}
    foot=${html`<button type="button" class="btn quiet" onClick=${onClose}>${t('cancel')}</button><button form="staff-form" id="staff-make" class="btn main" disabled=${busy}>${t('staff.add.go')}</button>`}>
    <form id="staff-form" class="stack" onSubmit=${(/** @type {Event} */ e) => { e.preventDefault(); if (!elsewhere) make(false); }}>
      <${Field} label=${t('staff.name')} hint=${t('staff.name.how')}><input class="input" name="name" required maxlength="40" autocomplete="off" value=${name}
        onInput=${(/** @type {any} */ e) => setName(e.target.value)} /><//>
      <${Choice} class="three" label=${t('staff.role')} name="role" value=${role} onPick=${setRole} options=${ROLES.map((r) => ({ value: r, label: t('role.' + r), hint: t('role.' + r + '.how') }))} />
      ${elsewhere ? html`<div class="note warn stack" id="staff-elsewhere" role="alert"><p>${errorText(failed)}</p>
          <p><button type="button" class="btn" id="staff-admit" disabled=${busy} onClick=${() => make(true)}>${t('staff.admit', { role: t('role.' + role) })}</button></p></div>`
        : failed && html`<p class="note bad" role="alert">${errorText(failed)}</p>`}
    </form><//>`;
}

/** The code and the address of a link that was just made. @param {{link: Invitation, onClose: () => void}} p */
function Made({ link, onClose }) {
  return html`<${Dialog} title=${t('staff.made')} wide=${true} once=${true} onClose=${onClose}
    foot=${html`<button type="button" class="btn quiet" onClick=${() => print()}>${t('print')}</button><button type="button" class="btn main" onClick=${onClose}>${t('links.kept')}</button>`}>
    <div class="made"><${Qr} svg=${link.qr} alt=${t('qr.of', { name: link.name })} />
      <div class="stack grow"><h3>${t('staff.who', { role: roleText(link.roles), name: link.name })}</h3>
        <p class="note warn small">${t('staff.once')}</p><${HomeOnly} url=${link.url} /><${Line} label=${t('address')} text=${link.url} /></div></div><//>`;
}

/** @param {{a: Doc.Account, self: boolean, busy: boolean, onLink: () => void, onDisable: () => void, onEnable: () => void}} p */
function Row({ a, self, busy, onLink, onDisable, onEnable }) {
  return html`<tr class=${a.disabled ? 'off' : ''} data-name=${a.name}>
    <td class="main"><b>${a.name}</b></td>
    <td data-label=${t('staff.role')}>${roleText(a.roles)}</td>
    <td data-label=${t('staff.state')}><${Tag} tone=${a.disabled ? '' : self ? 'accent' : 'good'}>${t(a.disabled ? 'staff.off' : self ? 'staff.self' : 'staff.on')}<//></td>
    <td class="do"><div class="acts">${a.disabled
      ? html`<button type="button" class="btn slim" disabled=${busy} onClick=${onEnable}>${t('staff.enable')}</button>`
      : html`<button type="button" class="btn slim" disabled=${busy} onClick=${onLink}>${t('staff.link')}</button>
        ${!self && html`<${Hold} class="slim quiet danger-text" disabled=${busy} title=${t('hold.how')} onHold=${onDisable}>${t('staff.disable')}<//>`}`}</div></td></tr>`;
}

/** @param {{ctx: import('./frame.js').Ctx}} p */
export function Staff({ ctx }) {
  const staff = useData('/v1/admin/staff', 15000);
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState(/** @type {Invitation|null} */ (null));
  const [busy, act] = useAct();
  const path = (/** @type {Doc.Account} */ a, rest = '') => '/v1/admin/staff/' + encodeURIComponent(a.id) + rest;
  const link = (/** @type {Doc.Account} */ a) => act(async () => {
    setMade({ name: a.name, roles: a.roles, ...(await call(path(a, '/link'), { method: 'POST' })) });
  });
  const disable = (/** @type {Doc.Account} */ a) => act(async () => {
    await call(path(a), { method: 'DELETE' });
    toast(t('staff.disabled.done', { name: a.name }), 'good');
    await staff.reload();
  });
  const enable = (/** @type {Doc.Account} */ a) => act(async () => {
    await call(path(a, '/enable'), { method: 'POST' });
    toast(t('staff.enabled.done', { name: a.name }), 'good');
    await staff.reload();
  });
  const done = (/** @type {Invitation} */ x) => {
    setMaking(false);
    if (x.url) setMade(x); else toast(t('staff.admitted', { name: x.name, role: roleText(x.roles) }), 'good'); // who has a way in already
    staff.reload();
  };
  const place = (/** @type {Doc.Account} */ a) => (a.disabled ? 10 : 0) + (ROLES.indexOf(a.roles[0]) + ROLES.length + 1) % (ROLES.length + 1);
  const list = [...(staff.data || [])].sort((a, b) => place(a) - place(b) || (a.name < b.name ? -1 : 1));
  return html`<${Head} title=${t('tab.staff')} lead=${t('staff.lead')}>
      <button type="button" class="btn main" id="staff-add" onClick=${() => setMaking(true)}>${t('staff.add')}</button><//>
    <${Load} of=${staff}>${() => html`<section class="panel flush">
      <div class="filters"><span class="grow"></span><span class="muted small">${t('staff.hold')}</span></div>
      ${list.length ? html`<div class="scroll"><table class="table" id="staff">
        <thead><tr><th scope="col">${t('staff.name')}</th><th scope="col">${t('staff.role')}</th><th scope="col">${t('staff.state')}</th><th scope="col"><span class="sr">${t('actions')}</span></th></tr></thead>
        <tbody>${list.map((a) => html`<${Row} key=${a.id} a=${a} self=${a.name === ctx.me.name} busy=${busy}
          onLink=${() => link(a)} onDisable=${() => disable(a)} onEnable=${() => enable(a)} />`)}</tbody></table></div>`
        : html`<${Empty} title=${t('staff.empty')} />`}</section>`}<//>
    ${making && html`<${Maker} onMade=${done} onClose=${() => setMaking(false)} />`}
    ${made && html`<${Made} link=${made} onClose=${() => setMade(null)} />`}`;
}

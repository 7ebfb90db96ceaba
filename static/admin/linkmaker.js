// Making a link: for whom and which session; then its code and its address,
// which are shown this one time.

import { errorText, t } from '../lib/i18n.js';
import { html, useState } from '../lib/ui.js';
import { call, useData } from './call.js';
import { Choice, Dialog, Field, HomeOnly, Line, Load, Notice, Qr, sessionTitle } from './parts.js';

export const ROLES = ['judge', 'screen', 'host', 'broadcaster'];

/** Whose name the link carries: a judge, a camera, or what a person types. @param {any} p */
function Named({ role, session, name, onName }) {
  const told = (/** @type {any} */ e) => onName(e.target.value, e.target.selectedOptions ? e.target.selectedOptions[0].text : e.target.value);
  const list = useData(role === 'judge' ? '/v1/admin/judges' : role === 'broadcaster' ? '/v1/admin/cameras?session=' + encodeURIComponent(session) : null);
  const label = t('links.name.' + role), hint = t('links.hint.' + role);
  if (role === 'screen' || role === 'host') {
    // A screen's name is part of its address. An empty pattern would match no name
    // at all, so a host's field has none.
    const rule = role === 'screen' ? { pattern: '[A-Za-z0-9][A-Za-z0-9\\-]*' } : {};
    return html`<${Field} label=${label} hint=${hint}><input class="input" name="name" required maxlength="40" ...${rule} value=${name} onInput=${told} /><//>`;
  }
  return html`<${Load} of=${list}>${() => html`<${Field} label=${label} hint=${list.data.length ? hint : t('links.none.' + role)}>
    <select class="input" name="name" required value=${name} onChange=${told}><option value="" disabled>${t('links.pick')}</option>
      ${list.data.map((/** @type {any} */ x) => html`<option key=${x.id || x.name} value=${x.id || x.name}>${role === 'judge' ? x.name + (x.org ? ' · ' + x.org : '') : (x.label || x.name) + ' · ' + x.name}</option>`)}</select><//>`}<//>`;
}

/** The code and the address of a link that was just made. @param {{ctx: import('./frame.js').Ctx, link: Doc.NewLink, role: string, session: string, name: string, who: string}} p */
function Made({ ctx, link, role, session, name, who }) {
  const whip = ctx.overview.url + '/whip/' + session + '/' + name;
  return html`<div class="made"><${Qr} svg=${link.qr} alt=${t('qr.of', { name: who })} />
    <div class="stack grow"><h3>${who}</h3><p class="printed">${t('role.' + role)} · ${sessionTitle(ctx, session)} · ${ctx.plan.name}</p><p class="note warn small">${t('links.once')}</p>${link.notice && html`<${Notice} of=${link.notice} />`}<${HomeOnly} url=${link.url} />
      <${Line} label=${t('address')} text=${link.url} />
      ${role === 'broadcaster' && html`<h3>${t('links.obs')}</h3><p class="muted small">${t('links.obs.how')}</p>
        <${Line} label=${t('cameras.whip')} text=${whip} /><${Line} label=${t('cameras.token')} text=${link.token} />`}</div></div>`;
}

/** @param {{ctx: import('./frame.js').Ctx, given?: any, onMade?: () => void, onClose: () => void}} p given fixes the role and the name, and may fix the session */
export function LinkMaker({ ctx, given, onMade, onClose }) {
  const [role, setRole] = useState(given ? given.role : 'judge');
  const [session, setSession] = useState(ctx.session);
  const [name, setName] = useState(given ? given.name : '');
  const [who, setWho] = useState(given ? given.title : '');
  const [made, setMade] = useState(/** @type {Doc.NewLink|null} */ (null));
  const [failed, fail] = useState(/** @type {any} */ (null));
  const [busy, setBusy] = useState(false);
  const links = useData('/v1/admin/links');
  const twice = (links.data || []).some((l) => !l.revoked && l.role === role && l.name === name.trim() && l.session === session);
  const pickRole = (/** @type {string} */ r) => { setRole(r); setName(r === 'screen' ? 'main' : ''); setWho(''); };
  const told = (/** @type {string} */ n, /** @type {string} */ text) => { setName(n); setWho(text); };
  const make = async (/** @type {Event} */ e) => {
    e.preventDefault();
    setBusy(true);
    fail(null);
    try {
      setMade(await call('/v1/admin/links', { body: { role, name: name.trim(), session } }));
      if (onMade) onMade();
    } catch (err) { fail(err); }
    setBusy(false);
  };
  const title = made ? t('links.made', { role: t('role.' + role), session: sessionTitle(ctx, session) }) : t('links.make');
  if (made) {
    return html`<${Dialog} key="made" title=${title} wide=${true} once=${true} onClose=${onClose}
      foot=${html`<button type="button" class="btn quiet" onClick=${() => print()}>${t('print')}</button><button type="button" class="btn main" onClick=${onClose}>${t('links.kept')}</button>`}>
      <${Made} ctx=${ctx} link=${made} role=${role} session=${session} name=${name.trim()} who=${who || name.trim()} /><//>`;
  }
  return html`<${Dialog} title=${title} lead=${t('links.make.how')} busy=${busy} onClose=${onClose}
    foot=${html`<button type="button" class="btn quiet" onClick=${onClose}>${t('cancel')}</button><button form="link-form" id="link-make" class="btn main" disabled=${busy}>${t('links.make.go')}</button>`}>
    <form id="link-form" class="stack" onSubmit=${make}>
      ${!given && html`<${Choice} label=${t('links.role')} name="role" value=${role} onPick=${pickRole} options=${ROLES.map((r) => ({ value: r, label: t('role.' + r), hint: t('role.' + r + '.how') }))} />`}
      <${Field} label=${t('session')}><select class="input" name="session" required value=${session} disabled=${role === 'broadcaster' && given} onChange=${(/** @type {any} */ e) => { setSession(e.target.value); if (role === 'broadcaster') setName(''); }}>
        ${ctx.overview.sessions.map((s) => html`<option key=${s.id} value=${s.id}>${s.title}</option>`)}</select><//>
      ${given ? html`<p class="note small">${t('links.for', { role: t('role.' + role), name: given.title })}</p>`
        : html`<${Named} key=${role} role=${role} session=${session} name=${name} onName=${told} />`}
      ${twice && html`<${Notice} of=${{ code: 'access.link_twice' }} />`}
      ${failed && html`<p class="note bad" role="alert">${errorText(failed)}</p>`}
    </form><//>`;
}

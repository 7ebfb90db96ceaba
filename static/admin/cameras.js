// 机位: the cameras of a session and where their pictures are sent.

import { errorText, t } from '../lib/i18n.js';
import { Hold, html, toast, useState } from '../lib/ui.js';
import { call, useAct, useData } from './call.js';
import { theirsOf } from './clash.js';
import { LinkMaker } from './linkmaker.js';
import { Copy, Dialog, Empty, Field, Head, Load, Sessions, Tag } from './parts.js';

const TONES = /** @type {Record<string, string>} */ ({ live: 'good', lost: 'bad', empty: '' });

/** @param {{ctx: import('./frame.js').Ctx, list: Doc.CameraRow[], onDone: (all: Doc.CameraRow[]) => void, onStale: () => void, onClose: () => void}} p */
function Form({ ctx, list, onDone, onStale, onClose }) {
  const [name, setName] = useState('cam-' + (list.length + 1));
  const [label, setLabel] = useState('');
  const [failed, fail] = useState(/** @type {any} */ (null));
  const [busy, setBusy] = useState(false);
  const taken = list.some((c) => c.name === name);
  const add = async (/** @type {Event} */ e) => {
    e.preventDefault();
    if (taken) return;
    setBusy(true);
    fail(null);
    try {
      onDone(await call('/v1/admin/cameras', { body: { session: ctx.session, name, label: label.trim(), rev: 'none' } }));
    } catch (err) { if (theirsOf(err)) onStale(); fail(err); setBusy(false); }
  };
  return html`<${Dialog} title=${t('cameras.add')} busy=${busy} onClose=${onClose}
    foot=${html`<button type="button" class="btn quiet" onClick=${onClose}>${t('cancel')}</button><button form="camera-form" class="btn main" disabled=${busy}>${t('cameras.add')}</button>`}>
    <form id="camera-form" class="stack" onSubmit=${add}>
      <${Field} label=${t('cameras.label')} hint=${t('cameras.label.how')}><input class="input" name="label" required maxlength="40" value=${label} onInput=${(/** @type {any} */ e) => setLabel(e.target.value)} /><//>
      <${Field} label=${t('cameras.name')} hint=${t('cameras.name.how')} error=${taken && t('cameras.taken')}>
        <input class="input mono" name="name" required pattern="[A-Za-z0-9][A-Za-z0-9\\-]{0,31}" value=${name} onInput=${(/** @type {any} */ e) => setName(e.target.value)} /><//>
      ${failed && html`<p class="note bad" role="alert">${errorText(failed)}</p>`}</form><//>`;
}

/** @param {{c: Doc.CameraRow, ctx: import('./frame.js').Ctx, onLink: () => void, onGone: (rest: Doc.CameraRow[]) => void}} p */
function Camera({ c, ctx, onLink, onGone }) {
  const [busy, act] = useAct();
  const drop = () => act(async () => {
    onGone(await call('/v1/admin/cameras/' + encodeURIComponent(ctx.session) + '/' + encodeURIComponent(c.name), { method: 'DELETE' }));
    toast(t('cameras.dropped', { name: c.label || c.name }), 'good');
  });
  const whip = ctx.overview.url + '/whip/' + ctx.session + '/' + c.name;
  return html`<li class="panel camera" data-camera=${c.name}>
    <div class="row"><div class="grow"><h2>${c.label || c.name}</h2><code class="muted small">${c.name}</code></div>
      <span class="tags">${c.onair && html`<${Tag} tone="live">${t('cameras.onair')}<//>`}<${Tag} tone=${TONES[c.state] || ''}>${t('camera.' + c.state)}<//></span></div>
    ${c.warning && html`<p class="note warn small">${errorText({ code: c.warning })}</p>`}
    ${c.state === 'live' && html`<p class="muted small fig">${t('cameras.keyframe', { s: (c.keyframeMs / 1000).toFixed(1) })}</p>`}
    <div class="line"><span class="muted small">${t('cameras.whip')}</span><div class="row"><code class="grow">${whip}</code><${Copy} text=${whip} /></div></div>
    <div class="row foot"><span class="muted small grow">${t('cameras.bearer')}</span><${Hold} class="slim quiet danger-text" data-drop=${c.name} disabled=${busy} title=${t('hold.how')} onHold=${drop}>${t('cameras.drop')}<//>
      <button type="button" class="btn slim" onClick=${onLink}>${t('cameras.link')}</button></div></li>`;
}

/** @param {{ctx: import('./frame.js').Ctx}} p */
export function Cameras({ ctx }) {
  /** @type {import('./call.js').Data<Doc.CameraRow[]>} */
  const cameras = useData(ctx.session ? '/v1/admin/cameras?session=' + encodeURIComponent(ctx.session) : null, 3000);
  const [adding, setAdding] = useState(false);
  const [link, setLink] = useState(/** @type {any} */ (null));
  const list = cameras.data || [];
  if (!ctx.session) return html`<${Head} title=${t('tab.cameras')} /><section class="panel"><${Empty} title=${t('session.none')} /></section>`;
  const done = (/** @type {Doc.CameraRow[]} */ all) => { cameras.set(all); setAdding(false); toast(t('saved'), 'good'); };
  return html`<${Head} title=${t('tab.cameras')} lead=${t('cameras.lead')}><${Sessions} ctx=${ctx} />
      <button type="button" class="btn main" id="camera-add" disabled=${!cameras.data} onClick=${() => setAdding(true)}>${t('cameras.add')}</button><//>
    <${Load} of=${cameras}>${() => list.length
      ? html`<ul class="cameras">${list.map((c) => html`<${Camera} key=${c.name} c=${c} ctx=${ctx} onGone=${(/** @type {Doc.CameraRow[]} */ rest) => cameras.set(rest)} onLink=${() => setLink({ role: 'broadcaster', name: c.name, title: c.label || c.name })} />`)}</ul>`
      : html`<section class="panel"><${Empty} title=${t('cameras.empty')}>${t('cameras.empty.how')}<//></section>`}<//>
    <section class="panel obs"><h2>${t('cameras.obs')}</h2><ol>${[1, 2, 3, 4].map((n) => html`<li key=${n}>${t('cameras.obs.' + n)}</li>`)}</ol></section>
    ${adding && html`<${Form} ctx=${ctx} list=${list} onDone=${done} onStale=${cameras.reload} onClose=${() => setAdding(false)} />`}
    ${link && html`<${LinkMaker} ctx=${ctx} given=${link} onClose=${() => setLink(null)} />`}`;
}

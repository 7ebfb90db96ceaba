// 总览: the contest at a glance, what its plan leaves open, and where everything is.

import { lang, number, t } from '../lib/i18n.js';
import { html, useState } from '../lib/ui.js';
import { Another } from './another.js';
import { Copy, Dialog, Empty, Head, HomeOnly, Line, Qr, Stands, Tag } from './parts.js';
import { Takes } from './takes.js';
import { Todo, deskOf } from './todo.js';

/** @param {{ctx: import('./frame.js').Ctx}} p */
function Counts({ ctx }) {
  const o = ctx.overview;
  const open = o.ballots.filter((b) => b.state === 'open').length;
  const tiles = [
    ['entries', o.entries, t('overview.entries', { n: o.entries })], ['judges', o.judges, t('overview.judges', { n: o.judges })],
    ['sessions', o.sessions.length, t('overview.sessions', { n: o.sessions.length })],
    ['ballots', o.ballots.length, open ? t('overview.ballots.open', { n: open, all: o.ballots.length }) : t('overview.ballots', { n: o.ballots.length })],
  ];
  return html`<div class="tiles">${tiles.map((/** @type {any[]} */ [tab, n, text]) => html`
    <button type="button" key=${tab} class="tile panel" onClick=${() => ctx.go(tab)}><b class="fig">${number(n)}</b><span class="muted">${text}</span></button>`)}</div>`;
}

/** The addresses that the public may use. @param {{ctx: import('./frame.js').Ctx, onShow: (x: any) => void}} p */
function Addresses({ ctx, onShow }) {
  const { sessions, ballots, url } = ctx.overview;
  const row = (/** @type {string} */ name, /** @type {string} */ path, /** @type {string} */ title) => html`
    <li key=${path}><span class="kind muted">${name}</span><code class="grow">${url + path}</code>
      <span class="acts"><${Copy} text=${url + path} /><button type="button" class="btn slim" onClick=${() => onShow({ title, path })}>${t('qr')}</button></span></li>`;
  return html`<section class="panel"><h2>${t('overview.where')}</h2>
    ${sessions.length === 0 && html`<${Empty} title=${t('overview.where.none')} />`}
    <ul class="sessions">${sessions.map((s) => html`<li key=${s.id} data-of=${s.id}>
      <div class="row"><h3 class="grow">${s.title}</h3><a class="btn slim" data-desk=${s.id} href=${deskOf(s.id)} target="_blank" rel="noopener">${t('overview.desk')}</a><${Stands} state=${s.state} /></div>
      <ul class="paths">${row(t('overview.audience'), '/live/' + s.id, s.title)}
        ${(s.ballots || []).map((/** @type {string} */ id) => {
          const b = ballots.find((x) => x.id === id);
          return row(t('overview.vote'), '/vote/' + id, b ? b.title : id);
        })}</ul></li>`)}</ul></section>`;
}

function Warnings(/** @type {{list: Doc.Warning[]}} */ { list }) {
  if (!list || !list.length) return html`<section class="panel"><h2>${t('overview.warnings')}</h2><${Empty} title=${t('overview.warnings.none')} /></section>`;
  return html`<section class="panel"><div class="row"><h2 class="grow">${t('overview.warnings')}</h2><span class="muted small fig">${t('overview.warnings.n', { n: list.length })}</span></div>
    <p class="muted small">${t('overview.warnings.how')}</p>
    <ol class="warnings">${list.map((w, i) => html`<li key=${i}><${Tag} tone="warn">${w.id}<//>
      <div><p>${lang() === 'zh' ? w.zh : w.en}</p><code class="muted small">${w.path}</code></div></li>`)}</ol></section>`;
}

/** @param {{ctx: import('./frame.js').Ctx}} p */
export function Overview({ ctx }) {
  const [shown, show] = useState(/** @type {any} */ (null));
  const [making, make] = useState(false);
  const o = ctx.overview, plan = ctx.plan;
  return html`<${Head} title=${o.plan} lead=${t('overview.lead', { theme: plan.theme, city: plan.city, from: plan.from, to: plan.to })}>
      ${ctx.me.founder && html`<button type="button" class="btn" id="another" onClick=${() => make(true)}>${t('another')}</button>`}<//>
    <${Counts} ctx=${ctx} />
    <div class="cols">
      <div class="stack"><${Todo} ctx=${ctx} /><${Addresses} ctx=${ctx} onShow=${show} /><${Takes} ctx=${ctx} /><${Warnings} list=${o.warnings} /></div>
      <aside class="panel site"><h2>${t('overview.site')}</h2><${Qr} path="/" alt=${t('overview.site.alt')} />
        <code>${o.url}</code><${Copy} text=${o.url} label=${t('copy.address')} />
        <${HomeOnly} url=${o.url} /><p class="muted small">${t('overview.site.how')}</p></aside>
    </div>
    ${making && html`<${Another} plan=${plan} url=${o.url} onClose=${() => make(false)} />`}
    ${shown && html`<${Dialog} title=${shown.title} onClose=${() => show(null)}>
      <div class="made"><${Qr} path=${shown.path} alt=${t('qr.of', { name: shown.title })} /><${Line} label=${t('address')} text=${o.url + shown.path} /><${HomeOnly} url=${o.url} /></div><//>`}`;
}

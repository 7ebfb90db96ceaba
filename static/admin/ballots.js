// 选票: every ballot, where it stands, and how it is opened and closed by hand.
// Turnout is shown, never a figure of an entry: nobody looks before the reveal.

import { mmss, now } from '../lib/clock.js';
import { errorText, number, t } from '../lib/i18n.js';
import { Hold, html, toast, useNow, useState } from '../lib/ui.js';
import { BallotForm } from './ballotform.js';
import { call, useAct, useData } from './call.js';
import { Copy, Dialog, Empty, Field, Head, Load, Tag, joined, sessionTitle } from './parts.js';
import { stamp } from './time.js';

const GRACE = 1500; // ms that a ballot takes votes after the end that people are told (vote.Grace)
const TONES = /** @type {Record<string, string>} */ ({ draft: '', armed: 'accent', open: 'live', closed: '', revealed: 'good' });
const TIMES = [40, 60, 120, 300, 600]; // seconds offered

/** The rules of a ballot in one line. @param {any} b */
function rules(b) {
  const q = b.quota;
  return joined([
    q.max ? t(q.window === 'day' ? 'ballot.max.day' : 'ballot.max', { n: q.max }) : t('ballot.max.none'),
    q.perTrack ? t('ballot.perTrack', { n: q.perTrack }) : '', q.perEntry > 1 ? t('ballot.perEntry', { n: q.perEntry }) : '',
    t(q.change ? 'ballot.change' : 'ballot.fixed'),
  ]);
}

/** Opening for a while, or until closed by hand. @param {any} p */
function Opening({ b, onDone, onClose }) {
  const [seconds, set] = useState('60');
  const [failed, fail] = useState(/** @type {any} */ (null));
  const [busy, setBusy] = useState(false);
  const again = b.state === 'closed', longer = b.state === 'open';
  const go = async () => {
    setBusy(true);
    fail(null);
    try { await call('/v1/admin/ballots/' + encodeURIComponent(b.id) + '/open', { body: { seconds: Number(seconds) || 0 } }); onDone(); } catch (err) { fail(err); setBusy(false); }
  };
  const text = t(longer ? 'ballot.longer.go' : again ? 'ballot.again.go' : 'ballot.open.go');
  const bad = !/^\d+$/.test(seconds) || Number(seconds) > 14 * 86400;
  return html`<${Dialog} title=${t(longer ? 'ballot.longer' : again ? 'ballot.again' : 'ballot.open')} lead=${b.title} onClose=${onClose}
    foot=${html`<button type="button" class="btn quiet" onClick=${onClose}>${t('cancel')}</button>
      ${again ? html`<${Hold} class="danger" id="ballot-go" disabled=${busy || bad} onHold=${go}>${text}<//>` : html`<button type="button" class="btn main" id="ballot-go" disabled=${busy || bad} onClick=${go}>${text}</button>`}`}>
    <div class="stack"><div class="times" role="group" aria-label=${t('ballot.seconds')}>${TIMES.map((n) => html`<button type="button" key=${n} class=${'btn' + (seconds === String(n) ? ' on' : '')} aria-pressed=${seconds === String(n)} onClick=${() => set(String(n))}>${n < 120 ? t('ballot.s', { n }) : t('ballot.min', { n: n / 60 })}</button>`)}
        <button type="button" class=${'btn' + (seconds === '0' ? ' on' : '')} aria-pressed=${seconds === '0'} onClick=${() => set('0')}>${t('ballot.byhand')}</button></div>
      <${Field} label=${t('ballot.seconds')} hint=${t(seconds === '0' ? b.closesAt ? 'ballot.seconds.planned' : 'ballot.seconds.none' : 'ballot.seconds.how')}><input class="input fig" id="ballot-seconds" type="number" inputmode="numeric" min="0" max="1209600" value=${seconds} onInput=${(/** @type {any} */ e) => set(e.target.value)} /><//>
      ${again && html`<p class="note warn">${t('ballot.again.how', { round: b.round + 1 })}</p>`}
      ${failed && html`<p class="note bad" role="alert">${errorText(failed)}</p>`}</div><//>`;
}

/** How long it still runs. @param {{b: any, zone: string}} p */
function Clock({ b, zone }) {
  useNow(b.state === 'open' && b.deadline ? 250 : 0);
  if (b.state === 'open') {
    if (!b.deadline) return html`<span class="muted">${t('ballot.running')}</span>`;
    return html`<span>${t('ballot.left', { time: mmss(Math.max(0, b.deadline - GRACE - now())) })}</span>`;
  }
  if (b.state === 'armed' && b.opensAt) {
    return html`<span class="muted">${t(b.closesAt ? 'ballot.planned' : 'ballot.planned.open', { from: stamp(b.opensAt, zone), to: stamp(b.closesAt, zone) })}</span>`;
  }
  return b.round ? html`<span class="muted">${t('ballot.round', { n: b.round })}</span>` : null;
}

/** Whether the running tally equals a count of the rows. @param {{found: any}} p */
function Recounted({ found }) {
  if (!found) return null;
  return html`<p class=${'note small ' + (found.equal ? 'good' : 'bad')} role="status">${t(found.equal ? 'ballot.equal' : 'ballot.unequal', { voters: number(found.voters), papers: number(found.papers) })}</p>`;
}

/** @param {{b: any, ctx: any, onOpen: () => void, onEdit: () => void, onChange: () => Promise<any>}} p */
function Ballot({ b, ctx, onOpen, onEdit, onChange }) {
  const [found, setFound] = useState(/** @type {any} */ (null));
  const [busy, act] = useAct();
  const path = '/v1/admin/ballots/' + encodeURIComponent(b.id), url = ctx.overview.url + '/vote/' + b.id;
  const close = () => act(async () => { await call(path + '/close', { method: 'POST' }); toast(t('ballot.closed.done', { title: b.title }), 'good'); await onChange(); });
  const recount = () => act(async () => { setFound(null); setFound(await call(path + '/recount')); });
  const fixed = b.round > 0 || (b.state !== 'armed' && b.state !== 'draft');
  return html`<li class=${'panel ballot ' + b.state} data-ballot=${b.id} data-state=${b.state}>
    <div class="top"><div class="grow"><div class="tags"><h2>${b.title}</h2><${Tag} tone=${TONES[b.state]}>${t('ballot.state.' + b.state)}<//></div>
        <p class="muted small">${joined([b.session ? sessionTitle(ctx, b.session) : t('ballot.nosession'), t('ballot.options', { n: b.options.length })])}</p></div>
      <div class="turnout"><b class="fig">${number(b.voters)}</b><span class="muted small">${t('ballot.voters')}</span></div></div>
    <dl class="brief"><div><dt class="muted">${t('ballot.rules')}</dt><dd>${rules(b)}</dd></div>
      <div><dt class="muted">${t('ballot.visibility')}</dt><dd>${t('visibility.' + b.visibility)}</dd></div>
      <div><dt class="muted">${t('ballot.level')}</dt><dd>${t('level.' + b.level)}</dd></div>
      <div><dt class="muted">${t('ballot.when')}</dt><dd class="fig"><${Clock} b=${b} zone=${ctx.plan.timezone} />${b.state !== 'open' && !b.round && !b.opensAt && html`<span class="muted">${t('ballot.waits')}</span>`}</dd></div></dl>
    <${Recounted} found=${found} />
    <div class="foot"><div class="row small address"><code class="cut">${url}</code><${Copy} text=${url} /></div>
      <div class="acts">
        <button type="button" class="btn slim" disabled=${fixed} title=${fixed ? t('ballot.frozen') : null} onClick=${onEdit}>${t('edit')}</button>
        <button type="button" class="btn slim" disabled=${busy || !b.round} onClick=${recount}>${t('ballot.recount')}</button>
        ${b.state === 'open' ? html`<button type="button" class="btn slim" onClick=${onOpen}>${t('ballot.longer')}</button>
            <${Hold} class="slim danger" data-act="close" disabled=${busy} title=${t('hold.how')} onHold=${close}>${t('ballot.close')}<//>`
          : b.state !== 'revealed' && html`<button type="button" class=${'btn slim ' + (b.state === 'closed' ? '' : 'main')} data-act="open" onClick=${onOpen}>${t(b.state === 'closed' ? 'ballot.again' : 'ballot.open')}</button>`}
      </div></div></li>`;
}

/** @param {{ctx: import('./frame.js').Ctx}} p */
export function Ballots({ ctx }) {
  const ballots = useData('/v1/admin/ballots', 2500);
  const [edit, setEdit] = useState(/** @type {any} */ (null)); // {ballot}
  const [open, setOpen] = useState(/** @type {any} */ (null)); // id
  const changed = () => Promise.all([ballots.reload(), ctx.refresh()]);
  const done = (/** @type {string} */ text) => { setEdit(null); setOpen(null); toast(text, 'good'); changed(); };
  const list = ballots.data || [];
  const opening = open && list.find((/** @type {any} */ b) => b.id === open);
  return html`<${Head} title=${t('tab.ballots')} lead=${t('ballots.lead')}>
      <button type="button" class="btn main" id="ballot-add" disabled=${!ballots.data} onClick=${() => setEdit({ ballot: null })}>${t('ballots.add')}</button><//>
    <${Load} of=${ballots}>${() => list.length
      ? html`<ul class="ballots">${list.map((/** @type {any} */ b) => html`<${Ballot} key=${b.id} b=${b} ctx=${ctx} onOpen=${() => setOpen(b.id)} onEdit=${() => setEdit({ ballot: b })} onChange=${changed} />`)}</ul>
        ${list.some((/** @type {any} */ b) => b.state === 'open') && html`<p class="muted small">${t('hold.close')}</p>`}`
      : html`<section class="panel"><${Empty} title=${t('ballots.empty')}>${t('ballots.empty.how')}<//></section>`}<//>
    ${edit && html`<${BallotForm} ctx=${ctx} ballot=${edit.ballot} taken=${list.map((/** @type {any} */ b) => b.id)} onDone=${() => done(t('saved'))} onClose=${() => setEdit(null)} />`}
    ${opening && html`<${Opening} b=${opening} onDone=${() => done(t('ballot.opened.done', { title: opening.title }))} onClose=${() => setOpen(null)} />`}`;
}

// 选票: every ballot, where it stands, and how it is opened and closed by hand.
// Turnout is shown, never a figure of an entry: nobody looks before the reveal.

import { number, t } from '../lib/i18n.js';
import { inTake, liveOf, takeOf } from '../lib/on.js';
import { Hold, html, toast, useState } from '../lib/ui.js';
import { BallotForm } from './ballotform.js';
import { Again, Clock, Extending, Opening } from './balloting.js';
import { call, useAct, useData } from './call.js';
import { Copy, Empty, Head, Load, Tag, joined, sessionTitle } from './parts.js';

const TONES = /** @type {Record<string, string>} */ ({ draft: '', armed: 'accent', open: 'live', closed: '', revealed: 'good' });

/** @type {Record<string, any>} */
const ACTS = { open: Opening, extend: Extending, again: Again };

/** The rules of a ballot in one line. @param {Doc.BallotRow} b */
function rules(b) {
  const q = b.quota;
  return joined([
    q.max ? t(q.window === 'day' ? 'ballot.max.day' : 'ballot.max', { n: q.max }) : t('ballot.max.none'),
    q.perTrack ? t('ballot.perTrack', { n: q.perTrack }) : '', q.perEntry > 1 ? t('ballot.perEntry', { n: q.perEntry }) : '',
    t(q.change ? 'ballot.change' : 'ballot.fixed'),
  ]);
}

/** Whether the running tally equals a count of the rows. @param {{found: Doc.Recount|null}} p */
function Recounted({ found }) {
  if (!found) return null;
  return html`<p class=${'note small ' + (found.equal ? 'good' : 'bad')} role="status">${t(found.equal ? 'ballot.equal' : 'ballot.unequal', { voters: number(found.voters), papers: number(found.papers) })}</p>`;
}

/** @typedef {{ctx: import('./frame.js').Ctx, onDo: (b: Doc.BallotRow, what: string) => void, onEdit: (b: Doc.BallotRow) => void, onChange: (answer: any) => Promise<any>, onGone: (rest: Doc.BallotRow[]) => void}} Acts */

/** One ballot. A take's is a copy of the real one, which is changed in its stead, and nothing is done with it after the take.
    @param {Acts & {b: Doc.BallotRow, over?: boolean}} p */
function Ballot({ b, over, ctx, onDo, onEdit, onChange, onGone }) {
  const [found, setFound] = useState(/** @type {Doc.Recount|null} */ (null));
  const [busy, act] = useAct();
  const path = '/v1/admin/ballots/' + encodeURIComponent(b.id), url = ctx.overview.url + '/vote/' + b.id;
  const close = () => act(async () => { const answer = await call(path + '/close', { method: 'POST' }); toast(t('ballot.closed.done', { title: b.title }), 'good'); await onChange(answer); });
  const publish = () => act(async () => { const answer = await call(path + '/publish', { method: 'POST' }); toast(t('ballot.publish.done', { title: b.title }), 'good'); await onChange(answer); });
  const drop = () => act(async () => { onGone(await call(path, { method: 'DELETE' })); toast(t('ballot.dropped', { title: b.title }), 'good'); });
  const recount = () => act(async () => { setFound(null); setFound(await call(path + '/recount')); });
  const copy = takeOf(b.id) > 0;
  const fixed = b.round > 0 || (b.state !== 'armed' && b.state !== 'draft');
  return html`<li class=${'panel ballot ' + b.state} data-ballot=${b.id} data-state=${b.state}>
    <div class="top"><div class="grow"><div class="tags"><h2>${b.title}</h2><${Tag} tone=${TONES[b.state]}>${t('ballot.state.' + b.state)}<//></div>
        <p class="muted small">${joined([b.session ? sessionTitle(ctx, b.session) : t('ballot.nosession'), t('ballot.options', { n: b.options.length })])}</p></div>
      <div class="turnout"><b class="fig">${number(b.voters)}</b><span class="muted small">${t('ballot.voters', { n: b.voters })}</span></div></div>
    <dl class="brief"><div><dt class="muted">${t('ballot.rules')}</dt><dd>${rules(b)}</dd></div>
      <div><dt class="muted">${t('ballot.visibility')}</dt><dd>${t('visibility.' + b.visibility)}</dd></div>
      <div><dt class="muted">${t('ballot.level')}</dt><dd>${t(b.level ? 'level.2' : 'level.0')}${b.level === 0 && html`<small class="warned">${t('level.0.warn')}</small>`}</dd></div>
      <div><dt class="muted">${t('ballot.when')}</dt><dd class="fig"><${Clock} b=${b} zone=${ctx.plan.timezone} /></dd></div></dl>
    ${b.note && html`<p class="note small">${t('ballot.note', { reason: b.note })}</p>`}
    <${Recounted} found=${found} />
    <div class="foot"><div class="row small address"><code class="cut">${url}</code><${Copy} text=${url} /></div>
      <div class="acts">
        ${!copy && !b.round && b.state !== 'open' && html`<${Hold} class="slim quiet danger-text" data-act="drop" disabled=${busy} title=${t('hold.how')} onHold=${drop}>${t('ballot.drop')}<//>`}
        ${!copy && html`<button type="button" class="btn slim" disabled=${fixed} title=${fixed ? t('ballot.frozen') : null} onClick=${() => onEdit(b)}>${t('edit')}</button>`}
        <button type="button" class="btn slim" disabled=${busy || !b.round} onClick=${recount}>${t('ballot.recount')}</button>
        ${b.state === 'open' && html`${b.deadline > 0 && html`<button type="button" class="btn slim" data-act="extend" onClick=${() => onDo(b, 'extend')}>${t('ballot.longer')}</button>`}
          <${Hold} class="slim danger" data-act="close" disabled=${busy} title=${t('hold.how')} onHold=${close}>${t('ballot.close')}<//>`}
        ${b.state === 'closed' && b.round > 0 && !b.session && !copy && html`<${Hold} class="slim" data-act="publish" disabled=${busy} title=${t('ballot.publish.how')} onHold=${publish}>${t('ballot.publish')}<//>`}
        ${b.state === 'closed' && b.round > 0 && !over && html`<button type="button" class="btn slim" data-act="again" onClick=${() => onDo(b, 'again')}>${t('ballot.again')}</button>`}
        ${!over && (b.state === 'armed' || b.state === 'draft' || (b.state === 'closed' && !b.round)) && html`<button type="button" class="btn slim main" data-act="open" onClick=${() => onDo(b, 'open')}>${t('ballot.open')}</button>`}
      </div></div></li>`;
}

/** The ballots of one take, apart from the real ones. @param {Acts & {list: Doc.BallotRow[]}} p */
function OfTake({ list, ...acts }) {
  const session = liveOf(list[0].session), n = takeOf(list[0].id);
  /** @type {import('./call.js').Data<Doc.OnAir>} */
  const on = useData('/v1/on/' + encodeURIComponent(session), 5000);
  const over = !!on.data && on.data.take !== n;
  return html`<section class="stack" data-take=${n}><h2 class="tags">${sessionTitle(acts.ctx, inTake(session, n))}<${Tag} tone=${over ? '' : 'warn'}>${t(over ? 'take.state.ended' : 'take.state.on')}<//></h2>
    <ul class="ballots">${list.map((b) => html`<${Ballot} key=${b.id} b=${b} over=${over} ...${acts} />`)}</ul></section>`;
}

/** The ballots of the takes, the newest take first. @param {Doc.BallotRow[]} list @returns {Doc.BallotRow[][]} */
function byTake(list) {
  /** @type {Map<string, Doc.BallotRow[]>} */
  const all = new Map();
  for (const b of list) {
    const key = inTake(liveOf(b.session), takeOf(b.id));
    if (takeOf(b.id)) all.set(key, [...(all.get(key) || []), b]);
  }
  return [...all.values()].sort((a, b) => takeOf(b[0].id) - takeOf(a[0].id));
}

/** @param {{ctx: import('./frame.js').Ctx}} p */
export function Ballots({ ctx }) {
  const ballots = useData('/v1/admin/ballots', 2500);
  const [edit, setEdit] = useState(/** @type {{ballot: Doc.BallotRow|null}|null} */ (null));
  const [open, setOpen] = useState(/** @type {{id: string, what: string}|null} */ (null));
  const list = ballots.data || [];
  const changed = (/** @type {{id: string}|null} */ answer) => { // the answer to an act is the ballot as it stands now: nobody waits for the list
    if (answer) ballots.set(list.map((b) => (b.id === answer.id ? { ...b, ...answer } : b)));
    return Promise.all([ballots.reload(), ctx.refresh()]);
  };
  const done = (/** @type {string} */ text, /** @type {any} */ answer) => { setEdit(null); setOpen(null); toast(text, 'good'); changed(answer); };
  const acts = {
    ctx, onChange: changed, onEdit: (/** @type {Doc.BallotRow} */ b) => setEdit({ ballot: b }), onDo: (/** @type {Doc.BallotRow} */ b, /** @type {string} */ what) => setOpen({ id: b.id, what }),
    onGone: (/** @type {Doc.BallotRow[]} */ rest) => { ballots.set(rest); ctx.refresh(); },
  };
  const own = list.filter((b) => !takeOf(b.id));
  const opened = open && list.find((b) => b.id === open.id), Act = open && ACTS[open.what];
  return html`<${Head} title=${t('tab.ballots')} lead=${t('ballots.lead')}>
      <button type="button" class="btn main" id="ballot-add" disabled=${!ballots.data} onClick=${() => setEdit({ ballot: null })}>${t('ballots.add')}</button><//>
    <${Load} of=${ballots}>${() => list.length
      ? html`<ul class="ballots">${own.map((b) => html`<${Ballot} key=${b.id} b=${b} ...${acts} />`)}</ul>
        ${byTake(list).map((of) => html`<${OfTake} key=${of[0].id} list=${of} ...${acts} />`)}
        ${list.some((b) => b.state === 'open') && html`<p class="muted small">${t('hold.close')}</p>`}`
      : html`<section class="panel"><${Empty} title=${t('ballots.empty')}>${t('ballots.empty.how')}<//></section>`}<//>
    ${edit && html`<${BallotForm} ctx=${ctx} ballot=${edit.ballot} taken=${list.map((b) => b.id)} onDone=${() => done(t('saved'), null)} onStale=${ballots.reload} onClose=${() => setEdit(null)} />`}
    ${opened && html`<${Act} b=${opened} zone=${ctx.plan.timezone} onDone=${(/** @type {any} */ answer) => done(t('ballot.' + open.what + '.done', { title: opened.title }), answer)} onClose=${() => setOpen(null)} />`}`;
}

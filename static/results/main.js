// 成绩与获奖: what is public of the results, from the first winner that is revealed to
// the whole ranking. Without a session in the address, of the newest that has any.

import { api, base, steps } from '../lib/api.js';
import { errorText, number, t } from '../lib/i18n.js';
import { Language, Track, boot, html, trackStyle, useApi, useEffect, useState } from '../lib/ui.js';

const EVERY = 10000; // ms between looks, until all is public

/** The names of who takes part, in one line. @param {{lead: string, partners: string[], team: string}} p */
function who({ lead, partners, team }) { return [[lead, ...partners].join('、'), team].filter(Boolean).join(' · '); }

/** A level of awards with its winners: cards for those that are called up one by one. @param {{level: Doc.AwardLevel}} p */
function Level({ level }) {
  return html`<section class=${'level ' + level.mode} data-level=${level.level}><h2>${level.name} <small class="fig">${level.winners.length}<span class="muted"> / ${level.quota}</span></small></h2>
    <ol>${level.winners.map((w) => html`<li key=${w.entry} data-winner=${w.entry} style=${trackStyle(w.track)}><i class="bar"></i>
      <div class="grow"><h3>${w.title}</h3><p class="muted">${who(w)}</p><p class="small"><${Track} id=${w.track} name=${w.trackName} /></p></div>
      <p class="score fig">${w.total}</p></li>`)}</ol></section>`;
}

/** @param {{r: Doc.WholeResult}} p */
function Ranking({ r }) {
  const award = (/** @type {string} */ id) => (r.awards.find((a) => a.level === id) || { name: '' }).name;
  const placed = r.rows.filter((x) => x.rank), rest = r.rows.filter((x) => !x.rank);
  return html`<section id="ranking"><h2>${t('results.ranking')}</h2><p class="lead">${t(r.juryOnly ? 'results.ranking.jury' : 'results.ranking.how')}</p>
    <ol class="ranking">${placed.map((x) => html`<li key=${x.id} data-rank=${x.rank} data-entry=${x.id} class=${x.award ? 'won' : ''} style=${trackStyle(x.track)}>
      <b class="rank fig">${x.rank}</b><div class="grow"><h3>${x.title}${x.award && html` <span class="prize">${award(x.award)}</span>`}</h3>
        <p class="muted small">${who(x)} · <${Track} id=${x.track} name=${x.trackName} /></p>
        ${x.note && t('results.note.' + x.note.split(':')[0]) && html`<p class="muted small">${t('results.note.' + x.note.split(':')[0])}</p>`}</div>
      <dl><div><dt>${t('results.total')}</dt><dd class="fig total">${x.total}</dd></div><div><dt>${t('results.jury')}</dt><dd class="fig">${x.jury}</dd></div>
        ${!r.juryOnly && html`<div><dt>${t('results.points')}</dt><dd class="fig">${x.votePoints}</dd></div><div><dt>${t('results.votes')}</dt><dd class="fig">${number(x.votes)}</dd></div>`}</dl></li>`)}</ol>
    ${rest.length > 0 && html`<h3 class="sub">${t('results.unplaced')}</h3><ul class="unplaced">${rest.map((x) => html`<li key=${x.id} data-entry=${x.id}><b>${x.title}</b> <span class="muted">${x.lead} · ${t('results.note.' + x.note)}</span></li>`)}</ul>`}</section>`;
}

/** @param {{r: Doc.WholeResult, of: Doc.Results}} p */
function Checks({ r, of }) {
  const name = (/** @type {string} */ id) => (r.rows.find((x) => x.id === id) || { title: id }).title;
  return html`<section id="checks"><h2>${t('results.check')}</h2><p class="text">${t('results.check.how')}</p>
    <p class="root"><span class="muted small">${t('results.root')}</span><code class="fig">${(r.root.match(/.{1,8}/g) || []).join(' ')}</code></p>
    ${r.ballots.length > 0 && html`<ul class="ballots">${r.ballots.map((b) => html`<li key=${b.ballot}>${t('results.ballot', { n: number(b.votes), leaves: number(b.leaves) })}</li>`)}</ul>`}
    ${r.decisions.length > 0 && html`<h3 class="sub">${t('results.decisions')}</h3><ul class="decisions">${r.decisions.map((d, i) => html`<li key=${i}><b>${t('results.decision.' + d.what)}</b>
      ${d.entries && d.entries.length > 0 && html`<span>${d.entries.map(name).join('、')}</span>`}<span class="muted">${t('results.reason', { reason: d.reason })}</span></li>`)}</ul>`}
    <p class="acts"><a class="btn" href=${base + '/v1/stage/' + encodeURIComponent(of.in) + '/seal'} download="seal.json">${t('results.seal')}</a>
      <a class="btn" href=${base + '/verify'}>${t('results.verify')}</a></p></section>`;
}

/** One session's result, looked at again until all of it is public. @param {string} id @returns {[Doc.Results|null, any, () => void]} */
function useResult(id) {
  const [result, set] = useState(/** @type {Doc.Results|null} */ (null));
  const [error, fail] = useState(/** @type {any} */ (null));
  const [round, again] = useState(0);
  useEffect(() => {
    if (!id) return undefined;
    let on = true, timer = 0;
    const look = async () => {
      try {
        const got = await api('/v1/results/' + encodeURIComponent(id));
        if (!on) return;
        set(got);
        fail(null);
        if (!got.whole) timer = setTimeout(look, EVERY);
      } catch (err) { if (on) { fail(err); timer = setTimeout(look, EVERY); } }
    };
    look();
    return () => { on = false; clearTimeout(timer); };
  }, [id, round]);
  return [result, error, () => again((n) => n + 1)];
}

function App() {
  const [plan] = useApi('/v1/contest');
  const [list, failed, again] = useApi('/v1/results');
  const asked = steps[2] || '';
  const id = asked || (list && list.length ? list[list.length - 1].session : '');
  const [result, error, retry] = useResult(id);
  useEffect(() => { if (plan) document.title = t('results.title') + ' · ' + plan.shortName; }, [plan]);
  const wrong = error || failed;
  const levels = result ? [...result.awards].filter((a) => a.winners.length).sort((a, b) => order(plan, a.level) - order(plan, b.level)) : [];
  return html`<div class="results"><header class="band"><div class="inner"><p class="row"><a class="home" href=${base + '/'}>${plan ? plan.name : t('results.home')}</a><${Language} /></p>
      <h1>${t('results.title')}</h1>${result && html`<p class="of">${[result.title, result.date].filter(Boolean).join(' · ')}${result.sample && html` <span class="chip">${t('results.sample')}</span>`}</p>`}
      ${list && list.length > 1 && html`<nav>${list.map((x) => html`<a key=${x.session} aria-current=${x.session === id ? 'page' : null} href=${base + '/results/' + encodeURIComponent(x.session)}>${x.title}</a>`)}</nav>`}</div></header>
    <main class="inner">${!result && (wrong ? html`<div class="wait"><p>${errorText(wrong)}</p><button type="button" class="btn main" onClick=${() => { again(); retry(); }}>${t('retry')}</button></div>`
      : html`<p class="wait muted">${t(list && !id ? 'results.none' : 'loading')}</p>`)}
      ${result && !levels.length && !result.whole && html`<p class="wait muted">${t('results.none')}</p>`}
      ${levels.map((a) => html`<${Level} key=${a.level} level=${a} />`)}
      ${result && !result.whole && levels.length > 0 && html`<p class="muted partly">${t('results.partly')}</p>`}
      ${result && result.result && html`<${Ranking} r=${result.result} /><${Checks} r=${result.result} of=${result} />`}</main></div>`;
}

/** Where a level stands in the plan, the highest first. @param {Doc.Contest|null} plan @param {string} id */
function order(plan, id) { return plan ? plan.awards.findIndex((a) => a.id === id) : 0; }

boot(['results'], App);

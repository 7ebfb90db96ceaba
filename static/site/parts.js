// The sections of the site, all from the published plan.

import { base } from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { html } from '../lib/ui.js';
import { bodies, groups, venue, weekday, when } from './data.js';

/** @typedef {import('./data.js').Plan} Plan */

/** @param {{plan: Plan, date: string}} p */
export function Day({ plan, date }) {
  return html`<span class="day"><time class="fig" datetime=${date}>${date}</time> <span>${weekday(plan, date)}</span></span>`;
}

/** @param {{plan: Plan, from: string, to: string}} p */
function Span({ plan, from, to }) {
  if (from === to) return html`<p class="span"><${Day} plan=${plan} date=${from} /></p>`;
  return html`<p class="span"><${Day} plan=${plan} date=${from} /><span class="to">${t('site.to')}</span><${Day} plan=${plan} date=${to} /></p>`;
}

/** That it is on, or over. @param {{of: Doc.Session|undefined}} p */
function Stands({ of }) {
  if (!of || of.state !== 'live' && of.state !== 'ended') return null;
  return html`<span class=${'chip ' + of.state} data-state=${of.state}>${t(of.state === 'live' ? 'site.on' : 'session.state.ended')}</span>`;
}

/** What the office has said since of an event of the plan: its name, and its day once that is set. @param {Doc.Session|undefined} s */
function now(s) { return !s ? {} : s.date ? { title: s.title, date: s.date } : { title: s.title }; }

/** @param {{plan: Plan, sessions: Doc.Session[]}} p */
export function Schedule({ plan, sessions }) {
  return html`<section id="schedule"><h2>${t('site.schedule')}</h2>
    <ol class="phases">${plan.phases.map((x) => {
      const at = when(x.from, x.to);
      return html`<li key=${x.id} class=${at}><div class="stop"></div>
        <h3>${x.title}${at === 'now' && html`<span class="chip here">${t('site.current')}</span>`}</h3>
        <${Span} plan=${plan} from=${x.from} to=${x.to} />
        <p class="meta">${[x.form, venue(plan, x.place)].filter(Boolean).join(' · ')}</p>
        <p class="text">${x.text}</p></li>`;
    })}</ol>
    <h3 class="sub">${t('site.events')}</h3>
    <ul class="events">${plan.events.map((e) => ({ ...e, ...now(sessions.find((s) => s.id === e.id)) })).map((e) => html`<li key=${e.id} class=${when(e.date, e.date)}>
      <${Day} plan=${plan} date=${e.date} />
      <div class="grow"><h4>${e.title}<${Stands} of=${sessions.find((s) => s.id === e.id)} /></h4>
        <p class="meta">${[venue(plan, e.venue), e.form].filter(Boolean).join(' · ')}</p>
        ${e.theme && html`<p class="meta">${t(e.themeTentative ? 'site.theme.tentative' : 'site.theme', { theme: e.theme })}</p>`}
        ${e.audience && html`<p class="text">${e.audience}</p>`}</div>
      ${sessions.some((s) => s.id === e.id) && html`<a class="btn slim" href=${base + '/live/' + encodeURIComponent(e.id)}>${t('site.room')}</a>`}</li>`)}
    ${sessions.filter((s) => s.date && !plan.events.some((e) => e.id === s.id)).map((s) => html`<li key=${'s ' + s.id} class=${when(s.date, s.date)}>
      <${Day} plan=${plan} date=${s.date} />
      <div class="grow"><h4>${s.title}<${Stands} of=${s} /></h4><p class="meta">${[s.time, s.place, s.subtitle].filter(Boolean).join(' · ')}</p></div>
      <a class="btn slim" href=${base + '/live/' + encodeURIComponent(s.id)}>${t('site.room')}</a></li>`)}</ul></section>`;
}

/** @param {{plan: Plan}} p */
export function Tracks({ plan }) {
  return html`<section id="tracks"><h2>${t('site.tracks', { n: plan.tracks.length })}</h2>
    <p class="lead">${t('site.tracks.lead')}</p>
    <div class="tracks">${plan.tracks.map((x) => html`<details key=${x.id} style=${{ '--track': `var(--track-${((x.no - 1) % 12) + 1})` }}>
      <summary><span class="no fig">${String(x.no).padStart(2, '0')}</span><span class="grow"><b>${x.short}</b><span class="brief">${x.summary}</span>
        <span class="more">${t('site.directions', { n: x.directions.length })}<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M4 6l4 4 4-4" /></svg></span></span></summary>
      <ol>${x.directions.map((d) => html`<li key=${d.no}><h4><span class="fig">${d.no}</span>${d.title}</h4><p>${d.text}</p></li>`)}</ol></details>`)}</div></section>`;
}

/** @param {{plan: Plan}} p */
export function Criteria({ plan }) {
  const s = plan.scoring;
  return html`<section id="criteria"><h2>${t('site.criteria')}</h2>
    <ol class="criteria">${plan.criteria.map((c) => html`<li key=${c.id}>
      <p class="weight fig">${c.weight}<small>%</small></p><i class="part" style=${{ '--part': c.weight / 100 }}></i>
      <h3>${c.name}</h3><p class="text">${c.text}</p></li>`)}</ol>
    <p class="meta">${t('site.weights', { jury: s.weights.jury, votes: s.weights.votes })}${s.tentative ? t('site.tentative') : ''}</p></section>`;
}

/** @param {{plan: Plan}} p */
export function Awards({ plan }) {
  return html`<section id="awards" class="awards"><div class="inner"><h2>${t('site.awards')}</h2>
    <ol>${plan.awards.map((a) => html`<li key=${a.id}><p class="fig">${a.quota}</p><h3>${a.name}</h3></li>`)}</ol>
    <p>${plan.awardNote}</p></div></section>`;
}

/** @param {{plan: Plan}} p */
export function Rules({ plan }) {
  return html`<section id="rules"><h2>${t('site.rules')}</h2><div class="rules">${groups(plan).map(([group, list]) => html`<details key=${group}>
    <summary><b class="grow">${group}</b><span class="muted fig">${t('site.clauses', { n: list.length })}</span><svg viewBox="0 0 16 16" aria-hidden="true"><path d="M4 6l4 4 4-4" /></svg></summary>
    <ol>${list.map((r) => html`<li key=${r.no}><span class="fig">${r.no}</span><p>${r.text}</p></li>`)}</ol></details>`)}</div></section>`;
}

/** @param {{plan: Plan}} p */
export function Bodies({ plan }) {
  const roles = ['guide', 'host', 'executor', 'jury'].filter((r) => bodies(plan, r).length);
  return html`<section id="bodies"><h2>${t('site.bodies')}</h2>
    <p class="lead">${plan.basis}</p>
    <dl class="bodies">${roles.map((r) => html`<div key=${r} class=${r}><dt>${t('site.body.' + r)}</dt>
      <dd><ul>${bodies(plan, r).map((b) => html`<li key=${b.name}>${b.name}${b.note && html`<small>${b.note}</small>`}</li>`)}</ul></dd></div>`)}</dl></section>`;
}

/** @param {{plan: Plan}} p */
export function Contacts({ plan }) {
  return html`<section id="contact"><h2>${t('site.contact')}</h2>
    <ul class="contacts">${plan.contacts.map((c) => html`<li key=${c.phone}><span>${c.office}</span><a class="fig" href=${'tel:' + c.phone}>${c.phone}</a></li>`)}</ul></section>`;
}

// The public site: what the contest is, when and where, and the way in.

import { base } from '../lib/api.js';
import { errorText, t } from '../lib/i18n.js';
import { Language, boot, html, useApi, useEffect } from '../lib/ui.js';
import { Rime } from './art.js';
import { when } from './data.js';
import { Now, Published, useLive } from './live.js';
import { Awards, Bodies, Contacts, Criteria, Day, Rules, Schedule, Tracks } from './parts.js';

const NAV = ['schedule', 'tracks', 'criteria', 'awards', 'bodies', 'contact'];

/** @param {{plan: import('./data.js').Plan}} p */
function Hero({ plan }) {
  const next = [...plan.phases.map((x) => ({ title: x.title, date: x.from })), ...plan.events]
    .filter((e) => when(e.date, e.date) !== 'after').sort((a, b) => (a.date < b.date ? -1 : 1))[0];
  return html`<header class="hero"><${Rime} />
    <div class="inner">
      <h1><small>${plan.name}</small>${plan.theme.split(' ').map((/** @type {string} */ part) => html`<span key=${part}>${part}</span>`)}</h1>
      <p class="facts"><span><time class="fig" datetime=${plan.from}>${plan.from}</time> ${t('site.to')} <time class="fig" datetime=${plan.to}>${plan.to}</time></span><span>${plan.city}</span></p>
      ${next && html`<p class="next">${t('site.next')} <b>${next.title}</b> <${Day} plan=${plan} date=${next.date} /></p>`}
    </div></header>`;
}

function App() {
  const [plan, error, again] = useApi('/v1/contest');
  const { sessions, shows } = useLive();
  const [results] = useApi('/v1/results');
  useEffect(() => {
    if (!plan) return;
    document.title = plan.name;
    // The section of the address could not be found before it was drawn.
    const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    if (target) target.scrollIntoView();
  }, [plan]);
  if (!plan) {
    return html`<div class="wait">${error ? html`<p>${errorText(error)}</p><button type="button" class="btn main" onClick=${again}>${t('retry')}</button>` : html`<p>${t('loading')}</p>`}</div>`;
  }
  return html`<div class="site">
    <nav class="bar-top"><div class="inner"><a class="brand" href="#top"><svg viewBox="0 0 64 64" aria-hidden="true"><path d="M32 10v44M13 21l38 22M51 21 13 43" /></svg><span>${plan.shortName}</span></a>
      <div class="links">${NAV.map((id) => html`<a key=${id} href=${'#' + id}>${t('site.nav.' + id)}</a>`)}</div><a class="check" href=${base + '/verify'}>${t('site.verify')}</a><${Language} /></div></nav>
    <${Hero} plan=${plan} />
    <main class="inner">
      ${shows.length > 0 && html`<${Now} shows=${shows} />`}
      ${results && results.length > 0 && html`<${Published} results=${results} />`}
      <${Schedule} plan=${plan} sessions=${sessions} /><${Tracks} plan=${plan} /><${Criteria} plan=${plan} />
    </main>
    <${Awards} plan=${plan} />
    <main class="inner"><${Rules} plan=${plan} /><${Bodies} plan=${plan} /><${Contacts} plan=${plan} /></main>
    <footer><div class="inner"><p>${plan.name}</p><p><a href=${base + '/verify'}>${t('site.verify.long')}</a></p></div></footer></div>`;
}

boot(['site'], App);

// The award card, in three beats: held (the card breathes), turned (the name),
// landed (score and bars answer).

import { number, t } from '../../lib/i18n.js';
import { Track, html, trackStyle, useCount } from '../../lib/ui.js';
import { Words, sessionLine } from '../words.js';
import { List } from './list.js';

function Bar(/** @type {any} */ { label, value, part }) {
  return html`<div class="share"><p><span>${label}</span><b class="fig">${value}</b></p><i><i style=${{ '--part': part }}></i></i></div>`;
}

function Total(/** @type {any} */ { total }) {
  const places = (total.split('.')[1] || '').length;
  const shown = useCount(Number(total), 900, places, 0);
  return html`<p class="total"><b class="fig">${Number(shown) === Number(total) ? total : shown}</b><span>${t('award.total')}</span></p>`;
}

function Winner(/** @type {{w: Doc.Winner}} */ { w }) {
  const long = w.title.length > 22 ? ' long' : w.title.length > 14 ? ' middle' : '';
  return html`<div class=${'winner' + long} data-award-winner data-entry=${w.entry} style=${trackStyle(w.track)}>
    <h1 class=${'turn' + long}><${Words} text=${w.title} /></h1><p class="team land">${w.team}</p><p class="units land">${[w.lead, ...(w.partners || [])].join(' · ')}</p>
    <p class="pill land"><i class="pip"></i><${Track} id=${w.track} name=${w.trackName} /></p>
    <div class="sums land"><${Bar} label=${t('award.jury')} value=${w.jury} part=${Number(w.jury) / 100} /><${Total} total=${w.total} /><div class="share"><p><span>${t('award.votes')}</span><b class="fig">${number(w.votes)}</b></p></div></div></div>`;
}

export function Award(/** @type {{view: Doc.View}} */ { view }) {
  const a = view.award;
  if (a && !a.place && !a.held) return html`<${List} view=${view} />`; // a level that is told as a whole
  if (!a) return html`<div class="award-scene enter"><i class="rays" aria-hidden="true"></i><p class="kicker">${view.session ? view.session.subtitle : ''}</p><h1 class="award-name big">${t('award.soon')}</h1></div>`;
  return html`<div class=${'award-scene enter' + (a.held ? ' holding' : '')} key=${a.level + a.place}>
    <i class="rays" aria-hidden="true"></i><p class="kicker">${sessionLine(view)}</p>
    <p class="award-name">${a.name}</p><i class="rule gold" aria-hidden="true"></i>
    ${a.winner ? html`<${Winner} w=${a.winner} />` : a.held
    ? html`<div class="held"><p class="fig nth">${t('award.place', { place: a.place, of: a.of })}</p><p>${t('award.held')}</p></div>`
    : html`<div class="held vacant" data-vacant><p class="fig nth">${t('award.place', { place: a.place, of: a.of })}</p><p>${t('award.vacant.place')}</p></div>`}</div>`;
}

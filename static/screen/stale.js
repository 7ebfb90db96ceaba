// A screen whose network is silent still shows a picture, and nobody in the hall
// could tell. It says since when it knows nothing new.

import { timeOfDay } from '../lib/clock.js';
import { t } from '../lib/i18n.js';
import { html, useStatus } from '../lib/ui.js';

/** @param {{hub: any, heard: number}} p */
export function Stale({ hub, heard }) {
  const status = useStatus(hub);
  if (!heard && status !== 'live' && hub.plain) return html`<p class="stale-mark" role="status" data-lost="plain"><i class="dot warn"></i>${t('lost.plain')}</p>`;
  if (!heard) return null;
  return html`<p class="stale-mark" role="status" data-lost><i class="dot warn"></i>${t('stale')} <b class="fig">${timeOfDay(heard)}</b></p>`;
}

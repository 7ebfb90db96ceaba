// The time that is left, large enough to read from the corner of an eye. Past
// zero it counts up.

import { mmss } from '../lib/clock.js';
import { t } from '../lib/i18n.js';
import { html, useNow } from '../lib/ui.js';

/** What runs: the timer on stage, else the open ballot. @param {Doc.HostView} host @param {Doc.View} view @returns {{label: string, ends: number, total: number, over: boolean}|null} */
function running(host, view) {
  if (host.timer) return { label: host.timer.label || t('clock.timer'), ends: host.timer.ends, total: host.timer.total * 1000, over: true };
  const b = view.ballot;
  if (b && b.open && b.deadline) return { label: t('clock.vote'), ends: b.deadline, total: 0, over: false };
  return null;
}

/** @param {{host: Doc.HostView, view: Doc.View}} p */
export function Clock({ host, view }) {
  const what = host.ended ? null : running(host, view);
  const now = useNow(what ? 200 : 0);
  if (!what) return null;
  const left = what.over ? what.ends - now : Math.max(0, what.ends - now);
  const soon = left <= Math.min(30000, (what.total || 60000) / 4);
  const state = left < 0 ? 'over' : left <= 10000 ? 'urgent' : soon ? 'soon' : '';
  const part = what.total ? Math.max(0, Math.min(1, left / what.total)) : 0;
  return html`<section id="clock" class=${'time ' + state} role="timer">
    <span class="what cut">${left < 0 ? t('clock.over', { label: what.label }) : what.label}</span><b class="fig">${mmss(left)}</b>
    ${what.total > 0 && html`<i class="rail" aria-hidden="true"><i style=${{ '--part': part }}></i></i>`}</section>`;
}

// The broadcaster's page (推流): one camera of a session, by link, from a phone or
// a desk.

import { api, bearer, takeToken } from '../lib/api.js';
import { Hub } from '../lib/hub.js';
import { errorText, t } from '../lib/i18n.js';
import { Language, boot, html, useEffect, useMemo, useState, useStatus } from '../lib/ui.js';
import { Studio } from './studio.js';

takeToken('broadcast');

/** @param {{title: string, text: string, again?: () => void}} p */
function Stop({ title, text, again }) {
  return html`<div class="wait"><h1>${title}</h1><p>${text}</p>${again && html`<button type="button" class="btn main" onClick=${again}>${t('retry')}</button>`}<div><${Language} /></div></div>`;
}

function App() {
  const hub = useMemo(() => new Hub(), []);
  const [me, setMe] = useState(/** @type {Doc.Me|null} */ (null));
  const [error, setError] = useState(/** @type {any} */ (null));
  const load = async () => {
    setError(null);
    try { setMe(await api('/v1/me')); } catch (err) { setError(err); }
  };
  useEffect(() => { if (bearer()) { load(); hub.start(); } }, []);
  useStatus(hub);
  if (!bearer()) return html`<${Stop} title=${t('broadcast.door')} text=${t('broadcast.door.how')} />`;
  if (hub.status === 'refused') return html`<${Stop} title=${t('broadcast.out')} text=${errorText(hub.why)} again=${() => location.reload()} />`;
  if (error) return html`<${Stop} title=${t('broadcast.failed')} text=${errorText(error)} again=${load} />`;
  if (!me) return html`<div class="wait"><p>${t('loading')}</p></div>`;
  if (!me.session) return html`<${Stop} title=${t('broadcast.door')} text=${t('broadcast.door.how')} />`;
  return html`<${Studio} hub=${hub} me=${me} />`;
}

boot(['broadcast'], App, ['crew']);

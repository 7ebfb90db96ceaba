// The organiser's page (组委会): who is it, and then the tabs. An auditor sees one.

import { api } from '../lib/api.js';
import { sync } from '../lib/clock.js';
import { sayWrong } from '../lib/fields.js';
import { errorText, t } from '../lib/i18n.js';
import { boot, html, useEffect, useState } from '../lib/ui.js';
import { onSignedOut } from './call.js';
import { Frame } from './frame.js';
import { SignIn, enterByLink, onLink } from './signin.js';

const STAFF = ['organiser', 'director', 'moderator', 'reviewer', 'auditor'];

function App() {
  const [state, set] = useState(/** @type {{me: Doc.Me|null, plan: Doc.Contest|null, error: any, ready: boolean}} */ ({ me: null, plan: null, error: null, ready: false }));
  const look = async (/** @type {any} */ failed) => {
    try {
      const [me, plan, time] = await Promise.all([api('/v1/me'), api('/v1/contest'), api('/v1/time')]);
      sync(time.now);
      set({ me, plan, error: failed || null, ready: true });
    } catch (error) {
      set((s) => ({ ...s, error, ready: true }));
    }
  };
  useEffect(() => {
    onSignedOut(look);
    onLink(() => enterByLink().then(look));
    enterByLink().then(look);
  }, []);
  if (!state.ready) return html`<div class="wait"><p>${t('loading')}</p></div>`;
  if (!state.me) {
    return html`<div class="wait"><h1>${t('enter.failed')}</h1><p>${errorText(state.error)}</p>
      <p><button class="btn main" onClick=${() => look(null)}>${t('retry')}</button></p></div>`;
  }
  const me = state.me;
  if (!me.roles.includes('organiser') && !me.roles.includes('auditor')) {
    const other = me.roles.some((r) => STAFF.includes(r)) ? me.name : '';
    return html`<${SignIn} error=${state.error} other=${other} onIn=${() => look(null)} />`;
  }
  return html`<${Frame} key=${me.name} me=${me} plan=${state.plan} onOut=${() => look(null)} />`;
}

sayWrong();
boot(['admin'], App, ['crew', 'office']);

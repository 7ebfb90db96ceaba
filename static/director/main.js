// The director's desk (导演台): who is at it, which session, and then the desk.

import { api } from '../lib/api.js';
import { Hub } from '../lib/hub.js';
import { sayWrong } from '../lib/fields.js';
import { errorText, t } from '../lib/i18n.js';
import { useOn } from '../lib/on.js';
import { boot, html, useEffect, useMemo, useState, useStatus } from '../lib/ui.js';
import { Desk } from './desk.js';
import { SignIn, enterByLink } from './signin.js';

const STAFF = ['director', 'organiser', 'moderator'];

/** The session in the address, else the first one. @param {Doc.Session[]} sessions */
function chosen(sessions) {
  const asked = new URLSearchParams(location.search).get('session');
  return sessions.find((s) => s.id === asked) || sessions[0] || null;
}

/** Opens the hub for a member of staff and sends them back when they are signed out. */
function Room(/** @type {{me: Doc.Me, sessions: Doc.Session[], onOut: () => void}} */ { me, sessions, onOut }) {
  const hub = useMemo(() => new Hub().start(), []);
  useEffect(() => {
    // A session that has run out comes back as a stranger, whom the desk is never sent to.
    let before = hub.status;
    const check = async () => {
      const back = before !== 'live' && hub.status === 'live';
      before = hub.status;
      if (hub.status === 'refused') { onOut(); return; }
      if (!back) return;
      try {
        const now = await api('/v1/me');
        if (!now.roles.some((/** @type {string} */ r) => STAFF.includes(r))) onOut();
      } catch (e) { /* no network: the hub says so */ }
    };
    hub.watchers.add(check);
    return () => { hub.watchers.delete(check); hub.stopped = true; if (hub.ws) hub.ws.close(); };
  }, [hub]);
  const session = chosen(sessions);
  const on = useOn(hub, session ? session.id : '');
  const [text, setText] = useState(''); // of a notice: it stays when another show comes on
  const status = useStatus(hub);
  if (!session) return html`<div class="wait"><h1>${t('session.none')}</h1><p>${t('session.none.how')}</p></div>`;
  if (!on) return html`<div class="wait"><p>${t(status === 'lost' ? 'lost' : 'loading')}</p></div>`;
  return html`<${Desk} key=${on.show} hub=${hub} me=${me} session=${session.id} on=${on} sessions=${sessions} text=${text} onText=${setText} onOut=${onOut} />`;
}

function App() {
  const [state, set] = useState(/** @type {{me: Doc.Me|null, sessions: Doc.Session[], error: any, ready: boolean}} */ ({ me: null, sessions: [], error: null, ready: false }));
  const look = async (/** @type {any} */ failed) => {
    try {
      const [me, sessions] = await Promise.all([api('/v1/me'), api('/v1/sessions')]);
      set({ me, sessions, error: failed || null, ready: true });
    } catch (error) {
      set((s) => ({ ...s, error, ready: true }));
    }
  };
  useEffect(() => { enterByLink().then(look); }, []);
  if (!state.ready) return html`<div class="wait"><p>${t('loading')}</p></div>`;
  if (!state.me) {
    return html`<div class="wait"><h1>${t('enter.failed')}</h1><p>${errorText(state.error)}</p>
      <button class="btn main" onClick=${() => look(null)}>${t('retry')}</button></div>`;
  }
  const me = state.me;
  if (!me.roles.some((r) => STAFF.includes(r))) return html`<${SignIn} error=${state.error} onIn=${() => look(null)} />`;
  return html`<${Room} key=${me.name} me=${me} sessions=${state.sessions} onOut=${() => look(null)} />`;
}

sayWrong();
boot(['director'], App, ['crew', 'office']);

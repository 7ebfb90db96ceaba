// Commands of the desk. Those that move the rundown carry the revision that the
// operator saw, so that two consoles never both advance.

import { t } from '../lib/i18n.js';
import { toast, toastError, useRef, useState } from '../lib/ui.js';

const MOVING = ['arm', 'disarm', 'fire', 'skip', 'next'];
const CATCH_UP = 1500; // ms to wait for the desk to show what was done

/** Waits until the desk is at the revision. @param {any} topic @param {number} rev @returns {Promise<void>} */
function reached(topic, rev) {
  if (topic.doc && topic.doc.rev >= rev) return Promise.resolve();
  return new Promise((done) => {
    const end = () => { clearTimeout(timer); topic.seen.delete(look); done(); };
    const look = () => { if (topic.doc && topic.doc.rev >= rev) end(); };
    const timer = setTimeout(end, CATCH_UP);
    topic.seen.add(look);
  });
}

/**
 * @param {any} hub @param {string} session
 * @returns {{busy: boolean, send: (kind: string, more?: Record<string, any>) => Promise<boolean>}}
 */
export function useCommands(hub, session) {
  const [busy, set] = useState(false);
  const inFlight = useRef(false);
  const send = async (/** @type {string} */ kind, /** @type {Record<string, any>} */ more = {}) => {
    const moving = MOVING.includes(kind);
    if (moving && inFlight.current) return false;
    const topic = hub.topic('staff/' + session);
    const rev = topic.doc ? topic.doc.rev : 0;
    if (moving) { inFlight.current = true; set(true); }
    try {
      const answer = await hub.request('stage.command', { session, rev, kind, ...more });
      if (moving) await reached(topic, answer.rev);
      return true;
    } catch (err) {
      const refused = /** @type {any} */ (err);
      if (refused.code === 'stage.stale_rev') {
        await reached(topic, refused.args.rev || rev + 1);
        toast(t('stale'), 'bad');
      } else toastError(err);
      return false;
    } finally {
      if (moving) { inFlight.current = false; set(false); }
    }
  };
  return { busy, send };
}

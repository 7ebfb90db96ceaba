// Which show of a session is on: the session itself, or a take in which it is
// rehearsed. A page follows: what it holds of a show is keyed by the show's name.

import { t } from './i18n.js';
import { useEffect, useRef, useTopic } from './ui.js';

/** The number in the name of a take's show or ballot, final~2; 0 = the show itself. @param {string} name */
export const takeOf = (name) => Number(name.split('~')[1]) || 0;

/** The name without its take. @param {string} name */
export const liveOf = (name) => name.split('~')[0];

/** What a show's name for something is within the take. @param {string} name @param {number} take */
export const inTake = (name, take) => (take ? name + '~' + take : name);

/**
 * The show that is on, null until it is known. It changes when the state of the
 * next one is here, so that no page goes blank in between.
 * @param {any} hub @param {string} session @returns {Doc.OnAir|null}
 */
export function useOn(hub, session) {
  /** @type {Doc.OnAir|null} */
  const told = useTopic(hub, session && 'on/' + session);
  const view = useTopic(hub, session && 'stage/' + (told ? told.show : session));
  const on = useRef(/** @type {Doc.OnAir|null} */ (null));
  if (told && view) on.current = told;
  const take = on.current ? on.current.take : 0;
  useEffect(() => () => { if (take) hub.forget('~' + take); }, [take]); // a take that was left never comes back
  return on.current;
}

/** What a show is marked with that is not the real one, or not of real entries; else nothing. @param {Doc.View} view @param {number} take */
export function trial(view, take) {
  const sample = !!(view.session && view.session.sample);
  if (take) return t(sample ? 'rehearsal.take.sample' : 'rehearsal.take', { n: take });
  return sample ? t('sample') : '';
}

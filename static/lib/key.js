// The one key of an operator, whose meaning changes under the hand. A press
// right after a change still means what was there before, so it does nothing;
// and a press or a hold that began for one thing never does another: the hand that
// lets go of a hold clicks, and the key may mean the next step by then.

import { useEffect, useRef, useState } from '../vendor/ui.js';

const HOLD = 800; // ms
const SETTLE = 400; // ms

/**
 * @param {{meaning: string, blocked: boolean, act: () => void}} p meaning differs whenever act would do something else
 * @returns {{off: boolean, held: boolean, press: () => void, begin: () => void, click: (e: MouseEvent) => void, down: () => void, up: () => void}}
 */
export function useKey({ meaning, blocked, act }) {
  const [settled, setSettled] = useState(''); // a key that just came is one that changed: another show is on, say
  const [held, setHeld] = useState(false);
  const timer = useRef(/** @type {any} */ (null));
  const off = blocked || settled !== meaning;
  const press = () => { if (!off) act(); };
  const began = useRef(''); // what the key meant when a finger or a mouse came down on it
  const begin = () => { began.current = meaning; };
  const click = (/** @type {MouseEvent} */ e) => { if (!e.detail || began.current === meaning) press(); }; // without detail: by the keyboard, or a screen reader
  const latest = useRef(press);
  latest.current = press;
  const up = () => { clearTimeout(timer.current); timer.current = null; setHeld(false); };
  const down = () => {
    if (off || timer.current) return;
    setHeld(true);
    timer.current = setTimeout(() => { up(); latest.current(); }, HOLD);
  };
  useEffect(() => {
    up();
    const wait = setTimeout(() => setSettled(meaning), SETTLE);
    return () => clearTimeout(wait);
  }, [meaning]);
  useEffect(() => { if (off) up(); }, [off]);
  return { off, held, press, begin, click, down, up };
}

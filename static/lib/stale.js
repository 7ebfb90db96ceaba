// Whether what a page shows is old: a silent network changes no document, and
// nobody could tell.

import { now } from './clock.js';
import { useEffect, useRef, useState, useStatus } from './ui.js';

const SILENT = 7000; // ms: a heartbeat, due every 5 s, has not come
const BLINK = 1500; // ms without a connection that are no news

/** When the server was last heard, in the show's time; 0 while all is well. @param {any} hub @returns {number} */
export function useStale(hub) {
  const status = useStatus(hub);
  const [heard, set] = useState(0);
  const last = useRef(0); // by performance.now(), as the hub counts
  useEffect(() => {
    const look = () => {
      if (status === 'live') last.current = hub.alive; // else it is a socket's beginning, which says nothing
      else if (hub.plain) last.current = performance.now(); // documents come over HTTP
      const silent = performance.now() - last.current;
      set(last.current && silent > (status === 'live' ? SILENT : BLINK) ? Math.round((now() - silent) / 1000) * 1000 : 0);
    };
    const timer = setInterval(look, 500);
    look();
    return () => clearInterval(timer);
  }, [hub, status]);
  return heard;
}

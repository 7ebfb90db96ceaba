// The draft of a rundown: what is being built, and the text of it while that is being
// written. It outlives the tab, is taken back step by step, and knows what it was
// made from.

import { useEffect, useMemo, useRef, useState } from '../lib/ui.js';

/** A rundown without the revision, which is the server's. @param {Doc.StagedRundown} r */
export function bare(r) {
  const { rev, ...own } = r;
  return { ...own, cues: own.cues || [] };
}

/** @param {any} r */
export const written = (r) => JSON.stringify(r, null, 2);

/** The rundown in a text, or null while it is no JSON. @param {string} text */
function parsed(text) {
  try {
    const r = JSON.parse(text);
    return r && typeof r === 'object' ? r : null;
  } catch (e) { return null; }
}

/** What is kept while the tab is left: text is null while nobody writes it. @typedef {{now: any, text: string|null, rev: string}} Kept */

/** @param {Record<string, Kept>} drafts @param {string} session @param {Doc.StagedRundown} given */
export function useDraft(drafts, session, given) {
  const kept = drafts[session], base = useMemo(() => bare(given), [given]);
  const clean = useMemo(() => written(base), [base]);
  const [doc, setDoc] = useState(/** @type {{now: any, text: string|null}} */ (kept || { now: base, text: null }));
  const [rev, setRev] = useState(kept ? kept.rev : given.rev); // that the draft was made from
  const [past, setPast] = useState(/** @type {any[]} */ ([])); // before what was done in the list, newest last
  const last = useRef(''); // what was done last: writing on in one field is one step
  const now = useMemo(() => (doc.text === null ? doc.now : parsed(doc.text)), [doc]);
  const good = useRef(/** @type {any} */ (base));
  if (now) good.current = now; // the list stays while a comma is being typed
  const dirty = useMemo(() => (doc.text === null ? now !== base && written(now) !== clean : doc.text !== clean), [doc, clean]);
  useEffect(() => { if (dirty) drafts[session] = { ...doc, rev }; else delete drafts[session]; }, [doc, dirty, rev]);
  return {
    now, good: good.current, dirty, rev, past: past.length, given: { clean, base },
    /** The text as it is, made when it is asked for. */
    text: () => doc.text ?? written(doc.now),
    /** Takes a written text. @param {string} text */
    write(text) { last.current = ''; setDoc({ now: good.current, text }); },
    /** Takes a change of the list, so that it can be taken back. @param {any} more @param {string} [what] */
    put(more, what = '') {
      if (!what || what !== last.current) setPast([...past.slice(-99), good.current]);
      last.current = what;
      setDoc({ now: { ...good.current, ...more }, text: null });
    },
    back() {
      last.current = '';
      setDoc({ now: past[past.length - 1], text: null });
      setPast(past.slice(0, -1));
    },
    /** Starts anew from a stored one. @param {Doc.StagedRundown} r */
    take(r) {
      delete drafts[session];
      last.current = '';
      setDoc({ now: bare(r), text: null });
      setPast([]);
      setRev(r.rev);
    },
    /** What was sent is stored; what was done meanwhile stays, made from it. @param {Doc.StagedRundown} r @param {{now: any, text: string|null}} sent */
    keep(r, sent) {
      const draft = drafts[session], same = (/** @type {{now: any, text: string|null}} */ x) => x.text === sent.text && (x.text !== null || x.now === sent.now);
      if (draft && same(draft)) delete drafts[session]; else if (draft) draft.rev = r.rev; // also when this tab has been left
      setDoc((x) => (same(x) ? { now: bare(r), text: null } : x));
      setRev(r.rev);
    },
    sent: doc,
  };
}

// A question over the desk. While it is open no key of the desk does anything.

import { html, useEffect, useRef } from '../lib/ui.js';

/** Whether a question is open. */
export function asking() { return !!document.querySelector('dialog[open]'); }

/** @param {any} p */
export function Ask({ title, children, onClose }) {
  const box = useRef(/** @type {HTMLDialogElement|null} */ (null));
  useEffect(() => { if (box.current && !box.current.open) box.current.showModal(); }, []);
  return html`<dialog ref=${box} class="ask" onClose=${onClose}><h2>${title}</h2>${children}</dialog>`;
}

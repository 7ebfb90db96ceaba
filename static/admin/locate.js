// Where in a JSON text the value of a path stands, such as
// "cues[3].actions[0].kind". It goes as far as the path exists, so a missing
// field is found at the object that lacks it.

/** The end of the string that begins at i. @param {string} s @param {number} i */
function stringEnd(s, i) {
  for (i++; i < s.length && s[i] !== '"'; i++) if (s[i] === '\\') i++;
  return Math.min(i + 1, s.length);
}

/** The first that is neither blank, comma nor colon. @param {string} s @param {number} i */
function skip(s, i) {
  while (i < s.length && /[\s,:]/.test(s[i])) i++;
  return i;
}

/** The end of the value that begins at i. @param {string} s @param {number} i */
function valueEnd(s, i) {
  if (s[i] === '"') return stringEnd(s, i);
  if (s[i] !== '{' && s[i] !== '[') {
    while (i < s.length && !/[\s,\]}]/.test(s[i])) i++;
    return i;
  }
  for (let depth = 0; i < s.length; i++) {
    if (s[i] === '"') { i = stringEnd(s, i) - 1; continue; }
    if (s[i] === '{' || s[i] === '[') depth++;
    if ((s[i] === '}' || s[i] === ']') && --depth === 0) return i + 1;
  }
  return s.length;
}

/** The start of one step's value within the value at i; -1 when it has none. @param {string} s @param {number} i @param {string|number} step */
function within(s, i, step) {
  const list = typeof step === 'number';
  if (s[i] !== (list ? '[' : '{')) return -1;
  let n = 0;
  for (let at = skip(s, i + 1); at < s.length && s[at] !== ']' && s[at] !== '}'; n++) {
    let here = n === step;
    if (!list) {
      const end = stringEnd(s, at);
      here = s.slice(at + 1, end - 1) === step;
      at = skip(s, end);
    }
    if (here) return at;
    const end = valueEnd(s, at);
    if (end <= at) return -1; // no JSON: nothing here moves on
    at = skip(s, end);
  }
  return -1;
}

/** @param {string} s @param {string} path @param {number} line from 1; 0 unknown @returns {{from: number, to: number}} */
export function locate(s, path, line) {
  if (!path && line) {
    const lines = s.split('\n'), from = lines.slice(0, line - 1).join('\n').length + (line > 1 ? 1 : 0);
    return { from, to: from + (lines[line - 1] || '').length };
  }
  let from = skip(s, 0);
  for (const m of path.matchAll(/\[(\d+)\]|([^.[\]]+)/g)) {
    const next = within(s, from, m[1] !== undefined ? Number(m[1]) : m[2]);
    if (next < 0) break;
    from = next;
  }
  return { from, to: valueEnd(s, from) };
}

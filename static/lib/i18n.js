// Texts: Chinese first, English for whoever asks. One catalogue per room and
// language; and for the error codes those that any page can get, those of the crew
// and those of the office, so that phones do not carry what only others are told.

/** @type {Record<string, string>} */
let texts = {};
/** @type {Record<string, string>} */
let errors = {};
let language = 'zh';

/** The language in use, "zh" or "en". */
export function lang() { return language; }

/** @param {string} l */
export function setLang(l) {
  try { localStorage.setItem('hecai:lang', l); } catch (e) { /* for this page only */ }
  const u = new URL(location.href);
  u.searchParams.set('lang', l);
  location.replace(u.href);
}

function choose() {
  const asked = new URLSearchParams(location.search).get('lang');
  if (asked === 'zh' || asked === 'en') return asked;
  try { return localStorage.getItem('hecai:lang') === 'en' ? 'en' : 'zh'; } catch (e) { return 'zh'; }
}

/** Loads the catalogues of these rooms, and of the codes that only some pages get. @param {string[]} rooms @param {string[]} [codes] */
export async function load(rooms, codes = []) {
  language = choose();
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  const base = new URL('../i18n/', import.meta.url).href;
  const get = async (/** @type {string} */ name) => {
    const res = await fetch(base + name + '.' + language + '.json');
    return res.json();
  };
  const all = async (/** @type {string[]} */ names) => Object.assign({}, ...await Promise.all(names.map(get)));
  [errors, texts] = await Promise.all([all(['errors', ...codes.map((c) => 'errors-' + c)]), all(['common', ...rooms])]);
}

/** Fills in {name}, and {name|one|several}: which of the two, by a number. @param {string} text @param {Record<string, any>} [args] */
function fill(text, args) {
  return text.replace(/\{(\w+)\|([^|{}]*)\|([^|{}]*)\}/g, (_, k, one, several) => (new Intl.PluralRules(language).select(Number(args && args[k])) === 'one' ? one : several)).replace(/\{(\w+)\}/g, (_, k) => (args && args[k] !== undefined && args[k] !== null ? String(args[k]) : ''));
}

/** The text of a key. @param {string} key @param {Record<string, any>} [args] */
export function t(key, args) { return fill(texts[key] === undefined ? key : texts[key], args); }

/** What to tell a person about an error. @param {any} err */
export function errorText(err) {
  const code = (err && err.code) || 'internal';
  const args = (err && err.args) || {};
  if (!errors[code]) console.error('no text of ' + code);
  return fill(errors[code] || texts['error.unknown'] || code, { code, seconds: Math.ceil(args.retryAfter / 1000), ...args });
}

/** 12384 → "12,384". @param {number} n */
export function number(n) { return String(Math.round(n)).replace(/\B(?=(\d{3})+(?!\d))/g, ','); }

// Texts: Chinese first, English for whoever asks. One catalogue per room and
// language, and one for the error codes.

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

/** Loads the catalogues of these rooms. @param {string[]} rooms */
export async function load(rooms) {
  language = choose();
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  const base = new URL('../i18n/', import.meta.url).href;
  const get = async (/** @type {string} */ name) => {
    const res = await fetch(base + name + '.' + language + '.json');
    return res.json();
  };
  const all = await Promise.all(['errors', 'common', ...rooms].map(get));
  errors = all[0];
  texts = Object.assign({}, ...all.slice(1));
}

/** @param {string} text @param {Record<string, any>} [args] */
function fill(text, args) {
  return text.replace(/\{(\w+)\}/g, (_, k) => (args && args[k] !== undefined && args[k] !== null ? String(args[k]) : ''));
}

/** The text of a key. @param {string} key @param {Record<string, any>} [args] */
export function t(key, args) { return fill(texts[key] === undefined ? key : texts[key], args); }

/** What to tell a person about an error. @param {any} err */
export function errorText(err) {
  const code = (err && err.code) || 'internal';
  return fill(errors[code] || texts['error.unknown'] || code, Object.assign({ code }, err && err.args));
}

/** 12384 → "12,384". @param {number} n */
export function number(n) { return String(Math.round(n)).replace(/\B(?=(\d{3})+(?!\d))/g, ','); }

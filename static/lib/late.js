// A page whose modules don't come would say 正在载入… for ever. This script is no
// module and of the oldest syntax, so that it runs where they can't.
(function () {
  var late = /** @type {HTMLElement|null} */ (document.querySelector('.late'));
  if (!late) return;
  var box = late, key = late.querySelector('button');
  if (key) {
    key.hidden = false;
    key.onclick = function () { location.reload(); }; // keeps what the address brought along, which a link would not
  }
  function tell() { box.className = 'late now'; }
  setTimeout(tell, 10000);
  window.addEventListener('error', function (e) {
    var at = /** @type {any} */ (e.target);
    if (at === window || at.tagName === 'SCRIPT') tell(); // a style sheet is no reason, nor a picture
  }, true);
  window.addEventListener('unhandledrejection', tell);
  if (!('noModule' in document.createElement('script'))) tell();
})();

// Runs at the start of each document, before any script of the page, and gives the page the token
// of the launch that it belongs to: only who holds it can say that the bundle works.
//
// Where another bundle ran here before, its service workers would go on serving it. They are
// removed first, with their caches, and the page is loaded once more; until then, there is no token,
// because it isn't certain whose page this is.
(function (token, activation, origin) {
  'use strict';
  var KEY = 'live-updater:activation';
  // A clean-up that doesn't come to an end must not cost a good bundle its readiness.
  var PATIENCE = 3000;

  if (window !== window.top || isForeign() || '__liveUpdaterLaunch' in window) return;

  // Web views that can't be told where to run a script run it in the pages of every origin. Both
  // addresses are written by the same hand: a default port or capitals make no difference.
  function isForeign() {
    if (origin === undefined) return false;
    var own = new URL(origin);
    return window.location.protocol !== own.protocol || window.location.host !== own.host;
  }

  function remembered() {
    try {
      return window.localStorage.getItem(KEY);
    } catch (error) {
      return null;
    }
  }

  function remember() {
    try {
      window.localStorage.setItem(KEY, activation);
    } catch (error) {
      // Without a memory, each load looks for service workers; the reload below happens only once.
    }
  }

  // Asked for before the page's own scripts: it may be the page of the service worker that is to go,
  // and what it puts in the place of the browser's functions must not keep it there.
  var isReload = (function () {
    try {
      return window.performance.getEntriesByType('navigation')[0].type === 'reload';
    } catch (error) {
      return false;
    }
  })();
  // Whether the document before was another bundle's: then nothing was loaded once more so far.
  var isFirst = (function () {
    try {
      var before = window.sessionStorage.getItem(KEY);
      window.sessionStorage.setItem(KEY, activation);
      return before !== null && before !== activation;
    } catch (error) {
      return false;
    }
  })();
  var apply = Reflect.apply;
  var unregister = method(window.ServiceWorkerRegistration, 'unregister');
  var cacheNames = method(window.CacheStorage, 'keys');
  var deleteCache = method(window.CacheStorage, 'delete');
  var caches = window.caches;

  function method(type, name) {
    return type && type.prototype[name];
  }

  async function removeServiceWorkers() {
    var registrations = await navigator.serviceWorker.getRegistrations();
    if (registrations.length === 0) return false;
    var i;
    for (i = 0; i < registrations.length; i += 1) {
      await apply(unregister, registrations[i], []);
    }
    var names = await apply(cacheNames, caches, []);
    for (i = 0; i < names.length; i += 1) {
      await apply(deleteCache, caches, [names[i]]);
    }
    return true;
  }

  // Whether the page is about to be loaded once more.
  async function cleanUp() {
    if (remembered() === activation) return false;
    var removed = 'serviceWorker' in navigator && (await removeServiceWorkers());
    remember();
    if (!removed || (isReload && !isFirst)) return false;
    window.location.reload();
    return true;
  }

  var ready = new Promise(function (resolve) {
    var give = function () {
      resolve(token);
    };
    var timer = window.setTimeout(give, PATIENCE);
    cleanUp().then(function (reloads) {
      window.clearTimeout(timer);
      if (!reloads) give();
    }, give);
  });

  Object.defineProperty(window, '__liveUpdaterLaunch', { value: Object.freeze({ token: ready }) });
})

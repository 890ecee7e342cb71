// Runs at the start of each document, before any script of the page, and gives the page the token
// of the launch that it belongs to: only who holds it can say that the bundle works.
//
// Where another bundle ran here before, its service workers would go on serving it. They are
// removed first, with their caches, and the page is loaded once more; until then, there is no token,
// because it isn't certain whose page this is.
(function (token, activation) {
  'use strict';
  var KEY = 'live-updater:activation';
  // A clean-up that doesn't come to an end must not cost a good bundle its readiness.
  var PATIENCE = 3000;

  if (window !== window.top || '__liveUpdaterLaunch' in window) return;

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

  function isReload() {
    var entries = window.performance.getEntriesByType('navigation');
    return entries.length > 0 && entries[0].type === 'reload';
  }

  async function removeServiceWorkers() {
    var registrations = await navigator.serviceWorker.getRegistrations();
    if (registrations.length === 0) return false;
    await Promise.all(registrations.map(function (registration) {
      return registration.unregister();
    }));
    var names = await window.caches.keys();
    await Promise.all(names.map(function (name) {
      return window.caches.delete(name);
    }));
    return true;
  }

  // Whether the page is about to be loaded once more.
  async function cleanUp() {
    if (remembered() === activation) return false;
    var removed = 'serviceWorker' in navigator && (await removeServiceWorkers());
    remember();
    if (!removed || isReload()) return false;
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

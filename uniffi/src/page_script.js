// Runs at the start of each document, before any script of the page, and gives the page the token
// of the launch that it belongs to: only who holds it can say that the bundle works.
//
// Where another bundle ran here before, its service workers would go on serving it. They are
// removed first, with their caches, and the page is loaded once more; until then, there is no token,
// because it isn't certain whose page this is. The mark, which no other bundle can know, says for
// later documents that this was done. It is left behind once a document has found nothing to remove.
(function (token, mark, origin) {
  'use strict';
  var KEY = 'live-updater:activation';
  // A clean-up that doesn't come to an end must not cost a good bundle its readiness.
  var PATIENCE = 3000;
  // Between one try to load the page once more and the next: the first and the longest pause.
  var FIRST_PAUSE = 1000;
  var LONGEST_PAUSE = 8000;

  if (window !== window.top || isElsewhere() || '__liveUpdaterLaunch' in window) return;

  // Web views that can't be told where to run a script run it in the pages of every origin. Both
  // addresses are written by the same hand: a default port or capitals make no difference.
  function isElsewhere() {
    if (origin === undefined) return false;
    var own = new URL(origin);
    return window.location.protocol !== own.protocol || window.location.host !== own.host;
  }

  // What is asked for here is asked for before the page's own scripts: it may be the page of the
  // service worker that is to go, and what it puts in the place of the browser's functions must not
  // keep it there.
  var apply = Reflect.apply;
  var setTimeout = window.setTimeout;
  var clearTimeout = window.clearTimeout;
  var unregister = method(window.ServiceWorkerRegistration, 'unregister');
  var cacheNames = method(window.CacheStorage, 'keys');
  var deleteCache = method(window.CacheStorage, 'delete');
  var caches = window.caches;
  var isReload = attempt(function () {
    return window.performance.getEntriesByType('navigation')[0].type === 'reload';
  });
  // Whether the document before was another bundle's: then nothing was loaded once more so far. Half
  // of the mark is enough for that; the page of a service worker could read it, and must not know
  // the whole.
  var isFirst = attempt(function () {
    var half = mark.slice(0, mark.length / 2);
    var before = window.sessionStorage.getItem(KEY);
    window.sessionStorage.setItem(KEY, half);
    return before !== null && before !== half;
  });
  var isMarked = attempt(function () {
    return mark !== '' && window.localStorage.getItem(KEY) === mark;
  });
  // Whether this document came from another bundle's service worker, and may be its page.
  var isForeign =
    !isMarked &&
    attempt(function () {
      return Boolean(navigator.serviceWorker.controller);
    });
  // None of its scripts run: they could bring the service worker back while it is being removed, or
  // hold up the load that comes then.
  if (isForeign) window.stop();

  function attempt(look) {
    try {
      return look();
    } catch (error) {
      return false;
    }
  }

  function method(type, name) {
    return type && type.prototype[name];
  }

  function leaveMark() {
    try {
      window.localStorage.setItem(KEY, mark);
    } catch (error) {
      // Without a memory, each load looks for service workers; the reload below happens only once.
    }
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

  // Whether the page has to be loaded once more.
  async function cleanUp() {
    if (isMarked) return false;
    var removed = 'serviceWorker' in navigator && (await removeServiceWorkers());
    if (isForeign || (removed && (isFirst || !isReload))) return true;
    leaveMark();
    return false;
  }

  // Again and again, until the page goes: it may hold up each load. The pauses grow, since each try
  // ends the one before, which may only be slow.
  function loadOnceMore(pause) {
    setTimeout(function () {
      loadOnceMore(Math.min(2 * pause, LONGEST_PAUSE));
    }, pause);
    window.location.reload();
  }

  var ready = new Promise(function (resolve) {
    var isDecided = false;
    // Where nothing could be found out, only a foreign page gets no token.
    var timer = setTimeout(giveUp, PATIENCE);
    cleanUp().then(decide, giveUp);

    function decide(loads) {
      if (isDecided) return;
      isDecided = true;
      clearTimeout(timer);
      if (loads) loadOnceMore(FIRST_PAUSE);
      else resolve(token);
    }
    function giveUp() {
      decide(isForeign);
    }
  });

  Object.defineProperty(window, '__liveUpdaterLaunch', { value: Object.freeze({ token: ready }) });
})

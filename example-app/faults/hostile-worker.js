// Answers every navigation with a page that says of whatever bundle was meant that it works, and that
// does what it can to stay.
const PAGE = `<!doctype html>
<html lang="en">
  <meta charset="utf-8" />
  <title>Kept by a service worker</title>
  <h1 id="bundle-version">hostile-worker</h1>
  <p id="status" role="status">This page comes from a service worker, and lies.</p>
  <script>
    localStorage.setItem('example:foreign', 'ran');
    setInterval(() => window.stop(), 1);
    setInterval(() => {
      window.Capacitor.nativePromise('LiveUpdater', 'notifyAppReady', {}).catch(() => undefined);
      navigator.serviceWorker.register('hostile-worker.js').catch(() => undefined);
    }, 10);
  </script>
</html>`;

self.addEventListener('install', () => self.skipWaiting());

self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('fetch', (event) => {
  if (event.request.mode === 'navigate') {
    event.respondWith(new Response(PAGE, { headers: { 'content-type': 'text/html' } }));
  }
});

// Answers every navigation with a broken page, also those that are meant for another bundle.
const PAGE = `<!doctype html>
<html lang="en">
  <meta charset="utf-8" />
  <title>Broken by a service worker</title>
  <h1 id="bundle-version">service-worker</h1>
  <p id="status" role="status">This page comes from a service worker, and never becomes ready.</p>
</html>`;

self.addEventListener('install', (event) => {
  const cached = caches
    .open('broken')
    .then((cache) =>
      cache.put('page', new Response(PAGE, { headers: { 'content-type': 'text/html' } })),
    );
  event.waitUntil(Promise.all([cached, self.skipWaiting()]));
});

self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('fetch', (event) => {
  if (event.request.mode === 'navigate') {
    event.respondWith(caches.match('page'));
  }
});

// The service worker: the page opens without a network. It keeps the page's own files and nothing else; the API is asked
// every time, and what it answers is never kept.
/// <reference lib="webworker" />
export {};
declare const self: ServiceWorkerGlobalScope;

/** Put in by the build: the files with a hash in their name, and a hash of those that have none. */
const ASSETS = '__SHELL__'.split(' ');
const REST = '__REST__';
const SHELL = ['./', './config.json', './icon.svg', './manifest.webmanifest', ...ASSETS];
/** A cache for each build: what is open goes on with the files it began with. */
const NAME = `shell ${REST} ${ASSETS.join(' ')}`;

const addresses = new Set(SHELL.map((it) => new URL(it, self.registration.scope).href));

self.addEventListener('install', (event) => {
  // Past the browser's own cache: a build is kept as a whole or not at all.
  const fresh = SHELL.map((it) => new Request(it, { cache: 'reload' }));
  event.waitUntil(caches.open(NAME).then((it) => it.addAll(fresh)));
});

self.addEventListener('activate', (event) => {
  const others = async () => {
    for (const it of await caches.keys()) if (it !== NAME) await caches.delete(it);
    await self.clients.claim();
  };
  event.waitUntil(others());
});

/** Said by the page, once its person wants the new version. */
self.addEventListener('message', (event) => {
  if (event.data === 'take-over') void self.skipWaiting();
});

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  url.search = url.hash = '';
  if (event.request.method === 'GET' && addresses.has(url.href)) event.respondWith(answer(url));
});

async function answer(url: URL): Promise<Response> {
  const cache = await caches.open(NAME);
  const kept = await cache.match(url.href);
  // Where the API is may change without a new build.
  if (kept && !url.pathname.endsWith('/config.json')) return kept;
  try {
    return await fetch(url.href);
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}

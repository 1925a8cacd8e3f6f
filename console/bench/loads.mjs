// What a page weighs over the wire, and when it can be used: at the size of a phone, with the processor slowed down.
import { PHONE, context } from './browser.mjs';
import { VENUE, dayAhead, session } from './server.mjs';
import { median, spread } from './tables.mjs';

/** A phone of the middle class, beside a machine that builds software. */
const SLOWER = 4;

/** Each page with what somebody comes there for. */
const PAGES = [
  ['the courts of a day', `/#/courts/${VENUE}/${dayAhead(3)}`, 'td.free button', undefined],
  ['one’s bookings', '/#/bookings', '.card, .note', 'player'],
  ['the account', '/#/account', 'main form', 'player'],
  ['the desk’s day', `/#/desk/${VENUE}/${dayAhead(0)}`, '.sheet, .note', 'staff'],
  ['occupancy', `/#/usage/${VENUE}`, '.bars', 'staff'],
  ['logins', '/#/audit', '.timeline li', 'auditor'],
  ['projections', '/#/projections', '[data-projection]', 'operator'],
  ['timers', '/#/timers', '.timers li, .note', 'operator'],
  ['users', '/#/users', '.person-card', 'admin'],
];

export async function loads(times) {
  const sessions = {};
  for (const [, , , who] of PAGES) if (who) sessions[who] ??= await session(who);
  const found = new Map();
  const note = (name, it) => found.set(name, [...(found.get(name) ?? []), it]);
  for (let round = 0; round < times; round++) {
    for (const [name, path, shows, who] of PAGES) note(name, await cold(path, shows, sessions[who]));
    note('the courts of a day, again', await warm(PAGES[0][1], PAGES[0][2]));
  }
  const table = ['| page | requests | kB over the wire | of these the page’s own files | can be used, ms |', '|---|--:|--:|--:|--:|'];
  for (const [name, all] of found) {
    const of = (what) => spread(all.map((it) => it[what]));
    table.push(`| ${name} | ${of('requests')} | ${of('kilobytes')} | ${of('own')} | ${of('usable')} |`);
  }
  return { table, first: median(found.get(PAGES[0][0]).map((it) => it.usable)) };
}

/** Nobody has been there before. The service worker is left out: what it fetches comes when the page is long in use. */
async function cold(path, shows, session) {
  const of = await context(PHONE, session, { serviceWorkers: 'block' });
  const page = await of.newPage();
  const came = await measured(page, shows, () => page.goto(path));
  await of.close();
  return came;
}

/** The same page once more, with the files that the service worker kept. */
async function warm(path, shows) {
  const of = await context(PHONE);
  const page = await of.newPage();
  await page.goto(path);
  await page.waitForFunction(() => navigator.serviceWorker.controller);
  const came = await measured(page, shows, () => page.reload());
  await of.close();
  return came;
}

async function measured(page, shows, go) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Network.enable');
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
  const urls = new Map();
  const bytes = new Map();
  const add = (id, more) => bytes.set(id, (bytes.get(id) ?? 0) + more);
  devtools.on('Network.requestWillBeSent', ({ requestId, request }) => urls.set(requestId, request.url));
  // Heads, then bodies as they come: a stream of events never ends.
  devtools.on('Network.responseReceived', ({ requestId, response }) => {
    if (!response.fromServiceWorker && !response.fromDiskCache) add(requestId, response.encodedDataLength);
    else bytes.set(requestId, -Infinity);
  });
  devtools.on('Network.dataReceived', ({ requestId, encodedDataLength }) => add(requestId, encodedDataLength));
  await page.addInitScript(watch, shows);
  await go();
  const usable = await page.waitForFunction(() => window.usable).then((it) => it.jsonValue());
  const wired = [...bytes].filter(([id, it]) => 0 < it && urls.has(id));
  const sum = (all) => all.reduce((sum, [, it]) => sum + it, 0) / 1000;
  const own = wired.filter(([id]) => !/\/v1\//.test(urls.get(id)));
  return { requests: wired.length, kilobytes: sum(wired), own: sum(own), usable };
}

/** In the page: from the beginning of the navigation until it is there, and nothing has kept the page busy since. */
function watch(shows) {
  const QUIET_MS = 500;
  let busyUntil = 0;
  new PerformanceObserver((list) => {
    for (const it of list.getEntries()) busyUntil = Math.max(busyUntil, it.startTime + it.duration);
  }).observe({ type: 'longtask', buffered: true });
  const look = () => {
    if (!document.querySelector(shows)) return requestAnimationFrame(look);
    const there = performance.now();
    setTimeout(() => (window.usable = Math.max(there, busyUntil)), QUIET_MS);
  };
  look();
}

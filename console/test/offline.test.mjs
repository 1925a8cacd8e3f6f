import assert from 'node:assert/strict';
import { cell, dayAhead, eventually, freeHour, logIn, newPlayer, openDay, story } from './browser.mjs';

const NETWORK = /ERR_INTERNET_DISCONNECTED|ERR_FAILED|409/;

/** Every command that leaves the page, by its key. */
function commands(page) {
  const sent = [];
  page.on('request', (it) => {
    const key = it.headers()['idempotency-key'];
    if (it.method() === 'POST' && key) sent.push(key);
  });
  return sent;
}

/** What the queue holds, as this browser keeps it. */
async function kept(page) {
  return page.evaluate(async () => {
    const db = await new Promise((done) => {
      const opening = indexedDB.open('courtside');
      opening.onsuccess = () => done(opening.result);
    });
    const all = await new Promise((done) => {
      const asking = db.transaction('intents').objectStore('intents').getAll();
      asking.onsuccess = () => done(asking.result);
    });
    db.close();
    return all;
  });
}

/** The next uses of this browser's database find its connection ended, as phones do to a page in the background. */
async function endConnections(page, uses) {
  await page.evaluate((it) => {
    window.ended = it;
    const { transaction } = IDBDatabase.prototype;
    window.broken ??= IDBDatabase.prototype.transaction = function (...wanted) {
      if (0 < window.ended--) throw new DOMException('the connection was ended', 'InvalidStateError');
      return transaction.apply(this, wanted);
    };
  }, uses);
}

async function giveBack(page) {
  await page.getByRole('button', { name: 'Give it back' }).click();
  await page.getByText('Not held any more').waitFor();
}

story('what is asked for offline is sent once, with one key, and outlives the page', async (open) => {
  const page = await open({ expects: NETWORK });
  const sent = commands(page);
  await logIn(page, await newPlayer());
  await openDay(page, 'riverside', dayAhead(9));
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  await cell(page, await freeHour(page)).click();
  await page.context().setOffline(true);
  await page.getByText('You are offline').waitFor();
  await page.getByRole('button', { name: 'Hold this court' }).click();
  const waiting = page.getByLabel('Not done yet');
  await waiting.getByText('Pending').waitFor();
  await waiting.getByText('A wish, not a reservation').waitFor();

  const [intent] = await kept(page);
  assert.match(intent.id, /^[0-9a-f-]{36}$/);
  assert.ok(!/eyJ|token/i.test(JSON.stringify(intent)), 'no token is kept with it');

  // The page itself opens without a network, and what waits is still there.
  await page.reload();
  await waiting.getByText('A wish, not a reservation').waitFor();

  // The answer of the first time it is sent gets lost: it is sent again, and is still one.
  let lost = 0;
  await page.route('**/v1/bookings', async (route) => {
    if (route.request().method() !== 'POST' || lost++) return route.fallback();
    await route.fetch();
    await route.abort('failed');
  });
  await page.context().setOffline(false);
  await waiting.getByText('Retrying').waitFor();
  await waiting.waitFor({ state: 'detached' });
  assert.deepEqual(new Set(sent), new Set([intent.id]));
  assert.ok(2 <= sent.length, `${sent}`);
  assert.deepEqual(await kept(page), []);

  await page.evaluate(() => (location.hash = '#/bookings'));
  await page.getByRole('timer').waitFor();
  assert.equal(await page.locator('.card').count(), 1);
  await page.getByRole('button', { name: 'Give it back' }).click();
  await page.getByText('Nothing is booked.').waitFor();
});

story('what was taken meanwhile has failed, and says why and what to do', async (open) => {
  const date = dayAhead(10);
  const [one, other] = [await open({ expects: NETWORK }), await open()];
  for (const page of [one, other]) {
    await logIn(page, await newPlayer());
    await openDay(page, 'riverside', date);
  }
  const at = await freeHour(one);
  await cell(one, at).click();
  await one.context().setOffline(true);
  await one.getByText('You are offline').waitFor();
  await one.getByRole('button', { name: 'Hold this court' }).click();
  const waiting = one.getByLabel('Not done yet');
  await waiting.getByText('Pending').waitFor();

  await cell(other, at).click();
  await other.getByRole('button', { name: 'Hold this court' }).click();
  await other.getByRole('timer').waitFor();

  await one.context().setOffline(false);
  await waiting.getByText('Failed').waitFor();
  await waiting.getByRole('alert').waitFor();
  const [{ id }] = await kept(one);
  // Tried again under the same key it comes to the same, until the other gives it back.
  await waiting.getByRole('button', { name: 'Try again' }).click();
  await waiting.getByText('Failed').waitFor();
  await other.getByRole('button', { name: 'Give it back' }).click();
  await other.getByText('Not held any more').waitFor();
  const sent = commands(one);
  await waiting.getByRole('button', { name: 'Try again' }).click();
  await waiting.waitFor({ state: 'detached' });
  await eventually('the same key', () => sent.includes(id));
  assert.deepEqual(new Set(sent), new Set([id]));
});

story('a session that is renewed midway loses nothing', async (open) => {
  const page = await open({ expects: /401/ });
  await logIn(page, await newPlayer());
  await openDay(page, 'riverside', dayAhead(11));
  await cell(page, await freeHour(page)).click();
  let refused = 0;
  await page.route('**/v1/bookings', async (route) => {
    if (route.request().method() !== 'POST' || refused++) return route.fallback();
    const body = { type: `${page.url()}problems/unauthenticated`, title: 'Log in', status: 401, detail: '', instance: '', errors: [] };
    await route.fulfill({ status: 401, contentType: 'application/problem+json', body: JSON.stringify(body) });
  });
  const renewed = page.waitForResponse((it) => it.url().endsWith('/v1/sessions/refresh'));
  await page.getByRole('button', { name: 'Hold this court' }).click();
  assert.equal((await renewed).status(), 200);
  await page.getByRole('timer').waitFor();
  await page.getByRole('button', { name: 'Give it back' }).click();
  await page.getByText('Not held any more').waitFor();
});

story('whose first try is still running waits for it, and has one booking', async (open) => {
  const page = await open({ expects: NETWORK });
  const sent = commands(page);
  await logIn(page, await newPlayer());
  await openDay(page, 'riverside', dayAhead(12));
  await cell(page, await freeHour(page)).click();
  // The server went down with the first try; the second finds its key taken until the lease of that is over.
  let tries = 0;
  await page.route('**/v1/bookings', async (route) => {
    if (route.request().method() !== 'POST') return route.fallback();
    tries++;
    if (tries === 1) return route.abort('failed');
    if (2 < tries) return route.fallback();
    const body = { type: `${page.url()}problems/still-running`, title: 'Still running', status: 409, detail: '', instance: '', errors: [] };
    const headers = { 'content-type': 'application/problem+json', 'retry-after': '1' };
    await route.fulfill({ status: 409, headers, body: JSON.stringify(body) });
  });
  await page.getByRole('button', { name: 'Hold this court' }).click();
  const waiting = page.getByLabel('Not done yet');
  await waiting.getByText('Retrying').waitFor();
  await waiting.waitFor({ state: 'detached' });
  assert.ok(3 <= tries, `${tries}`);
  assert.equal(new Set(sent).size, 1, `${sent}`);
  assert.deepEqual(await kept(page), []);

  await page.evaluate(() => (location.hash = '#/bookings'));
  await page.getByRole('timer').waitFor();
  assert.equal(await page.locator('.card').count(), 1);
  await page.getByRole('button', { name: 'Give it back' }).click();
  await page.getByText('Nothing is booked.').waitFor();
});

story('a database that was ended in the background is opened again', async (open) => {
  const page = await open();
  await logIn(page, await newPlayer());
  await openDay(page, 'riverside', dayAhead(12));
  await cell(page, await freeHour(page)).click();
  await endConnections(page, 1);
  await page.getByRole('button', { name: 'Hold this court' }).click();
  await page.getByRole('timer').waitFor();
  await giveBack(page);
});

story('a browser that keeps nothing says so where it was asked to', async (open) => {
  const page = await open({ expects: /the connection was ended|InvalidStateError|DOMException/ });
  await logIn(page, await newPlayer());
  await openDay(page, 'riverside', dayAhead(12));
  await cell(page, await freeHour(page)).click();
  await endConnections(page, 1_000_000);
  const button = page.getByRole('button', { name: 'Hold this court' });
  await button.click();
  await page.getByRole('alert').filter({ hasText: 'Something went wrong on this page' }).waitFor();

  // Nothing was kept and nothing was sent; when it keeps things again, the same button does it.
  await endConnections(page, 0);
  await button.click();
  await page.getByRole('timer').waitFor();
  await giveBack(page);
});

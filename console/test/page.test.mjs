// The page as it is served: its headers, its languages, what it fits on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SERVER, story } from './browser.mjs';

test('what has a hash in its name is kept for ever, and what has none is asked for', async () => {
  const index = await fetch(`${SERVER}/`);
  const page = await index.text();
  assert.equal(index.headers.get('cache-control'), 'no-cache');
  assert.match(index.headers.get('content-security-policy'), /script-src 'self';/);
  assert.ok(!/unsafe/.test(index.headers.get('content-security-policy')));
  const again = await fetch(`${SERVER}/`, { headers: { 'if-none-match': index.headers.get('etag') } });
  assert.equal(again.status, 304);
  const script = page.match(/src="\.(\/assets\/[^"]+)"/)[1];
  const asset = await fetch(SERVER + script);
  assert.equal(asset.headers.get('cache-control'), 'public, max-age=31536000, immutable');
  assert.equal(asset.headers.get('content-encoding'), 'gzip');
  const gone = await fetch(`${SERVER}/assets/index-gone.js`);
  assert.deepEqual([gone.status, gone.headers.get('content-type')], [404, 'application/problem+json']);
  const config = await (await fetch(`${SERVER}/config.json`)).json();
  assert.deepEqual(config, { api_url: '', live_path: '/v1/venues/{venue}/days/{date}/events', demo: true });
});

story('nothing is wider than the screen', async (open) => {
  const page = await open();
  for (const path of ['courts', 'log-in', 'register']) {
    await page.evaluate((it) => (location.hash = `#/${it}`), path);
    await page.locator('h1').waitFor();
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(over <= 0, `${path} is ${over} px too wide`);
  }
});

story('logo and login keep apart, on the smallest phone and in the longer language too', async (open) => {
  const page = await open({ locale: 'de-DE' });
  for (const width of [320, 344, 360, 390, 412]) {
    await page.setViewportSize({ width, height: 800 });
    const [brand, person] = [await page.locator('.brand').boundingBox(), await page.locator('.person > *').first().boundingBox()];
    const isBelow = brand.y + brand.height <= person.y;
    assert.ok(isBelow || brand.x + brand.width + 8 <= person.x, `at ${width}: ${JSON.stringify({ brand, person })}`);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(over <= 0, `at ${width} it is ${over} px too wide`);
  }
});

story('it speaks German to whoever does', async (open) => {
  const page = await open({ locale: 'de-DE' });
  await page.getByRole('heading', { name: 'Plätze' }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'de');
  await page.getByLabel('Sprache').selectOption('en');
  await page.getByRole('heading', { name: 'Courts' }).waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'Courts' }).waitFor();
});

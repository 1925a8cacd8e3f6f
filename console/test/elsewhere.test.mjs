// The same build on another web server, under a path, with a `config.json` of its own (docs/console.md).
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { after } from 'node:test';
import { SERVER, cell, dayAhead, eventually, freeHour, logIn, newName, newPlayer, openDay, story } from './browser.mjs';

const elsewhere = new URL(process.env.CONSOLE_ELSEWHERE ?? 'http://127.0.0.1:8082');
const dist = new URL('../dist/', import.meta.url);
const KINDS = { html: 'text/html', js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml', json: 'application/json', webmanifest: 'application/manifest+json' };
const POLICY = `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' ${SERVER}; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types courtside`;

/** Another build than the one in `dist`, as far as browsers can tell: its service worker has other bytes. */
let build = '';

const server = createServer(async ({ url }, answer) => {
  const name = url.split('?')[0].replace(/^\/club\//, '') || 'index.html';
  const kind = KINDS[name.split('.').pop()];
  const config = { ...JSON.parse(await readFile(new URL('config.json', dist))), api_url: `${SERVER}/` };
  const file = name === 'config.json' ? JSON.stringify(config) : await readFile(new URL(name, dist)).catch(() => undefined);
  answer.writeHead(file && url.startsWith('/club/') ? 200 : 404, { 'content-type': kind ?? 'text/plain', 'content-security-policy': POLICY });
  answer.end(name === 'sw.js' && build ? String(file).replace(/`[0-9a-f]{8}`/, `'${build}'`) : file);
});
await new Promise((done) => server.listen(Number(elsewhere.port), elsewhere.hostname, done));
after(() => server.close());

story('the page is hosted elsewhere, and finds the API by its own configuration', async (open) => {
  const page = await open({ path: new URL('/club/', elsewhere).href });
  await logIn(page, await newPlayer());
  await openDay(page, 'riverside', dayAhead(4));
  await cell(page, await freeHour(page)).click();
  await page.getByRole('button', { name: 'Hold this court' }).click();
  // The server's clock is known there, too: its `Date` is one of the headers that may be read.
  assert.match(await page.getByRole('timer').textContent(), /^1[45]:\d\d left$/);
  await page.getByRole('button', { name: 'Give it back' }).click();
  await page.getByText('Not held any more').waitFor();
});

story('a newer build is offered, and taken when somebody says so', async (open) => {
  build = newName('b');
  const page = await open({ path: new URL('/club/', elsewhere).href });
  await page.waitForFunction(() => navigator.serviceWorker.controller);
  const builds = () => page.evaluate(() => caches.keys());
  assert.match((await builds()).join(), new RegExp(build));

  build = newName('b');
  await page.evaluate(() => navigator.serviceWorker.getRegistration().then((it) => it.update()));
  await page.getByText('There is a new version of this page').waitFor();
  const loaded = page.waitForEvent('load');
  await page.getByRole('button', { name: 'Reload' }).click();
  await loaded;
  await page.getByRole('heading', { name: 'Courts' }).waitFor();
  await eventually('the former build to be gone', async () => {
    const kept = await builds();
    return kept.length === 1 && kept[0].includes(build);
  });
  assert.equal(await page.getByText('There is a new version').count(), 0);
});

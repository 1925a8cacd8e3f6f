// A real Chromium, and people in it. Whatever a page complains of in its console, whatever its policy refuses and whatever
// breaks in it fails the story, unless the story says that it will.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, test } from 'node:test';
import { chromium } from 'playwright-core';

export const SERVER = process.env.COURTSIDE_URL ?? 'http://127.0.0.1:8080';
export const PASSWORD = 'seven lobs before breakfast';
const SIZES = {
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
  desktop: { viewport: { width: 1280, height: 900 } },
};
/** A busy machine is slow; nothing is proved by giving up early. */
const PATIENCE_MS = 60_000;

/** A machine that is busy says so, and pages and people try again. */
const BUSY = /status of 503/;

const executablePath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser'].find((it) => it && existsSync(it));
// Root has no sandbox, and CI is root.
const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
const browser = await chromium.launch({ executablePath, args });
after(() => browser.close());

/** The same story at both sizes, each with people of its own. */
export function story(name, play) {
  for (const size of Object.keys(SIZES)) {
    test(`${name} (${size})`, { timeout: 5 * PATIENCE_MS }, async () => {
      const pages = [];
      try {
        await play(async (options) => {
          const page = await open(size, options);
          pages.push(page);
          return page;
        });
        for (const { complaints } of pages) assert.deepEqual(complaints, []);
      } catch (error) {
        await look(name, size, pages);
        throw error;
      } finally {
        for (const page of pages) await page.context().close();
      }
    });
  }
}

/**
 * A page of somebody's own browser. `expects` is what the console may say: a refusal is one, to a browser.
 * Nobody has a clock that is right: this one is seven minutes fast.
 */
async function open(size, { expects, path = '/', locale = 'en-GB' } = {}) {
  const context = await browser.newContext({ ...SIZES[size], locale, baseURL: SERVER });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  page.complaints = [];
  const complain = (it) => {
    if (!expects?.test(it) && !BUSY.test(it)) page.complaints.push(it);
  };
  page.on('console', (it) => ['error', 'warning'].includes(it.type()) && complain(`${it.text()} ${it.location().url}`));
  page.on('pageerror', (it) => complain(it.stack ?? String(it)));
  await page.exposeFunction('violated', (it) => complain(`the policy refused ${it}`));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (it) => window.violated(`${it.violatedDirective} ${it.blockedURI}`));
    const now = Date.now;
    Date.now = () => now() + 7 * 60_000;
  });
  await page.goto(path);
  return page;
}

/** What the page showed when a story failed, where CONSOLE_SHOTS names a folder. */
async function look(name, size, pages) {
  const folder = process.env.CONSOLE_SHOTS;
  for (const [n, page] of folder ? pages.entries() : []) {
    await page.screenshot({ path: `${folder}/${name.replaceAll(' ', '-')}-${size}-${n}.png` }).catch(() => undefined);
  }
}

export async function logIn(page, identifier, password = PASSWORD) {
  await page.getByRole('link', { name: 'Log in' }).first().click();
  await page.getByLabel('E-mail or username').fill(identifier);
  await page.getByLabel('Password').fill(password);
  await press(page, 'Log in', page.getByRole('button', { name: 'Log out' }));
}

/** Presses a button until something comes of it: where the server has no time, the page says so, and people try again. */
export async function press(page, name, comes) {
  const isBusy = page.getByText('Try again in a moment');
  await eventually(`what ${name} does`, async () => {
    await page.getByRole('button', { name }).click();
    await comes.or(isBusy).first().waitFor();
    return comes.isVisible();
  });
}

/** A venue's day: by its address, as a link from a mail would. */
export async function openDay(page, venue, date) {
  await page.evaluate((it) => (location.hash = it), `#/courts/${venue}/${date}`);
  await page.locator(`.dates a[aria-current][href*="${date}"]`).waitFor();
  await page.getByText('● live').or(page.locator('.live')).first().waitFor();
}

export function dayAhead(days) {
  return new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
}

/** A name that nobody has yet. */
export function newName(what) {
  return `${what}${Math.random().toString(36).slice(2, 10)}`;
}

/** Somebody who has just registered and verified, by the API: for stories that are about something else. */
export async function newPlayer() {
  const username = newName('p');
  const email = `${username}@example.test`;
  await post('/v1/registrations', { email, username, password: PASSWORD, display_name: `Player ${username}` });
  await post('/v1/registrations/verify', { token: await mailedCode(email) });
  return username;
}

/** Headers for the API, as somebody. */
export async function as(identifier) {
  const { access_token } = await post('/v1/sessions', { identifier, password: PASSWORD });
  return { authorization: `Bearer ${access_token}` };
}

export async function get(path, headers = {}) {
  const answer = await eventually(path, async () => {
    const it = await fetch(SERVER + path, { headers }).catch(() => undefined);
    return it?.status !== 503 && it;
  });
  assert.ok(answer.ok, `${path}: ${answer.status}`);
  return answer.json();
}

/** A court held for an hour, by the API. */
export async function hold(headers, venue, date) {
  const { items } = await get(`/v1/venues/${venue}/days/${date}`);
  for (const { court, slots } of items) {
    const first = slots.findIndex((it, at) => it.state === 'free' && slots[at + 1]?.state === 'free');
    if (first < 0) continue;
    const [{ starts_at }, { ends_at }] = slots.slice(first, first + 2);
    return post('/v1/bookings', { court, starts_at, ends_at }, headers);
  }
  throw new Error(`nothing is free at ${venue} on ${date}`);
}

/** The newest code that went to an address. */
export async function mailedCode(email) {
  return eventually(`a code for ${email}`, async () => {
    const answer = await fetch(`${SERVER}/dev/inbox.json`);
    const messages = answer.ok ? await answer.json() : [];
    const text = messages.find((it) => it.to.includes(email))?.text;
    return text?.match(/^[\w-]{80,}$/m)?.[0];
  });
}

export async function post(path, body, headers = {}) {
  // Whatever gets lost on the way is sent again, and happens once.
  const key = { 'idempotency-key': crypto.randomUUID() };
  const answer = await eventually(path, async () => {
    const it = await fetch(`${SERVER}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...key, ...headers },
      body: JSON.stringify(body),
    }).catch(() => undefined);
    return it?.status !== 503 && it;
  });
  const text = await answer.text();
  assert.ok(answer.ok, `${path}: ${answer.status} ${text}`);
  return text && JSON.parse(text);
}

export async function eventually(what, look) {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await new Promise((it) => setTimeout(it, 100))) {
    const seen = await look();
    if (seen) return seen;
  }
  throw new Error(`waited in vain for ${what}`);
}

/** The address of a free stretch of an hour: the label of its first cell in the grid. */
export async function freeHour(page) {
  return eventually('an hour that is free', async () => {
    return page.evaluate(() => {
      const rows = [...document.querySelectorAll('table.grid tbody tr')];
      for (const [r, row] of rows.entries()) {
        for (const [c, cell] of [...row.querySelectorAll('td')].entries()) {
          const below = rows[r + 1]?.querySelectorAll('td')[c];
          if (cell.className.startsWith('free') && below?.className.startsWith('free')) {
            return cell.querySelector('button')?.getAttribute('data-at');
          }
        }
      }
      return undefined;
    });
  });
}

export function cell(page, at) {
  return page.locator(`[data-at="${at}"]`);
}

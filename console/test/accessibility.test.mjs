// Every page, by the rules of WCAG 2.2 A and AA as far as a program can tell (axe-core): in both languages and in both
// lights, and nothing wider than the screen.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { PASSWORD, SERVER, as, cell, dayAhead, eventually, freeHour, get, hold, newName, newPlayer, openDay, post, story } from './browser.mjs';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const LOCALES = ['en-GB', 'de-DE'];

/** Looks at what is shown now. */
async function check(page, what) {
  // A button that waits for its answer is paler, and nobody is meant to read it.
  await page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached' });
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe);
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    const violations = await page.evaluate(async (values) => {
      const found = await window.axe.run(document, { runOnly: { type: 'tag', values }, preload: false });
      return found.violations.map(({ id, nodes }) => `${id}, ${nodes.length} times: ${nodes[0].html}: ${nodes[0].failureSummary}`);
    }, RULES);
    assert.deepEqual(violations, [], `${what}, ${colorScheme}`);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(over <= 0, `${what} is ${over} px too wide`);
    const folder = process.env.CONSOLE_LOOK;
    const { width } = page.viewportSize();
    const name = `${what.replaceAll(/\W+/g, '-')}-${width}-${await page.evaluate(() => document.documentElement.lang)}-${colorScheme}`;
    if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
  }
}

/** Logged in as somebody: by a form that has the same fields in every language. */
async function enter(page, identifier) {
  await page.evaluate(() => (location.hash = '#/log-in'));
  await page.locator('input[name="identifier"]').fill(identifier);
  await page.locator('input[name="password"]').fill(PASSWORD);
  await page.locator('form button.primary').click();
  await page.locator('.person .name').waitFor();
}

async function visit(page, hash, shows) {
  await page.evaluate((it) => (location.hash = it), hash);
  await page.locator(shows).first().waitFor();
}

/** Each part of a page that is folded away at first. */
async function unfold(page) {
  const folded = page.locator('details:not([open]) > summary');
  while (await folded.count()) await folded.first().click();
  await page.locator('.loading').first().waitFor({ state: 'detached' });
}

async function each(open, play) {
  for (const locale of LOCALES) await play(await open({ locale, expects: /404/ }));
}

story('what strangers see has no barrier', async (open) => {
  await each(open, async (page) => {
    await openDay(page, 'riverside', dayAhead(11));
    await check(page, 'courts');
    await cell(page, await freeHour(page)).click();
    await page.locator('aside.chosen .price').waitFor();
    await check(page, 'courts, chosen');
    await unfold(page);
    await check(page, 'courts, waitlist, a stranger');
    for (const it of ['log-in', 'register', 'verify', 'forgotten', 'nothing']) {
      await visit(page, `#/${it}`, 'h1');
      await check(page, it);
    }
  });
});

story('what players see has no barrier', async (open) => {
  await each(open, async (page) => {
    const username = await newPlayer();
    const player = await as(username);
    const held = await hold(player, 'riverside', dayAhead(11));
    const booked = await hold(player, 'riverside', dayAhead(12));
    await post(`/v1/bookings/${booked.id}/confirm`, undefined, player);
    // Something is free: it is offered to the first of the two, and no more than one to one person.
    const { items } = await get(`/v1/venues/riverside/days/${dayAhead(5)}`);
    const [from, to] = [items[0].slots[0].starts_at, items[0].slots.at(-1).ends_at];
    for (const minutes of [60, 90]) await post('/v1/waitlist', { venue: 'riverside', from, to, minutes }, player);
    await enter(page, username);
    await visit(page, '#/bookings', '.card.offer .countdown');
    await check(page, 'bookings');
    await openDay(page, 'riverside', dayAhead(5));
    await unfold(page);
    await page.locator('.waitlist .offer .countdown').waitFor();
    await check(page, 'courts, waitlist');
    await visit(page, '#/account', 'main.narrow details');
    await unfold(page);
    await check(page, 'account');
    for (const it of [held, booked]) await post(`/v1/bookings/${it.id}/${it === held ? 'release' : 'cancel'}`, undefined, player);
    for (const { id, offer } of (await get('/v1/me/waitlist', player)).items) {
      await fetch(`${SERVER}/v1/waitlist/${id}`, { method: 'DELETE', headers: player });
      if (offer) await post(`/v1/bookings/${offer.booking}/release`, undefined, player);
    }
  });
});

story('what the desk sees has no barrier', async (open) => {
  await each(open, async (page) => {
    await enter(page, 'staff');
    await visit(page, `#/desk/riverside/${dayAhead(0)}`, '.sheet, .note');
    await unfold(page);
    await check(page, 'desk');
    await visit(page, `#/find/riverside?from=${dayAhead(0)}T00:00:00Z&to=${dayAhead(2)}T00:00:00Z`, '[data-booking]');
    await page.locator('[data-booking] > summary').first().click();
    await page.locator('.timeline li').first().waitFor();
    await check(page, 'find');
    await visit(page, '#/usage/riverside', '.tiles');
    await check(page, 'usage');
  });
});

story('what auditors see has no barrier', async (open) => {
  await each(open, async (page) => {
    await enter(page, 'auditor');
    await visit(page, '#/audit', '.timeline li');
    await unfold(page);
    await check(page, 'logins');
    await visit(page, '#/audit/actions', '.timeline li');
    await unfold(page);
    await check(page, 'actions');
    await visit(page, '#/audit/log', 'pre');
    await check(page, 'checkpoint');
    await visit(page, '#/audit/report?list=actions', '.signature');
    await check(page, 'report');
  });
});

story('what operators see has no barrier', async (open) => {
  await each(open, async (page) => {
    await enter(page, 'operator');
    await visit(page, '#/projections', '[data-projection]');
    await check(page, 'projections');
    await visit(page, '#/timers', '.timers li');
    await unfold(page);
    await check(page, 'timers');
    await visit(page, '#/messages/sent', '[data-message]');
    await unfold(page);
    await check(page, 'messages');
  });
});

story('what administrators see has no barrier', async (open) => {
  await each(open, async (page) => {
    await enter(page, 'admin');
    await visit(page, '#/users?username=bea', '.person-card');
    await unfold(page);
    await page.locator('.role').waitFor();
    await check(page, 'users');

    const admin = await as('admin');
    const remove = (what, id) => fetch(`${SERVER}/v1/${what}/${id}`, { method: 'DELETE', headers: admin });
    const program = await post('/v1/service-accounts', { name: newName('Program '), scopes: ['desk'], venues: ['riverside'] }, admin);
    await post(`/v1/service-accounts/${program.id}/keys`, {}, admin);
    const listed = async () => (await get('/v1/service-accounts', admin)).items.find(({ id }) => id === program.id);
    await eventually('the key to be listed', async () => (await listed())?.keys.length);
    await visit(page, '#/programs', `[data-program="${program.id}"]`);
    await unfold(page);
    await page.locator('[data-key]').first().waitFor();
    await page.getByRole('checkbox').first().check();
    await check(page, 'programs');
    await page.locator(`[data-program="${program.id}"] form button.primary`).click();
    await page.locator('.secret').waitFor();
    await check(page, 'programs, a key');
    await remove('service-accounts', program.id);

    // Nobody listens there.
    const webhook = await post('/v1/webhooks', { url: `http://127.0.0.1:9/${newName('a-long-address-')}`, types: [] }, admin);
    await post(`/v1/webhooks/${webhook.id}/test`, undefined, admin);
    await visit(page, '#/webhooks', `[data-webhook="${webhook.id}"]`);
    await unfold(page);
    await page.locator(`[data-webhook="${webhook.id}"] [data-delivery]`).waitFor();
    await check(page, 'webhooks');
    await remove('webhooks', webhook.id);
  });
});

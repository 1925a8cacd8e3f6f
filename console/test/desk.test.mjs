import assert from 'node:assert/strict';
import { as, cell, dayAhead, freeHour, get, hold, logIn, newName, newPlayer, openDay, post, story } from './browser.mjs';

story('the desk books for a guest, takes the money in and closes a court', async (open) => {
  // Both sizes use this day, one after the other; nobody else does.
  const date = dayAhead(13);
  const page = await open();
  await logIn(page, 'staff');
  await openDay(page, 'riverside', date);
  await cell(page, await freeHour(page)).click();
  const panel = page.getByLabel('Your choice');
  const hold = panel.getByRole('button', { name: 'Hold this court' });
  await panel.getByLabel('For a guest without an account').check();
  assert.ok(await hold.isDisabled(), 'a guest has a name');
  const name = `<b>${newName('Guest')}</b>`;
  await panel.getByLabel('Name').fill(name);
  await panel.getByLabel('Phone').fill('+493012345678');
  await panel.getByLabel('Notes').fill('"><script>alert(1)</script>');
  await hold.click();

  await page.getByRole('heading', { name: 'Desk' }).waitFor();
  const row = page.locator('.sheet li', { hasText: name });
  await row.getByText('<script>').waitFor();
  await row.getByRole('button', { name: 'Confirm' }).click();
  await row.getByText('booked', { exact: true }).waitFor();
  await row.getByRole('button', { name: 'Mark paid' }).click();
  await row.getByText('paid', { exact: true }).waitFor();

  await page.locator('summary', { hasText: 'Closed courts' }).click();
  await page.getByLabel('Why').selectOption('rain');
  await page.getByLabel('Court', { exact: true }).selectOption('RV03');
  await page.getByRole('button', { name: 'See who is hit' }).click();
  // Looked at, and not done.
  await page.getByRole('button', { name: 'Close them' }).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Open again' }).count(), 0);
  await row.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  await row.waitFor({ state: 'detached' });
});

story('it rains: a court is closed, whoever had it has it no more, and it is opened again', async (open) => {
  const date = dayAhead(13);
  const player = await as(await newPlayer());
  const { id, court, reference } = await hold(player, 'riverside', date);
  await post(`/v1/bookings/${id}/confirm`, undefined, player);
  const page = await open();
  await logIn(page, 'staff');
  await page.evaluate((it) => (location.hash = it), `#/desk/riverside/${date}`);
  const row = page.locator('.sheet li', { hasText: reference });
  await row.waitFor();
  await page.locator('summary', { hasText: 'Closed courts' }).click();
  await page.getByLabel('Why').selectOption('rain');
  await page.getByLabel('Court', { exact: true }).selectOption(court);
  await page.getByRole('button', { name: 'See who is hit' }).click();
  await page.locator('.note li', { hasText: reference }).waitFor();
  await page.getByRole('button', { name: 'Close them' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Close them' }).click();
  await row.waitFor({ state: 'detached' });
  assert.equal((await get(`/v1/bookings/${id}`, player)).state, 'cancelled');
  const closed = page.locator('details li', { hasText: 'rain' });
  await closed.getByRole('button', { name: 'Open again' }).click();
  await closed.waitFor({ state: 'detached' });
});

story('what a player must not see is in no menu, and at its address says so', async (open) => {
  const page = await open({ expects: /403/ });
  await logIn(page, await newPlayer());
  const menu = page.getByRole('navigation', { name: 'Pages' });
  assert.deepEqual(await menu.getByRole('link').allTextContents(), ['Courts', 'My bookings', 'Account']);
  await page.evaluate(() => (location.hash = '#/audit'));
  await page.getByRole('alert').first().waitFor();
});

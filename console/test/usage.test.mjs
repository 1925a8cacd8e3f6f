import assert from 'node:assert/strict';
import { as, get, logIn, story } from './browser.mjs';

story('the desk sees how its courts are used, as the API counts it', async (open) => {
  const page = await open();
  await logIn(page, 'staff');
  await page.getByRole('link', { name: 'Occupancy' }).click();
  await page.locator('.tiles').waitFor();
  await page.getByLabel('Venue').selectOption('harbour');
  await page.locator('.bars', { hasText: 'Pier 1' }).waitFor();
  const bars = await page.locator('.bars').last().locator('tr').count();
  assert.equal(bars, 4);
  // Its last hour is after midnight, and comes last.
  const hours = await page.locator('.bars').first().locator('th').allTextContents();
  assert.deepEqual([hours[0], hours.at(-1)].map((it) => it.padStart(5, '0')), ['07:00', '00:00']);

  const asking = page.waitForRequest(/harbour\/statistics\?/);
  await page.getByLabel('Time').selectOption('7');
  const { search } = new URL((await asking).url());
  const { items } = await get(`/v1/venues/harbour/statistics${search}`, await as('staff'));
  const sum = (of) => items.reduce((all, it) => all + of(it), 0);
  const share = sum((it) => it.sold_minutes) / sum((it) => it.for_sale_minutes);
  await page.locator('.tiles dd').first().getByText(`${Math.round(share * 100)}%`).waitFor();

  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: 'CSV' }).click();
  assert.match((await saving).suggestedFilename(), /^harbour-\d{4}-\d\d-\d\d\.csv$/);
});

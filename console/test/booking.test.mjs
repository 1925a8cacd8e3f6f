import assert from 'node:assert/strict';
import { cell, dayAhead, freeHour, logIn, newPlayer, openDay, story } from './browser.mjs';

story('somebody holds a court, confirms it, moves it and cancels it', async (open) => {
  const page = await open();
  await logIn(page, await newPlayer());
  await openDay(page, 'riverside', dayAhead(6));
  const at = await freeHour(page);
  await cell(page, at).click();
  const panel = page.getByLabel('Your choice');
  // Price and terms stand there before anything is sent.
  await panel.getByText('€').waitFor();
  await panel.getByText('Everything back if you cancel until').waitFor();
  await panel.getByRole('button', { name: 'Hold this court' }).click();

  // The countdown is the server's, whatever this machine's clock says.
  const left = await panel.getByRole('timer').textContent();
  assert.match(left, /^1[45]:\d\d left$/);
  await panel.getByRole('button', { name: 'Confirm' }).click();
  await panel.getByText('It is yours').waitFor();
  await page.locator('td.mine').first().waitFor();

  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'My bookings' }).click();
  const card = page.locator('.card');
  await card.getByText('booked', { exact: true }).waitFor();
  const reference = await card.locator('code').textContent();
  await card.getByRole('link', { name: 'Move' }).click();
  await page.getByText(`Choose the new place for ${reference}`).waitFor();
  await page.evaluate((it) => (location.hash = location.hash.replace(/\d{4}-\d\d-\d\d/, it)), dayAhead(7));
  await page.locator(`.dates a[aria-current][href*="${dayAhead(7)}"]`).waitFor();
  await cell(page, await freeHour(page)).click();
  await page.getByRole('button', { name: 'Move it here' }).click();

  await page.getByRole('heading', { name: 'My bookings' }).waitFor();
  assert.equal(await card.locator('code').textContent(), reference);
  await card.getByRole('button', { name: 'Cancel' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('€24.00 of the price').waitFor();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await page.getByText('Nothing is booked.').waitFor();
  await page.getByRole('button', { name: 'Show past ones' }).click();
});

story('a hold that nobody confirms is watched to its end', async (open) => {
  const page = await open();
  await logIn(page, await newPlayer());
  await openDay(page, 'harbour', dayAhead(6));
  await cell(page, await freeHour(page)).click();
  const panel = page.getByLabel('Your choice');
  await panel.getByRole('button', { name: 'Hold this court' }).click();
  await panel.getByRole('timer').waitFor();
  await panel.getByText('Not held any more').waitFor();
  assert.equal(await page.locator('td.mine').count(), 0);
});

story('two want one court, and one is told that the other was faster', async (open) => {
  const date = dayAhead(8);
  const [one, other] = [await open(), await open({ expects: /409/ })];
  for (const page of [one, other]) {
    await logIn(page, await newPlayer());
    await openDay(page, 'riverside', date);
  }
  const at = await freeHour(one);
  await cell(one, at).click();
  await cell(other, at).click();
  await one.getByRole('button', { name: 'Hold this court' }).click();
  await one.getByRole('timer').waitFor();
  // The other sees it happen, without asking.
  await other.getByText('Somebody was faster').waitFor();
  assert.ok(await other.getByRole('button', { name: 'Hold this court' }).isDisabled());
  await one.getByRole('button', { name: 'Give it back' }).click();
  await one.getByText('Not held any more').waitFor();
  await other.locator('td.chosen').first().waitFor();
  await other.getByRole('button', { name: 'Hold this court' }).click();
  await other.getByRole('timer').waitFor();
  await other.getByRole('button', { name: 'Give it back' }).click();
  await other.getByText('Not held any more').waitFor();
});

import assert from 'node:assert/strict';
import { as, dayAhead, eventually, hold, logIn, newPlayer, post, story } from './browser.mjs';

story('an operator builds a read model anew while it serves, and pauses another', async (open) => {
  const page = await open();
  await logIn(page, 'operator');
  await page.getByRole('link', { name: 'Projections' }).click();
  const card = page.locator('[data-projection="statistics"]');
  await card.getByText('live', { exact: true }).waitFor();
  await card.getByRole('img', { name: 'How far behind it was' }).waitFor();
  const version = async () => Number((await card.textContent()).match(/version (\d+)/)[1]);
  const before = await version();
  await card.getByRole('button', { name: 'Rebuild' }).click();
  await eventually('the new build to serve', async () => before < (await version()));

  const other = page.locator('[data-projection="receipts"]');
  await other.getByRole('button', { name: 'Pause' }).click();
  await other.getByLabel('Reason, for colleagues').fill('a look at it');
  await other.getByRole('button', { name: 'Pause' }).click();
  await other.getByText('paused', { exact: true }).waitFor();
  await other.getByRole('button', { name: 'Resume' }).click();
  await other.getByText('live', { exact: true }).waitFor();

  // The same rows, built anew: there is no difference, and the comparison ends with the new build.
  const compared = await version();
  await card.getByRole('button', { name: 'Compare' }).click();
  await eventually('the compared build to serve', async () => compared < (await version()));
});

story('an operator sees what is awaited, and how late timers come', async (open) => {
  const player = await as(await newPlayer());
  // One that its person gives back, and one that runs out after ten seconds.
  const held = await hold(player, 'riverside', dayAhead(9));
  const lost = await hold(player, 'harbour', dayAhead(9));
  const page = await open();
  await logIn(page, 'operator');
  await page.getByRole('link', { name: 'Timers' }).click();
  const show = async (state, booking) => {
    await page.getByLabel('State').selectOption(state);
    await page.getByLabel('Booking', { exact: true }).fill(booking);
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    return page.locator('.timers li[data-timer="hold"]', { hasText: booking });
  };
  await page.locator('summary', { hasText: 'Filter' }).click();
  await (await show('armed', held.id)).getByText('armed', { exact: true }).waitFor();
  await eventually('the other to be over', async () => {
    await page.reload();
    const over = await show('closed', lost.id);
    await over.or(page.getByText('Nothing is awaited.')).first().waitFor();
    return over.isVisible();
  });
  // A canary flies every half minute.
  await eventually('a canary', async () => {
    await page.reload();
    const flown = page.locator('.bars');
    await flown.or(page.getByText('No canary has flown.')).waitFor();
    return flown.isVisible();
  });
  const counts = await page.locator('.bars .figure').allTextContents();
  assert.ok(1 <= counts.reduce((sum, it) => sum + Number(it.replace(/\D/g, '')), 0));
  await post(`/v1/bookings/${held.id}/release`, undefined, player);
});

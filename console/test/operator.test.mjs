import { eventually, logIn, story } from './browser.mjs';

story('an operator builds a read model anew while it serves, and pauses another', async (open) => {
  const page = await open();
  await logIn(page, 'operator');
  await page.getByRole('link', { name: 'Projections' }).click();
  const card = page.locator('[data-projection="statistics"]');
  await card.getByText('live', { exact: true }).waitFor();
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
});

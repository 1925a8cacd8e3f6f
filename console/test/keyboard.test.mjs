import assert from 'node:assert/strict';
import { PASSWORD, dayAhead, freeHour, newPlayer, openDay, story } from './browser.mjs';

/** Tab until something of this name has the focus. */
async function tabTo(page, name) {
  for (let steps = 0; steps < 80; steps++) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(() => {
      const it = document.activeElement;
      return it?.getAttribute('aria-label') ?? it?.labels?.[0]?.textContent ?? it?.textContent ?? '';
    });
    if (name.test(at.trim())) return;
  }
  throw new Error(`no way to ${name} with the Tab key`);
}

story('a court is booked without a mouse', async (open) => {
  const username = await newPlayer();
  const page = await open();
  await page.getByRole('link', { name: 'Log in' }).waitFor();
  await tabTo(page, /^Log in$/);
  await page.keyboard.press('Enter');
  await page.getByLabel('Password').waitFor();
  await tabTo(page, /^E-mail or username/);
  await page.keyboard.type(username);
  await tabTo(page, /^Password/);
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Log out' }).waitFor();

  await openDay(page, 'riverside', dayAhead(12));
  const [row, column] = (await freeHour(page)).split(':').map(Number);
  await tabTo(page, /^Centre court, /);
  for (let it = 0; it < row; it++) await page.keyboard.press('ArrowDown');
  for (let it = 0; it < column; it++) await page.keyboard.press('ArrowRight');
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('data-at')), `${row}:${column}`);
  await page.keyboard.press('Enter');
  await page.locator('td.chosen').first().waitFor();
  // The grid is one stop: the panel comes next.
  await tabTo(page, /^Hold this court$/);
  await page.keyboard.press('Enter');
  await page.getByRole('timer').waitFor();
  await tabTo(page, /^Confirm$/);
  await page.keyboard.press('Enter');
  await page.getByText('It is yours').waitFor();
});

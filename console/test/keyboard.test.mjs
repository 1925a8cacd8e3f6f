import assert from 'node:assert/strict';
import { PASSWORD, dayAhead, freeHour, newName, newPlayer, openDay, story } from './browser.mjs';

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

async function enter(page, username) {
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
}

story('a court is booked without a mouse', async (open) => {
  const page = await open();
  await enter(page, await newPlayer());
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

story('somebody waits for a court without a mouse, takes what is offered, and leaves another list', async (open) => {
  const page = await open();
  await enter(page, await newPlayer());
  for (const [days, answer] of [
    [2, 'Take it'],
    [4, 'Leave the list'],
  ]) {
    await openDay(page, 'riverside', dayAhead(days));
    await tabTo(page, /^Wait for a place$/);
    await page.keyboard.press('Enter');
    await tabTo(page, /^Join the waitlist$/);
    await page.keyboard.press('Enter');
    // Something is free on these days: it is offered at once.
    await page.getByRole('timer').waitFor();
    await tabTo(page, new RegExp(`^${answer}$`));
    await page.keyboard.press('Enter');
    if (answer === 'Take it') continue;
    await page.getByRole('dialog').waitFor();
    await tabTo(page, /^Leave the list$/);
    await page.keyboard.press('Enter');
  }
  await page.locator('[data-waiting]').waitFor({ state: 'detached' });
  await page.evaluate(() => (location.hash = '#/bookings'));
  await page.getByText('booked', { exact: true }).waitFor();
});

story('a program gets an account and a key, and loses both, without a mouse', async (open) => {
  const page = await open();
  await enter(page, 'admin');
  await page.evaluate(() => (location.hash = '#/programs'));
  const name = newName('Program ');
  await page.getByRole('heading', { name: 'Programs' }).waitFor();
  await tabTo(page, /^New program$/);
  await page.keyboard.press('Enter');
  await tabTo(page, /^Name$/);
  await page.keyboard.type(name);
  await tabTo(page, /^audit: /);
  await page.keyboard.press('Space');
  await tabTo(page, /^Save$/);
  await page.keyboard.press('Enter');
  const card = page.locator('[data-program]', { hasText: name });
  await card.waitFor();
  await tabTo(page, new RegExp(`^${name}`));
  await page.keyboard.press('Enter');
  await tabTo(page, /^Issue a key$/);
  await page.keyboard.press('Enter');
  await card.locator('.secret').waitFor();
  await tabTo(page, /^Remove$/);
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await tabTo(page, /^Remove$/);
  await page.keyboard.press('Enter');
  await card.waitFor({ state: 'detached' });
});

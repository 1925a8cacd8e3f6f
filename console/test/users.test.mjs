import { PASSWORD, SERVER, eventually, logIn, newPlayer, story } from './browser.mjs';

async function guess(identifier, password) {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${SERVER}/v1/sessions`, { method: 'POST', headers, body: JSON.stringify({ identifier, password }) });
  return answer.status;
}

story('an administrator unlocks somebody, makes them staff, disables and enables them, and erases the account', async (open) => {
  const username = await newPlayer();
  for (let tries = 0; tries < 5; tries++) await guess(username, 'a wrong guess, not more');
  const page = await open({ expects: /409/ });
  await logIn(page, 'admin');
  await page.getByRole('link', { name: 'Users' }).click();
  await page.locator('summary', { hasText: 'Filter' }).click();
  await page.getByLabel('Username').fill(username);
  const card = page.locator('.person-card', { hasText: username });
  await eventually('the lock to be seen', async () => {
    await page.getByLabel('Locked').selectOption('true');
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await card.or(page.getByText('Nobody is like that.')).first().waitFor();
    if (await card.isVisible()) return true;
    await page.getByLabel('Locked').selectOption('');
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    return false;
  });
  await page.getByRole('link', { name: 'Who is locked out just now' }).click();
  await page.waitForURL(/users\?locked=true$/);
  await card.locator('summary').click();
  await card.getByRole('button', { name: 'Unlock' }).click();
  await card.getByRole('button', { name: 'Unlock' }).waitFor({ state: 'detached' });
  await eventually('the way in to be open', async () => (await guess(username, PASSWORD)) === 201);

  const agree = (name) => page.getByRole('dialog').getByRole('button', { name }).click();
  await card.getByLabel('Role').selectOption('staff');
  await card.getByLabel('Riverside Tennis & Padel').check();
  await card.getByLabel('Reason').fill('runs the desk on Sundays');
  await card.getByRole('button', { name: 'Give this role' }).click();
  await agree('Give this role');
  await card.locator('.badge', { hasText: 'staff' }).waitFor();
  await card.getByText('riverside', { exact: true }).waitFor();

  await card.getByRole('button', { name: 'Disable' }).click();
  await agree('Disable');
  await card.locator('.badge', { hasText: 'Disabled' }).waitFor();
  await card.getByRole('button', { name: 'Enable' }).click();
  await card.getByRole('button', { name: 'Disable' }).waitFor();
  await card.getByRole('button', { name: 'Log out everywhere' }).click();
  await agree('Log out everywhere');

  await card.getByLabel('Reason').fill('asked for it');
  await card.getByRole('button', { name: 'Erase' }).click();
  await agree('Erase');
  await card.getByText('This account is erased').waitFor();
});

story('an administrator takes no rights away from themselves', async (open) => {
  const page = await open();
  await logIn(page, 'admin');
  await page.evaluate(() => (location.hash = '#/users?username=admin'));
  const card = page.locator('.person-card', { hasText: 'admin' });
  await card.locator('summary').click();
  await card.getByText('This is you.').waitFor();
  if (await card.getByRole('button').count()) throw new Error('there is something to press');
});

import assert from 'node:assert/strict';
import { PASSWORD, as, dayAhead, eventually, hold, logIn, mailedCode, newName, newPlayer, post, press, story } from './browser.mjs';

story('somebody signs up, verifies, logs in and out, and is nowhere in what is kept', async (open) => {
  const page = await open({ expects: /401/ });
  const username = newName('n');
  const email = `${username}@example.test`;
  await page.getByRole('link', { name: 'Sign up' }).click();
  // A name is text, whatever is in it.
  const name = '<img src=x onerror="alert(1)"> & "quotes"';
  await page.getByLabel('Your name').fill(name);
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Username').fill(username);
  await page.getByLabel('Password').fill(PASSWORD);
  await press(page, 'Sign up', page.getByText(`We have sent a code to ${email}`));
  await page.getByLabel('Code from the mail').fill(await mailedCode(email));
  await press(page, 'Confirm your e-mail', page.getByLabel('E-mail or username'));

  await page.getByLabel('E-mail or username').fill(email);
  await page.getByLabel('Password').fill('not the password at all');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('alert').waitFor();
  await page.getByLabel('Password').fill(PASSWORD);
  await press(page, 'Log in', page.getByText(name));
  assert.equal(await page.locator('img[src="x"]').count(), 0);

  // A tab that is loaded again is still logged in; another browser window is not.
  await page.reload();
  await page.getByText(name).waitFor();
  const kept = await page.evaluate(async () => ({
    local: JSON.stringify({ ...localStorage }),
    databases: (await indexedDB.databases()).map((it) => it.name),
    cookie: document.cookie,
  }));
  assert.ok(!kept.local.includes('eyJ'), kept.local);
  assert.equal(kept.cookie, '');

  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByRole('link', { name: 'Log in' }).waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.getItem('courtside-session')), null);
});

story('what is wrong with a form is said at its field', async (open) => {
  const page = await open({ path: '/#/register', expects: /400|422/ });
  await page.getByLabel('Your name').fill('A name');
  await page.getByLabel('E-mail').fill('someone@nowhere');
  await page.getByLabel('Username').fill(newName('u'));
  await page.getByLabel('Password').fill('passwordpassword');
  await page.getByRole('button', { name: 'Sign up' }).click();
  await page.locator('.fault').first().waitFor();
  assert.equal(await page.locator('[aria-invalid="true"]').first().evaluate((it) => it === document.activeElement), true);
});

story('somebody changes a name, looks at sessions, takes the data along and is forgotten', async (open) => {
  const page = await open({ expects: /401/ });
  await logIn(page, await newPlayer());
  await page.getByRole('link', { name: 'Account' }).click();
  await page.getByLabel('Your name').fill('Another Name');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('Saved.').waitFor();
  await page.locator('.person .name', { hasText: 'Another Name' }).waitFor();
  await page.locator('summary', { hasText: 'Messages' }).click();
  const messages = page.locator('details[open]', { hasText: 'Messages' });
  await messages.getByLabel('Language').selectOption('de');
  await messages.getByRole('button', { name: 'Save' }).click();
  await messages.getByText('Saved.').waitFor();
  await messages.locator('summary').click();
  await page.getByText('Where you are logged in').click();
  await page.getByText('this one').waitFor();
  await page.getByText('Your data').click();
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save the file' }).click();
  assert.equal((await saving).suggestedFilename(), 'courtside.json');
  await page.locator('summary', { hasText: 'Erase the account' }).click();
  const erase = page.locator('details[open]', { hasText: 'Erase the account' });
  await erase.getByLabel('Present password').fill(PASSWORD);
  await erase.getByRole('button', { name: 'Erase the account' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Erase the account' }).click();
  await page.getByRole('link', { name: 'Log in' }).waitFor();
});

story('somebody has their bookings in a calendar program, and ends that again', async (open) => {
  const page = await open();
  const username = await newPlayer();
  await logIn(page, username);
  const player = await as(username);
  const { id, reference } = await hold(player, 'riverside', dayAhead(10));
  await post(`/v1/bookings/${id}/confirm`, undefined, player);
  await page.getByRole('link', { name: 'Account' }).click();
  await page.locator('summary', { hasText: 'Calendar' }).click();
  const section = page.locator('details[open]', { hasText: 'Calendar' });
  await section.getByRole('button', { name: 'Make a link' }).click();
  const url = await section.locator('.secret a').getAttribute('href');
  await eventually('the booking in the calendar', async () => {
    const answer = await fetch(url);
    return answer.ok && (await answer.text()).includes(reference);
  });
  await section.getByRole('button', { name: 'End the link' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'End the link' }).click();
  await section.getByText('There is no link now.').waitFor();
  await eventually('nothing to be there', async () => !(await fetch(url)).ok);
  await post(`/v1/bookings/${id}/cancel`, undefined, player);
});

story('a second factor is set up', async (open) => {
  const page = await open();
  await logIn(page, await newPlayer());
  await page.getByRole('link', { name: 'Account' }).click();
  await page.locator('summary', { hasText: 'Second factor' }).click();
  await page.getByRole('button', { name: 'Set up' }).click();
  const secret = await page.locator('.secret').textContent();
  await page.getByLabel('Code', { exact: true }).fill(await totp(secret));
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.locator('.codes li').first().waitFor();
});

/** What an authenticator shows for a secret now (RFC 6238). */
async function totp(secret) {
  const { createHmac } = await import('node:crypto');
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret.replace(/[\s=]/g, '').toUpperCase()].map((it) => alphabet.indexOf(it).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((it) => Number.parseInt(it, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const hash = createHmac('sha1', key).update(counter).digest();
  const code = hash.readUInt32BE(hash[19] & 15) & 0x7fffffff;
  return String(code % 1_000_000).padStart(6, '0');
}

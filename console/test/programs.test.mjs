import assert from 'node:assert/strict';
import { SERVER, dayAhead, eventually, logIn, newName, story } from './browser.mjs';

/** What a program with this key is answered. */
async function answered(key, path) {
  const answer = await fetch(SERVER + path, { headers: { authorization: `Bearer ${key}` } });
  return answer.status;
}

story('an administrator makes an account for a program, issues it a key, and takes both away', async (open) => {
  const page = await open({ expects: /422/ });
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await logIn(page, 'admin');
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Programs' }).click();
  const name = newName('Door ');
  await page.locator('summary', { hasText: 'New program' }).click();
  const form = page.locator('details[open]', { hasText: 'New program' });
  await form.getByLabel('Name', { exact: true }).fill(name);
  await form.getByRole('button', { name: 'Save' }).click();
  await form.getByRole('alert').getByText('without a scope it could do nothing').waitFor();
  await form.getByLabel('desk:').check();
  // No venue is not every venue.
  await form.getByRole('button', { name: 'Save' }).click();
  await form.getByRole('alert').getByText('name a venue').waitFor();
  await form.getByLabel('Riverside Tennis & Padel').check();
  await form.getByRole('button', { name: 'Save' }).click();
  await page.getByText(`${name} has an account.`).waitFor();

  const card = page.locator('[data-program]', { hasText: name });
  const agree = (what) => page.getByRole('dialog').getByRole('button', { name: what }).click();
  await card.locator('summary').click();
  await card.getByText('It has no key').waitFor();
  await card.getByRole('button', { name: 'Issue a key' }).click();
  const key = await card.locator('.secret').textContent();
  assert.match(key, /^cs_/);
  await card.getByRole('button', { name: 'Copy' }).click();
  await card.getByRole('button', { name: 'Copied' }).waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), key);
  await card.getByText('good until it is revoked').waitFor();
  const sheet = (venue) => answered(key, `/v1/venues/${venue}/days/${dayAhead(0)}/sheet`);
  await eventually('the desk to be open', async () => (await sheet('riverside')) === 200);
  assert.equal(await sheet('harbour'), 404, 'another venue is not there for it');

  await card.getByLabel('Good until').fill('2020-01-01T12:00');
  await card.getByRole('button', { name: 'Issue a key' }).click();
  await card.locator('.fault').getByText('expired before it is issued').waitFor();
  assert.equal(await card.locator('.secret').textContent(), key, 'what was shown is not lost by what was refused');

  await card.getByRole('button', { name: 'Change' }).click();
  assert.equal(await card.getByLabel('Riverside Tennis & Padel').isChecked(), true);
  await card.getByLabel('audit:').check();
  await card.getByRole('button', { name: 'Save' }).click();
  await card.locator('.badge', { hasText: 'audit' }).waitFor();
  await eventually('the audit to be open', async () => (await answered(key, '/v1/audit/logins?limit=1')) === 200);

  // That reading is itself on record, and by whom.
  await card.getByRole('link', { name: 'What it did' }).click();
  const deed = page.locator('.timeline li', { hasText: 'audit.read' });
  await eventually('what it did', async () => {
    await page.reload();
    await deed.or(page.getByText('There is nothing.')).first().waitFor();
    return deed.first().isVisible();
  });
  assert.match(await deed.first().locator('strong').textContent(), /^a program [0-9a-f-]{36}$/);
  assert.equal(await page.getByLabel('By whom').inputValue(), 'service');
  await page.evaluate(() => (location.hash = '#/programs'));

  await card.locator('summary').click();
  assert.equal(await card.locator('.secret').count(), 0, 'it was shown once');
  await card.getByRole('button', { name: 'Revoke' }).click();
  await agree('Revoke');
  await card.getByText('It has no key').waitFor();
  await eventually('the key to open nothing', async () => (await sheet('riverside')) === 401);
  await card.getByRole('button', { name: 'Remove' }).click();
  await agree('Remove');
  await card.waitFor({ state: 'detached' });
});

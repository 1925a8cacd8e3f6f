import assert from 'node:assert/strict';
import { SERVER, logIn, newPlayer, story } from './browser.mjs';

story('an auditor finds who was turned away, and keeps the checkpoint', async (open) => {
  const username = await newPlayer();
  const body = JSON.stringify({ identifier: username, password: 'a wrong guess, not more' });
  const refused = await fetch(`${SERVER}/v1/sessions`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  assert.equal(refused.status, 401);

  const page = await open();
  await logIn(page, 'auditor');
  await page.getByRole('link', { name: 'Logins' }).click();
  await page.locator('summary', { hasText: 'Filter' }).click();
  await page.getByLabel('Outcome').selectOption('failed');
  await page.getByRole('button', { name: 'Show', exact: true }).click();
  await page.locator('.timeline li', { hasText: username }).waitFor();
  assert.equal(await page.locator('.timeline li', { hasText: 'let in' }).count(), 0);
  await page.getByText('records are signed').waitFor();
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save it' }).click();
  assert.match((await saving).suggestedFilename(), /^checkpoint-\d{4}\.txt$/);
});

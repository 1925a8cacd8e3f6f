import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { SERVER, as, eventually, get, logIn, newName, newPlayer, post, story } from './browser.mjs';

/** What somebody is handed as a file. */
async function saved(page, name) {
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name, exact: true }).click();
  const file = await saving;
  return { name: file.suggestedFilename(), text: await readFile(await file.path(), 'utf8') };
}

async function refusedLogin() {
  const username = await newPlayer();
  const body = JSON.stringify({ identifier: username, password: 'a wrong guess, not more' });
  const refused = await fetch(`${SERVER}/v1/sessions`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  assert.equal(refused.status, 401);
  return username;
}

async function openAudit(page) {
  await logIn(page, 'auditor');
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Audit' }).click();
  return page.getByRole('navigation', { name: 'Audit' });
}

story('an auditor finds who was turned away, takes the list along and prints it', async (open) => {
  const username = await refusedLogin();
  const page = await open();
  await openAudit(page);
  await page.locator('summary', { hasText: 'Filter' }).click();
  await page.getByLabel('Outcome').selectOption('failed');
  await page.getByRole('button', { name: 'Show', exact: true }).click();
  await page.locator('.timeline li', { hasText: username }).waitFor();
  assert.equal(await page.locator('.timeline li', { hasText: 'let in' }).count(), 0);
  // The address says what the list was narrowed to, and loaded anew it shows the same.
  await page.reload();
  await page.locator('.timeline li', { hasText: username }).waitFor();
  assert.equal(await page.getByLabel('Outcome').inputValue(), 'failed');

  const csv = await saved(page, 'CSV');
  assert.equal(csv.name, 'logins.csv');
  assert.match(csv.text, new RegExp(username));
  assert.doesNotMatch(csv.text, /,succeeded,/);
  assert.equal((await saved(page, 'NDJSON')).name, 'logins.ndjson');

  await page.getByRole('link', { name: 'Report' }).click();
  const report = page.locator('.report');
  await report.locator('td', { hasText: username }).waitFor();
  await report.getByText('outcome: failed').waitFor();
  await report.getByText(/^SHA-256 [0-9a-f]{64}$/).waitFor();
  // Paper has the report, and none of what leads about the page.
  await page.emulateMedia({ media: 'print' });
  assert.equal(await page.locator('header.top').isVisible(), false);
  assert.equal(await page.getByRole('button', { name: 'Print' }).isVisible(), false);
  assert.ok(await report.getByText('Signature and date').isVisible());
});

story('an auditor finds what an administrator did to somebody, and why', async (open) => {
  const username = await newPlayer();
  const admin = await as('admin');
  const { items } = await eventually('the account', async () => {
    const came = await get(`/v1/users?username=${username}`, admin);
    return came.items.length && came;
  });
  const reason = newName('reason ');
  await post(`/v1/users/${items[0].id}/disable`, { reason }, admin);

  const page = await open();
  const parts = await openAudit(page);
  await parts.getByRole('link', { name: 'Actions' }).click();
  await page.locator('summary', { hasText: 'Filter' }).click();
  await page.getByLabel('What was done').selectOption('user');
  await page.getByLabel('To what').fill(items[0].id);
  await page.getByRole('button', { name: 'Show', exact: true }).click();
  const entry = page.locator('.timeline li');
  await entry.getByText(reason).waitFor();
  assert.equal(await entry.count(), 1);
  assert.equal(await entry.locator('code').first().textContent(), 'user.disabled');
  await entry.getByText('admin, administrator').waitFor();
  const csv = await saved(page, 'CSV');
  assert.equal(csv.name, 'actions.csv');
  assert.match(csv.text, new RegExp(reason));
});

story('an auditor keeps the checkpoint, and sees later that nothing before it was changed', async (open) => {
  const page = await open();
  const parts = await openAudit(page);
  await parts.getByRole('link', { name: 'Checkpoint' }).click();
  await page.getByText('records are signed').waitFor();
  const kept = await saved(page, 'Save it');
  assert.match(kept.name, /^checkpoint-\d{4}\.txt$/);
  const year = kept.name.match(/\d{4}/)[0];
  const size = (note) => Number(note.split('\n')[1]);
  await refusedLogin();
  await eventually('a longer log', async () => {
    const note = await (await fetch(`${SERVER}/v1/audit/log/${year}/checkpoint`)).text();
    return size(kept.text) < size(note);
  });

  const compare = async (text, vkey = '') => {
    const file = { name: 'kept.txt', mimeType: 'text/plain', buffer: Buffer.from(text) };
    await page.getByLabel('The checkpoint you kept').setInputFiles(file);
    await page.getByLabel('Public key').fill(vkey);
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.locator('.findings li').first().waitFor();
    return page.locator('.findings li').allTextContents();
  };
  const vkey = process.env.CONSOLE_AUDIT_VKEY ?? '';
  const well = await compare(kept.text, vkey);
  assert.equal(well.length, vkey ? 3 : 2);
  assert.ok(well.every((it) => it.startsWith('✓')), well.join('\n'));
  assert.match(well.at(-1), new RegExp(`Its first ${size(kept.text)} records are those`));

  // Another history of as many records: its root is another one, and its signature is not of that.
  const [origin, count, root, ...rest] = kept.text.split('\n');
  const forged = [origin, count, (root.startsWith('A') ? 'B' : 'A') + root.slice(1), ...rest].join('\n');
  const forgery = await compare(forged, vkey);
  assert.match(forgery.at(-1), /^✗ .*something was changed/);
  if (vkey) assert.match(forgery[0], /^✗ .*has not signed both/);
  assert.deepEqual(await compare('no checkpoint'), ['✗ This is no checkpoint.']);
});

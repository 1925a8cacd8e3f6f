import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { eventually, logIn, newName, story } from './browser.mjs';

/** Somebody who is told. The demo is on this machine, and may call it. */
async function listening() {
  const it = { told: [], status: 204 };
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (part) => (body += part));
    request.on('end', () => {
      it.told.push({ headers: request.headers, body });
      response.writeHead(it.status).end();
    });
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  it.url = `http://127.0.0.1:${server.address().port}/${newName('hook-')}`;
  it.close = () => {
    server.close();
    server.closeAllConnections();
  };
  return it;
}

/** As docs/webhooks.md has it. */
function isSigned({ headers, body }, secret) {
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const ours = `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
  return headers['webhook-signature'].split(' ').includes(ours);
}

async function openWebhooks(page) {
  await logIn(page, 'admin');
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Webhooks' }).click();
  await page.locator('summary', { hasText: 'Add a webhook' }).click();
  return page.locator('details[open]', { hasText: 'Add a webhook' });
}

async function remove(page, card) {
  await card.getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await card.waitFor({ state: 'detached' });
}

story('an administrator adds a webhook, tries it, tells it again, exchanges its secret, and resumes it after a stop', async (open) => {
  const receiver = await listening();
  try {
    const page = await open();
    const form = await openWebhooks(page);
    await form.getByLabel('Address').fill(receiver.url);
    await form.getByLabel('Whose it is').fill('the club’s page');
    await form.getByLabel('booking.confirmed', { exact: true }).check();
    await form.getByRole('button', { name: 'Add a webhook' }).click();
    const secret = await form.locator('.secret').textContent();
    assert.match(secret, /^whsec_/);

    const card = page.locator('[data-webhook]', { hasText: receiver.url });
    const told = card.locator('[data-delivery="webhook.test"]');
    await card.locator('summary').click();
    await card.getByText('booking.confirmed', { exact: true }).waitFor();
    await card.getByText('Nothing.', { exact: true }).waitFor();
    await card.getByRole('button', { name: 'Send a test' }).click();
    await told.locator('.badge', { hasText: 'taken' }).waitFor();
    await told.getByText('answered 204').waitFor();
    assert.ok(isSigned(receiver.told[0], secret));

    await told.getByRole('button', { name: 'Deliver again' }).click();
    await eventually('both to be taken', async () => (await told.locator('.badge', { hasText: 'taken' }).count()) === 2);
    const [first, second] = receiver.told.map((it) => it.headers['webhook-id']);
    assert.equal(first, second, 'the receiver knows it by the same id');

    await card.getByRole('button', { name: 'New secret' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'New secret' }).click();
    const newer = await card.locator('.secret').textContent();
    assert.notEqual(newer, secret);

    receiver.status = 410;
    await card.getByRole('button', { name: 'Send a test' }).click();
    await card.locator('summary .badge', { hasText: 'stopped' }).waitFor();
    await card.getByText('It answered 410').waitFor();
    await card.getByLabel('State').selectOption('given_up');
    await told.getByText('the receiver answered 410').waitFor();
    for (const it of [secret, newer]) assert.ok(isSigned(receiver.told.at(-1), it), 'for a day both sign');
    await card.getByRole('button', { name: 'Resume' }).click();
    await card.locator('summary .badge', { hasText: 'active' }).waitFor();
    await remove(page, card);
  } finally {
    receiver.close();
  }
});

story('an administrator sees why nothing arrives', async (open) => {
  const page = await open({ expects: /422/ });
  const form = await openWebhooks(page);
  await form.getByLabel('Address').fill('club.example/hooks');
  await form.getByRole('button', { name: 'Add a webhook' }).click();
  await form.locator('.fault').getByText('a URL looks like').waitFor();
  // Nobody listens there.
  const url = `http://127.0.0.1:9/${newName('hook-')}`;
  await form.getByLabel('Address').fill(url);
  await form.getByRole('button', { name: 'Add a webhook' }).click();
  await form.locator('.secret').waitFor();
  const card = page.locator('[data-webhook]', { hasText: url });
  await card.locator('summary').click();
  await card.getByRole('button', { name: 'Send a test' }).click();
  const row = card.locator('[data-delivery="webhook.test"]');
  await row.getByText('no connection').waitFor();
  await row.locator('.badge', { hasText: 'to be told' }).waitFor();
  await row.getByText(/tried (once|\d+ times) · next /).waitFor();
  await card.locator('summary', { hasText: 'one message waits' }).waitFor();
  await remove(page, card);
});

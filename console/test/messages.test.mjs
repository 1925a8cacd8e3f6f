import { SERVER, logIn, newPlayer, story } from './browser.mjs';

story('an operator sees what was sent, and has tried again what was given up', async (open) => {
  await newPlayer();
  const page = await open({ expects: /409/ });
  await logIn(page, 'operator');
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Messages' }).click();
  const states = page.getByRole('navigation', { name: 'Messages' });
  await page.getByText('Nothing was given up.').waitFor();
  await states.getByRole('link', { name: 'Sent', exact: true }).click();
  await page.locator('summary', { hasText: 'Filter' }).click();
  await page.getByLabel('What', { exact: true }).selectOption('verify-email');
  await page.getByRole('button', { name: 'Show', exact: true }).click();
  await page.waitForURL(/messages\/sent\?kind=verify-email$/);
  await page.locator('[data-message="verify-email"]', { hasText: 'by mail' }).first().waitFor();

  // The demo's mail server refuses nothing. This list is out of date: the message was sent meanwhile, and the server says so.
  await page.route(
    (url) => url.pathname === '/v1/outbox',
    async (route) => {
      const { items } = await (await route.fetch({ url: `${SERVER}/v1/outbox?state=sent&limit=1` })).json();
      const given_up = items.map((it) => ({ ...it, state: 'dead', last_error: 'the mail server answered 550' }));
      await route.fulfill({ json: { items: given_up, next: null } });
    },
  );
  await states.getByRole('link', { name: 'Given up' }).click();
  await page.locator('[data-message]', { hasText: 'the mail server answered 550' }).waitFor();
  const again = page.getByRole('button', { name: 'Try again' });
  await again.click();
  await page.getByRole('alert').getByText('only a message that was given up can be tried again').waitFor();

  await page.route(/\/resend$/, (route) => route.fulfill({ status: 202, json: {} }));
  await again.click();
  await page.getByText('It is tried again in a moment.').waitFor();
  await again.waitFor({ state: 'detached' });
});

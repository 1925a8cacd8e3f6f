import { PASSWORD, SERVER, cell, dayAhead, eventually, freeHour, logIn, newName, newPlayer, openDay, post, story } from './browser.mjs';

/** A venue that takes nobody's word: a booking is confirmed when it is paid. */
async function newVenue() {
  const id = newName('v');
  const { access_token } = await post('/v1/sessions', { identifier: 'admin', password: PASSWORD });
  const headers = { authorization: `Bearer ${access_token}` };
  const keyed = () => ({ ...headers, 'idempotency-key': crypto.randomUUID() });
  const at = `${SERVER}/v1/venues/${id}`;
  const tag = async () => (await fetch(at)).headers.get('etag');
  const put = async (path, body) => {
    const before = await eventually('the venue', tag);
    const headers = { ...keyed(), 'content-type': 'application/json', 'if-match': before };
    const answer = await fetch(at + path, { method: 'PUT', headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    await eventually('what was set', async () => before !== (await tag()));
  };
  await post('/v1/venues', { id, name: `Paid ${id}`, zone: 'Europe/Berlin' }, keyed());
  const hours = { open: '08:00:00', close: '20:00:00' };
  const days = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
  await put('/hours', { week: Object.fromEntries(days.map((it) => [it, hours])) });
  await put('/policy', { payment: 'required' });
  const prices = { currency: 'EUR', off_peak_per_hour_minor: 1850, peak_per_hour_minor: 1850 };
  await post('/v1/courts', { venue: id, name: 'Only court', kind: 'squash', surface: 'wood', indoor: true, prices }, keyed());
  return id;
}

story('who has to pay pays on the provider’s page, and the booking is there', async (open) => {
  const venue = await newVenue();
  const page = await open();
  await logIn(page, await newPlayer());
  await openDay(page, venue, dayAhead(5));
  await cell(page, await freeHour(page)).click();
  const panel = page.getByLabel('Your choice');
  await panel.getByText('It is yours when it is paid.').waitFor();
  await panel.getByRole('button', { name: 'Hold this court' }).click();
  await panel.getByRole('button', { name: 'Pay €18.50' }).click();
  const opening = page.waitForEvent('popup');
  await panel.getByRole('link', { name: 'Open it' }).click();
  const checkout = await opening;
  await checkout.getByRole('button', { name: 'Pay' }).click();
  await panel.getByText('It is yours', { exact: true }).waitFor();
  await checkout.close();
});

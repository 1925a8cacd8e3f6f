import assert from 'node:assert/strict';
import { as, dayAhead, eventually, get, hold, logIn, newName, newPlayer, post, story } from './browser.mjs';

async function search(page, reference) {
  await page.getByRole('link', { name: 'Find', exact: true }).click();
  await page.getByRole('heading', { name: 'Find a booking' }).waitFor();
  const field = page.getByLabel('Reference');
  if (!(await field.isVisible())) await page.locator('summary', { hasText: 'Filter' }).click();
  await field.fill(reference.toLowerCase());
  await page.getByRole('button', { name: 'Show', exact: true }).click();
  return page.locator(`[data-booking="${reference}"]`);
}

story('the desk finds a booking that was cancelled, brings it back if it can, and sees whose it is', async (open) => {
  const player = await as(await newPlayer());
  const booked = await hold(player, 'riverside', dayAhead(10));
  const { id, reference, court, starts_at, ends_at } = booked;
  await post(`/v1/bookings/${id}/confirm`, undefined, player);
  await post(`/v1/bookings/${id}/cancel`, undefined, player);
  const other = await as(await newPlayer());
  const between = await post('/v1/bookings', { court, starts_at, ends_at }, other);

  const page = await open({ expects: /409/ });
  await logIn(page, 'staff');
  const card = await search(page, reference);
  await card.getByText('cancelled', { exact: true }).waitFor();
  await card.locator('summary').click();
  await card.getByLabel('Reason, for colleagues').fill('cancelled the wrong one');
  await card.getByRole('button', { name: 'Bring it back' }).click();
  // Somebody else has it. It is said here, and nothing is left in the queue.
  await card.getByRole('alert').waitFor();
  assert.equal(await page.getByLabel('Not done yet').count(), 0);
  await post(`/v1/bookings/${between.id}/release`, undefined, other);
  await card.getByRole('button', { name: 'Bring it back' }).click();
  await card.locator('summary').getByText('booked', { exact: true }).waitFor();
  await card.locator('.timeline li', { hasText: 'brought back' }).getByText('by you').waitFor();
  await card.locator('.timeline li', { hasText: 'cancelled' }).getByText('by the player').waitFor();
  assert.equal(await card.getByRole('button', { name: 'Bring it back' }).count(), 0);
  await card.getByRole('button', { name: 'Remind now' }).click();
  await card.getByText('A reminder is on its way').waitFor();

  const another = await hold(player, 'riverside', dayAhead(11));
  await eventually('both bookings of theirs', async () => {
    await page.reload();
    await card.locator('summary').click();
    await card.getByRole('link', { name: 'Everything of this person' }).click();
    await page.locator('[data-booking]').first().waitFor();
    return (await page.locator('[data-booking]').count()) === 2;
  });
  await page.locator(`[data-booking="${another.id}"]`).getByText('held', { exact: true }).waitFor();
  await post(`/v1/bookings/${another.id}/release`, undefined, player);
  await post(`/v1/bookings/${id}/cancel`, undefined, player);
});

story('the desk finds a guest by any part of the name, and forgets them once they are not expected', async (open) => {
  const staff = await as('staff');
  const [name, date] = [newName('Guest'), dayAhead(9)];
  const { items } = await get(`/v1/venues/riverside/days/${date}`);
  const { court, slots } = items.at(-1);
  const first = slots.findIndex((it, at) => it.state === 'free' && slots[at + 1]?.state === 'free');
  const [{ starts_at }, { ends_at }] = slots.slice(first, first + 2);
  const guest = { name: `Ada ${name}`, phone: '+493012345678' };
  const { id, reference } = await post('/v1/bookings', { court, starts_at, ends_at, for: { guest } }, staff);
  await post(`/v1/bookings/${id}/confirm`, undefined, staff);

  const page = await open();
  await logIn(page, 'staff');
  await page.evaluate((it) => (location.hash = it), `#/desk/riverside/${date}`);
  const row = page.locator('.sheet li', { hasText: name });
  await row.waitFor();
  const who = page.getByLabel('Who', { exact: true });
  await who.fill('nobody of that name');
  await page.getByText('Nobody like that comes on this day.').waitFor();
  await who.fill(`${name.toUpperCase()} ada`);
  await row.waitFor();
  assert.equal(await page.locator('.sheet li').count(), 1);
  await row.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  await row.waitFor({ state: 'detached' });

  const card = await search(page, reference);
  await card.getByText(name).waitFor();
  await card.locator('summary').click();
  await card.getByText('+493012345678').waitFor();
  await card.getByRole('button', { name: 'Forget the guest' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Forget the guest' }).click();
  await card.getByText('The guest is being forgotten.').waitFor();
  await eventually('the guest to be forgotten', async () => {
    const { items } = await get(`/v1/bookings?reference=${reference}`, staff);
    return items[0].guest?.name !== guest.name;
  });
});

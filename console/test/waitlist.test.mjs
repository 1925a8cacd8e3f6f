import assert from 'node:assert/strict';
import { as, dayAhead, eventually, get, hold, logIn, newPlayer, openDay, post, story } from './browser.mjs';

/** An hour of a court that somebody else has, until they give it back. */
async function taken(venue, date) {
  const other = await as(await newPlayer());
  const booked = await hold(other, venue, date);
  await post(`/v1/bookings/${booked.id}/confirm`, undefined, other);
  return { ...booked, date, giveBack: () => post(`/v1/bookings/${booked.id}/cancel`, undefined, other) };
}

/** Waits for this very hour on this very court: for nothing that anybody else in these stories does. */
async function join(page, { court, starts_at, ends_at }) {
  await page.getByRole('button', { name: 'Wait for a place' }).click();
  const form = page.locator('.waitlist form');
  await form.getByLabel('Begins at the earliest').selectOption(starts_at);
  await form.getByLabel('Is over by').selectOption(ends_at);
  await form.getByLabel('Court').selectOption(court);
  await form.getByRole('button', { name: 'Join the waitlist' }).click();
}

async function bookings(page) {
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'My bookings' }).click();
  await page.getByRole('heading', { name: 'My bookings' }).waitFor();
  return page.locator('[data-waiting]');
}

async function waitsFor(player) {
  return (await get('/v1/me/waitlist', player)).items;
}

story('somebody waits for a court, another gives it back, and it is theirs', async (open) => {
  const username = await newPlayer();
  const player = await as(username);
  const hour = await taken('riverside', dayAhead(3));
  const page = await open();
  await logIn(page, username);
  await openDay(page, hour.venue, hour.date);
  await join(page, hour);
  await page.getByText('You are on the list.').waitFor();
  await page.locator('.waitlist').getByText('waiting', { exact: true }).waitFor();

  const card = await bookings(page);
  await card.getByText('waiting', { exact: true }).waitFor();
  await hour.giveBack();
  // Nobody presses anything, and the countdown is the server's.
  assert.match(await card.getByRole('timer').textContent(), /^1[45]:\d\d left$/);
  await card.getByText('held for you', { exact: true }).waitFor();
  assert.equal(await page.locator('.card').count(), 1, 'what is offered stands there once');
  await card.getByRole('button', { name: 'Take it' }).click();
  await card.waitFor({ state: 'detached' });
  const booked = page.locator('.card', { hasText: 'booked' });
  await booked.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  await page.getByText('Nothing is booked.').waitFor();
  await eventually('the list to be left', async () => !(await waitsFor(player)).length);
});

story('who lets an offer go waits on, and leaves when they like', async (open) => {
  const username = await newPlayer();
  const player = await as(username);
  const hour = await taken('riverside', dayAhead(3));
  const page = await open();
  await logIn(page, username);
  await openDay(page, hour.venue, hour.date);
  await join(page, hour);
  await page.getByText('You are on the list.').waitFor();
  await hour.giveBack();
  // What is offered can be answered where it was waited for, too.
  const there = page.locator('.waitlist [data-waiting]');
  await there.getByRole('timer').waitFor();
  await there.getByRole('button', { name: 'Let it go' }).click();
  await there.getByText('waiting', { exact: true }).waitFor();
  await eventually('the offer to be over', async () => !(await waitsFor(player))[0].offer);

  const card = await bookings(page);
  await card.getByText('60 minutes').waitFor();
  await card.getByRole('button', { name: 'Leave the list' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Leave the list' }).click();
  await card.waitFor({ state: 'detached' });
  assert.deepEqual(await waitsFor(player), []);
});

story('an offer that nobody answers runs out, and says so', async (open) => {
  const hour = await taken('harbour', dayAhead(3));
  const page = await open();
  await logIn(page, await newPlayer());
  await openDay(page, hour.venue, hour.date);
  await join(page, hour);
  await page.getByText('You are on the list.').waitFor();
  const card = await bookings(page);
  await card.getByText('waiting', { exact: true }).waitFor();
  await hour.giveBack();
  await card.getByRole('timer').waitFor();
  await card.getByText('The time to take it ran out.').waitFor();
  await card.getByText('waiting', { exact: true }).waitFor();
  assert.equal(await card.getByRole('button', { name: 'Take it' }).count(), 0);
  await card.getByRole('button', { name: 'Leave the list' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Leave the list' }).click();
  await card.waitFor({ state: 'detached' });
});

story('who joins without a network waits from when it is sent, and once', async (open) => {
  const username = await newPlayer();
  const player = await as(username);
  const hour = await taken('riverside', dayAhead(3));
  const page = await open({ expects: /ERR_INTERNET_DISCONNECTED|409/ });
  const keys = [];
  page.on('request', (it) => it.url().endsWith('/v1/waitlist') && it.method() === 'POST' && keys.push(it.headers()['idempotency-key']));
  await logIn(page, username);
  await openDay(page, hour.venue, hour.date);
  await page.context().setOffline(true);
  await page.getByText('You are offline').waitFor();
  await join(page, hour);
  const waiting = page.getByLabel('Not done yet');
  await waiting.getByText('Pending').waitFor();
  await waiting.getByText('Your turn begins when it is sent.').waitFor();
  await page.context().setOffline(false);
  await waiting.waitFor({ state: 'detached' });
  const card = page.locator('.waitlist [data-waiting]');
  await card.waitFor();
  assert.equal(new Set(keys).size, 1);
  assert.equal((await waitsFor(player)).length, 1);

  // The same once more is refused, where they are.
  await page.getByRole('button', { name: 'Join the waitlist' }).click();
  await page.locator('.waitlist').getByRole('alert').waitFor();
  assert.equal(await waiting.count(), 0);
  await card.getByRole('button', { name: 'Leave the list' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Leave the list' }).click();
  await card.waitFor({ state: 'detached' });
  await hour.giveBack();
});

story('who is not logged in is told that waiting needs it', async (open) => {
  const page = await open();
  await openDay(page, 'riverside', dayAhead(3));
  await page.locator('summary', { hasText: 'Nothing that suits?' }).click();
  await page.getByRole('link', { name: 'Log in to wait' }).click();
  await page.getByLabel('E-mail or username').waitFor();
});

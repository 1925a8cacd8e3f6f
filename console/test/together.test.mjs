import assert from 'node:assert/strict';
import { PASSWORD, as, dayAhead, get, hold, logIn, newPlayer, post, press, story } from './browser.mjs';

/** Logs in where the link leads, and is led back there. */
async function logInThere(page, username) {
  await page.getByRole('main').getByRole('link', { name: 'Log in' }).click();
  await page.getByLabel('E-mail or username').fill(username);
  await page.getByLabel('Password').fill(PASSWORD);
  await press(page, 'Log in', page.getByRole('button', { name: 'Log out' }));
  await page.getByRole('heading', { name: 'Play along' }).waitFor();
}

story('who books passes a link on, and who comes by it plays along until they leave', async (open) => {
  const [booker, friend] = [await newPlayer(), await newPlayer()];
  const booked = await hold(await as(booker), 'riverside', dayAhead(4));
  await post(`/v1/bookings/${booked.id}/confirm`, undefined, await as(booker));

  const theirs = await open();
  await logIn(theirs, booker);
  await theirs.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'My bookings' }).click();
  const list = theirs.locator('.together');
  await list.getByText('Who plays along').click();
  await list.getByText('Nobody so far.').waitFor();
  await list.getByRole('button', { name: 'Make a link for others' }).click();
  const url = await list.locator('.secret a').getAttribute('href');
  assert.match(url, /#\/join\/.{40,}$/);

  const page = await open({ path: `/${url.slice(url.indexOf('#'))}` });
  await logInThere(page, friend);
  await page.getByRole('button', { name: 'Join' }).click();
  await page.getByText('you play along', { exact: true }).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Cancel' }).count(), 0, 'it is not theirs to change');

  await list.getByText('Who plays along').click();
  await list.getByText('Who plays along').click();
  await list.getByText(friend, { exact: true }).waitFor();

  await page.getByRole('button', { name: 'Leave' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Leave' }).click();
  await page.getByText('Nothing is booked.').waitFor();
  const { participants } = await get(`/v1/bookings/${booked.id}`, await as(booker));
  assert.deepEqual(participants, []);
});

story('a link that does not count any more says so, and lets nobody in', async (open) => {
  const page = await open({ path: '/#/join/nothing-of-ours', expects: /422/ });
  await logInThere(page, await newPlayer());
  await page.getByRole('button', { name: 'Join' }).click();
  await page.getByRole('alert').waitFor();
  assert.ok(page.url().includes('#/join/'));
});

// How soon a browser shows what another client did: from the moment a command is sent until the frame with the changed cell.
import { DESKTOP, context } from './browser.mjs';
import { VENUE, ask, dayAhead, freeHour, session } from './server.mjs';
import { figure, part } from './tables.mjs';

export async function shown(times) {
  const date = dayAhead(4);
  const { accessToken: token } = await session('player');
  const { at, body } = await freeHour(date);
  const of = await context(DESKTOP);
  const page = await of.newPage();
  let wake;
  await page.exposeFunction('changed', (state, when) => wake?.({ state, when }));
  await page.goto(`/#/courts/${VENUE}/${date}`);
  await page.locator('.live').waitFor();
  await page.locator(`td.free [data-at="${at}"]`).waitFor();
  await page.evaluate(watch, at);

  const late = { held: [], freed: [] };
  const once = async (list, state, send) => {
    const seen = new Promise((done) => (wake = (it) => it.state === state && done(it.when)));
    const sent = performance.timeOrigin + performance.now();
    const answer = await send();
    list.push((await seen) - sent);
    return answer;
  };
  // One more, which is not counted: connections are made, and statements planned.
  for (let it = 0; it <= times; it++) {
    const { id } = await once(late.held, 'held', () => ask('POST', '/v1/bookings', { body, token }));
    await once(late.freed, 'free', () => ask('POST', `/v1/bookings/${id}/release`, { token }));
  }
  await of.close();
  const held = summed(late.held.slice(1));
  const table = ['| shown elsewhere | events | p50 ms | p99 ms | most ms |', '|---|--:|--:|--:|--:|'];
  for (const [name, it] of [['a hold', held], ['a hold given back', summed(late.freed.slice(1))]]) {
    table.push(`| ${name} | ${it.count} | ${figure(it.p50)} | ${figure(it.p99)} | ${figure(it.most)} |`);
  }
  return { held, table };
}

function summed(all) {
  const sorted = all.sort((a, b) => a - b);
  return { count: sorted.length, p50: part(sorted, 0.5), p99: part(sorted, 0.99), most: sorted.at(-1) };
}

/** In the page: tells of each change of a cell, in the frame that shows it. */
function watch(at) {
  const cell = document.querySelector(`[data-at="${at}"]`).closest('td');
  new MutationObserver(() => {
    const state = cell.className.split(' ')[0];
    requestAnimationFrame(() => window.changed(state, performance.timeOrigin + performance.now()));
  }).observe(cell, { attributes: true, attributeFilter: ['class'] });
}

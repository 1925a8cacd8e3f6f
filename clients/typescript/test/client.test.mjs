// Against a running demo: COURTSIDE_URL says where.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProblemError, body, courtside, everyPage, idempotencyKey } from '../dist/index.js';

const baseUrl = process.env.COURTSIDE_URL ?? 'http://127.0.0.1:8080';
const PASSWORD = 'seven lobs before breakfast';

async function loggedIn(identifier = 'amir') {
  const { access_token } = await body(
    courtside({ baseUrl }).POST('/v1/sessions', { body: { identifier, password: PASSWORD } }),
  );
  return courtside({ baseUrl, accessToken: () => access_token });
}

/** The first place that is free at Riverside, some days ahead. */
async function freePlace(api) {
  for (let ahead = 3; ahead < 13; ahead++) {
    const date = new Date(Date.now() + ahead * 86_400_000).toISOString().slice(0, 10);
    for (const hour of ['12', '13', '14', '15', '16']) {
      const query = { date, start_time: `${hour}:00`, end_time: `${Number(hour) + 1}:00`, venue: 'riverside' };
      const { items } = await body(api.GET('/v1/courts/available', { params: { query } }));
      if (items[0]) return { court: items[0].code, starts_at: items[0].starts_at, ends_at: items[0].ends_at };
    }
  }
  throw new Error('the demo has nothing free');
}

test('a hold sent twice is one, and the next read knows of it', async () => {
  const api = await loggedIn();
  const place = await freePlace(api);
  const header = { 'Idempotency-Key': idempotencyKey() };
  const hold = () => body(api.POST('/v1/bookings', { params: { header }, body: place }));
  const [held, again] = [await hold(), await hold()];
  assert.equal(again.id, held.id);
  const path = { id: held.id };
  assert.equal((await body(api.GET('/v1/bookings/{id}', { params: { path } }))).state, 'held');
  const released = await body(api.POST('/v1/bookings/{id}/release', { params: { path } }));
  assert.equal(released.state, 'released');
  // Without the position, a read may be a moment behind.
  assert.equal((await body(api.GET('/v1/bookings/{id}', { params: { path } }))).state, 'released');
});

test('a refusal is a problem with its kind and its place', async () => {
  const api = await loggedIn();
  const refused = api.POST('/v1/bookings', {
    params: { header: { 'Idempotency-Key': idempotencyKey() } },
    body: { court: 'RV01', starts_at: '2001-01-01T12:00:00Z', ends_at: '2001-01-01T13:00:00Z' },
  });
  await assert.rejects(refused, (error) => {
    assert.ok(error instanceof ProblemError);
    assert.deepEqual([error.status, error.kind], [422, 'invalid']);
    assert.equal(error.problem.errors[0].pointer, '#/starts_at');
    return true;
  });
  await assert.rejects(courtside({ baseUrl }).GET('/v1/me'), { name: 'ProblemError', kind: 'unauthenticated' });
});

test('a list is walked to its end', async () => {
  const api = courtside({ baseUrl });
  const codes = [];
  const page = (after) => api.GET('/v1/courts', { params: { query: { limit: 3, ...(after ? { after } : {}) } } });
  for await (const court of everyPage(page)) codes.push(court.code);
  // The demo's, and what else somebody made: each once, in order, over more than two pages.
  assert.deepEqual(codes, [...new Set(codes)].sort());
  for (const it of ['HB01', 'HB02', 'HB03', 'HB04', 'RV01', 'RV02', 'RV03', 'RV04']) assert.ok(codes.includes(it), it);
});

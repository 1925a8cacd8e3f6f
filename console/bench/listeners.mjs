// What a crowd of listeners costs the process that they listen to, while something happens every second.
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { LISTENED, VENUE, ask, dayAhead, eventually, freeHour, session } from './server.mjs';
import { figure, part } from './tables.mjs';

/** Of one address as many as a club's house may have. */
const PER_ADDRESS = 40;
const SAMPLE_MS = 1_000;
/** How long after it was told a change may still be on its way to the last of them. */
const LAST_MS = 5_000;

export async function listen(wanted, seconds) {
  const date = dayAhead(5);
  const path = `/v1/venues/${VENUE}/days/${date}/events`;
  // Before anything is measured, it has answered what it will answer.
  for (let it = 0; it < 50; it++) await ask('GET', `/v1/venues/${VENUE}/days/${date}`, { server: LISTENED });
  const before = memory();
  const all = [];
  for (let it = 0; it < wanted; it++) all.push(await open(path, Math.floor(it / PER_ADDRESS)));
  const crowd = all.filter((it) => it.status === 200);
  const refused = all.filter((it) => it.status !== 200);
  await eventually('every first look', () => crowd.every((it) => 0 < it.snapshots));

  const { accessToken: token } = await session('bea');
  const { body } = await freeHour(date);
  const samples = [];
  const told = [];
  for (let second = 0; second < seconds; second++) {
    const begun = performance.now();
    const { id } = await ask('POST', '/v1/bookings', { body, token });
    await ask('POST', `/v1/bookings/${id}/release`, { token });
    told.push(begun);
    await new Promise((done) => setTimeout(done, Math.max(0, begun + SAMPLE_MS - performance.now())));
    samples.push(memory());
  }
  await new Promise((done) => setTimeout(done, LAST_MS));
  const expected = 2 * told.length;
  const lost = crowd.reduce((sum, it) => sum + Math.max(0, expected - it.changes.length), 0);
  // Of each listener, every second change is a hold: from before it was sent until they heard of it.
  const late = crowd.flatMap((it) => told.map((begun, at) => (it.changes[2 * at] ?? Infinity) - begun)).sort((a, b) => a - b);
  for (const it of crowd) it.close();
  await eventually('the seats to be free', async () => (await listeners()) === 0);
  await new Promise((done) => setTimeout(done, LAST_MS));
  const after = memory();

  const quarter = Math.max(1, Math.floor(samples.length / 4));
  const mean = (of) => of.reduce((sum, it) => sum + it, 0) / of.length;
  const [first, last] = [mean(samples.slice(0, quarter)), mean(samples.slice(-quarter))];
  const statuses = [...new Set(refused.map((it) => it.status))].join(', ');
  const table = [
    '| one process of query-api | |',
    '|---|--:|',
    `| wanted to listen | ${figure(wanted)} |`,
    `| were let in | ${figure(crowd.length)} |`,
    `| were told to come again | ${figure(refused.length)}${statuses && ` (${statuses})`} |`,
    `| memory before, MB | ${figure(before)} |`,
    `| while they listen, first quarter of ${seconds} s | ${figure(first)} |`,
    `| last quarter | ${figure(last)} |`,
    `| after they are gone | ${figure(after)} |`,
    `| of one listener, kB | ${figure(((last - before) * 1000) / Math.max(1, crowd.length))} |`,
    `| changes told, to each | ${figure(expected)} |`,
    `| lost of all of them | ${figure(lost)} |`,
    `| a hold until a listener hears of it, p50 ms | ${figure(part(late, 0.5))} |`,
    `| p99 ms | ${figure(part(late, 0.99))} |`,
  ];
  return { let_in: crowd.length, growth: last / first, lost, table };
}

/** Somebody who listens, or who was told to come again. Whose address it is, a proxy says. */
function open(path, address) {
  return new Promise((done, failed) => {
    const headers = { 'x-forwarded-for': `198.51.100.${address + 1}`, accept: 'text/event-stream' };
    const asked = request(LISTENED + path, { agent: false, headers }, (answer) => {
      const it = { status: answer.statusCode, snapshots: 0, changes: [], close: () => asked.destroy() };
      let rest = '';
      answer.setEncoding('utf8').on('data', (more) => {
        const lines = (rest + more).split('\n');
        rest = lines.pop();
        for (const line of lines) {
          if (line === 'event: snapshot') it.snapshots++;
          else if (line === 'event: change') it.changes.push(performance.now());
        }
      });
      answer.on('error', () => undefined);
      done(it);
    });
    asked.on('error', (error) => (error.code === 'ECONNRESET' ? undefined : failed(error)));
    asked.end();
  });
}

/** In megabytes, as Linux counts what is resident. */
function memory() {
  const status = readFileSync(`/proc/${process.env.CONSOLE_LISTENED_PID}/status`, 'utf8');
  return Number(status.match(/^VmRSS:\s+(\d+) kB$/m)[1]) / 1000;
}

async function listeners() {
  const metrics = new URL(LISTENED);
  metrics.port = String(Number(metrics.port) + 1);
  const text = await (await fetch(new URL('/metrics', metrics))).text();
  return Number(text.match(/^(?:\w+_)?live_listeners (\d+)$/m)?.[1] ?? NaN);
}

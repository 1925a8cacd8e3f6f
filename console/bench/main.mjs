// The console measured: run by ops/bench/console, which starts what is measured. What the tables say is in
// ops/bench/README.md.
import { appendFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { begin, end } from './browser.mjs';
import { listen } from './listeners.mjs';
import { loads } from './loads.mjs';
import { ready } from './server.mjs';
import { shown } from './shown.mjs';
import { row } from './tables.mjs';

const { values } = parseArgs({
  options: {
    loads: { type: 'string', default: '5' },
    events: { type: 'string', default: '200' },
    listeners: { type: 'string', default: '1000' },
    quick: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});
const quick = values.quick ? { loads: 1, events: 10, listeners: 50, seconds: 10 } : {};
const wanted = { loads: +values.loads, events: +values.events, listeners: +values.listeners, seconds: 60, ...quick };

await ready();
await begin();
const weights = await loads(wanted.loads);
const events = await shown(wanted.events);
const crowd = await listen(wanted.listeners, wanted.seconds);
await end();

const out = [
  '',
  '| target | expected | came | |',
  '|---|--:|--:|---|',
  row('a hold until another browser shows it, p99', 'at most', 300, events.held.p99, 'ms'),
  row('the courts of a day can be used, on a phone', 'at most', 1_000, weights.first, 'ms'),
  row('listeners of one process', 'at least', wanted.listeners, crowd.let_in, ''),
  row('memory while they listen, the last quarter against the first', 'at most', 1.1, crowd.growth, '×'),
  row('changes that a listener was not told', 'at most', 0, crowd.lost, ''),
  '',
  ...weights.table,
  '',
  ...events.table,
  '',
  ...crowd.table,
];
appendFileSync(values.out ?? '/dev/stdout', `${out.join('\n')}\n`);

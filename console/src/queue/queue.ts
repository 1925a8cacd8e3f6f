// What was wanted and is not done yet. Every command of a booking goes this way, online or not: it is stored before it is
// sent, so that neither a dead spot nor a closed tab loses it, and its key makes it happen once.
import { effect, signal } from '@preact/signals';
import { type ProblemError, idempotencyKey } from '../api';
import { me } from '../session';
import { type Booking, type Kind, type Wishes } from './commands';
import { drain } from './drain';
import * as store from './store';

export type { Kind } from './commands';
export type { About, Intent } from './store';

export interface Done {
  is: 'done';
  kind: Kind;
  /** As the answer has it, where it was about one. */
  booking: Booking | undefined;
}

/** What came of an intent, as far as anybody can say now. */
export type Outcome =
  | Done
  | { is: 'failed'; problem: ProblemError['problem'] }
  | { is: 'waiting' };

/** Everything of who is logged in, oldest first. */
export const intents = signal<store.Intent[]>([]);
/** What was last done from here. */
export const done = signal<Done | undefined>(undefined);

const waiters = new Map<string, (outcome: Outcome) => void>();
const tabs = new BroadcastChannel('courtside-queue');
let timer: ReturnType<typeof setTimeout> | undefined;

interface News {
  id: string;
  outcome?: Outcome;
}

/**
 * Stores what is wanted and sends it. The answer comes when it is done or refused, or once it has to wait.
 *
 * What was refused to somebody who was waiting for it is told to them and kept no longer.
 */
export async function want<K extends Kind>(kind: K, wish: Wishes[K], about: store.About): Promise<Outcome> {
  const user = me.value?.id;
  if (!user) throw new Error('nobody is logged in');
  const [id, at] = [idempotencyKey(), Date.now()];
  await store.put({ id, user, kind, wish, about, at, state: 'pending', attempts: 0, due: 0 });
  await show();
  const outcome = new Promise<Outcome>((resolve) => waiters.set(id, resolve));
  if (!navigator.onLine) await tell({ id, outcome: { is: 'waiting' } });
  begin();
  const came = await outcome;
  if (came.is === 'failed') await discard(id);
  return came;
}

export async function discard(id: string): Promise<void> {
  await store.remove(id);
  await show();
  tabs.postMessage({ id });
}

/** Sends it again, under the same key: a refusal is not remembered by the server, a success is. */
export async function tryAgain(id: string): Promise<void> {
  await store.change(id, { state: 'pending', due: 0 });
  await show();
  void run();
}

export async function discardAll(): Promise<void> {
  for (const { id } of intents.value) await store.remove(id);
  await show();
}

/** Some systems say offline and are not: that is tried, by and by. */
function begin(): void {
  clearTimeout(timer);
  if (navigator.onLine) void run();
  else timer = setTimeout(run, OFFLINE_MS);
}

/** Sends what is due, in one tab at a time, and sees to it that the rest is sent when it is. */
async function run(): Promise<void> {
  const user = me.value?.id;
  if (!user) return;
  clearTimeout(timer);
  let next = Date.now() + OFFLINE_MS;
  try {
    await navigator.locks.request(`courtside-queue-${user}`, () => drain(user, tell));
    await show();
    next = Math.min(...intents.value.filter((it) => it.state !== 'failed').map((it) => it.due));
  } catch (error) {
    // The browser's database does not do its part. What is in it stays in it, and nobody is left waiting for an answer.
    console.error(error);
    for (const id of waiters.keys()) hear({ id, outcome: { is: 'waiting' } });
  } finally {
    clearTimeout(timer);
    if (Number.isFinite(next)) timer = setTimeout(run, Math.max(SOONEST_MS, next - Date.now()));
  }
}

/** Until the next look where a network, or the browser's database, is away. */
const OFFLINE_MS = 20_000;
/** Between two looks at the queue, so that nothing runs hot. */
const SOONEST_MS = 1_000;

async function tell(news: News): Promise<void> {
  hear(news);
  tabs.postMessage(news);
  await show();
}

function hear({ id, outcome }: News): void {
  if (!outcome) return;
  if (outcome.is === 'done') done.value = outcome;
  waiters.get(id)?.(outcome);
  waiters.delete(id);
}

/** Where the browser does not say what is kept, what was shown stays: sending it does not depend on that. */
async function show(): Promise<void> {
  const user = me.value?.id;
  try {
    intents.value = user ? await store.of(user) : [];
  } catch (error) {
    console.error(error);
  }
}

/** At the start, whenever somebody logs in, and when the network is back. */
export function startQueue(): void {
  tabs.onmessage = ({ data }: MessageEvent<News>) => {
    hear(data);
    void show();
  };
  addEventListener('online', () => void hurry());
  effect(() => {
    if (me.value) void show().then(begin);
    else intents.value = [];
  });
}

/** The network is back: whoever waited for it waits no longer. */
async function hurry(): Promise<void> {
  for (const it of intents.value) {
    if (it.state === 'retrying' && it.attempts <= EAGER) await store.change(it.id, { due: 0 });
  }
  await run();
}

/** What failed more often than this did so for another reason than the network, and keeps its turn. */
const EAGER = 6;

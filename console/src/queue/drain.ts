// One pass over the queue. Under a lock of all tabs: an intent is never sent by two at once.
import { ProblemError } from '../api';
import { type Kind, send, subject } from './commands';
import type { Outcome } from './queue';
import * as store from './store';

type Tell = (news: { id: string; outcome?: Outcome }) => Promise<void>;

/** The longest wait, and the first. */
const MOST_MS = 60_000;
const FIRST_MS = 1_000;

export async function drain(user: string, tell: Tell): Promise<void> {
  // What is behind one that waits, and wants the same booking, waits too.
  const held = new Set<string>();
  for (const intent of await store.of(user)) {
    if (intent.state === 'failed') continue;
    const of = subject(intent.wish, intent.id);
    if (held.has(of)) continue;
    if (Date.now() < intent.due) held.add(of);
    else if (!(await attempt(intent, tell))) held.add(of);
  }
}

/** Whether it is off the queue, one way or the other. */
async function attempt<K extends Kind>(intent: store.Intent<K>, tell: Tell): Promise<boolean> {
  const { id, kind, wish } = intent;
  if (!(await store.change(id, { state: 'syncing' }))) return true;
  await tell({ id });
  let booking;
  try {
    booking = await send(kind, wish, id);
  } catch (error) {
    return failed(intent, error, tell);
  }
  await store.remove(id);
  await tell({ id, outcome: { is: 'done', kind, booking } });
  return true;
}

async function failed({ id, attempts }: store.Intent, error: unknown, tell: Tell): Promise<boolean> {
  if (error instanceof ProblemError && isFinal(error)) {
    await store.change(id, { state: 'failed', problem: error.problem });
    await tell({ id, outcome: { is: 'failed', problem: error.problem } });
    return true;
  }
  const due = Date.now() + wait(attempts + 1, error);
  await store.change(id, { state: 'retrying', attempts: attempts + 1, due });
  await tell({ id, outcome: { is: 'waiting' } });
  return false;
}

/**
 * Whether sending the same again would come to the same. A session that is over (401) is none of that: the intent waits for
 * its person. Nor is a server that is full or away, or a command whose answer got lost, or whose first try is not answered.
 */
function isFinal({ status, kind }: ProblemError): boolean {
  if (kind === 'still-running') return false;
  return 400 <= status && status < 500 && ![401, 408, 425, 429].includes(status);
}

function wait(attempts: number, error: unknown): number {
  const backoff = Math.min(MOST_MS, FIRST_MS * 2 ** (attempts - 1));
  const jittered = backoff * (0.75 + Math.random() / 2);
  const asked = error instanceof ProblemError ? (error.retryAfter ?? 0) * 1000 : 0;
  return Math.max(jittered, asked);
}

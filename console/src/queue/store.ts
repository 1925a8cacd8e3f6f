// Intents as they are kept in this browser, whatever becomes of the page. No token is ever among them.
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import type { Schemas } from '../api';
import type { Kind, Wishes } from './commands';

/**
 * - `pending`: not sent yet
 * - `syncing`: on its way
 * - `retrying`: sent, and nothing was decided: it is sent again, at `due` at the latest
 * - `failed`: refused, with the problem; what becomes of it is for whoever wanted it to say
 */
export type State = 'pending' | 'syncing' | 'retrying' | 'failed';

/** What somebody wants. */
export interface Intent<K extends Kind = Kind> {
  /** Also its `Idempotency-Key`: however often it is sent, it happens once. */
  id: string;
  /** Whose: it is never sent as anybody else. */
  user: string;
  kind: K;
  wish: Wishes[K];
  /** What it is about, for people. */
  about: About;
  /** In this order they are sent. */
  at: number;
  state: State;
  attempts: number;
  due: number;
  problem?: Schemas['Problem'];
}

export interface About {
  court: string;
  venue: string;
  zone: string;
  starts_at: string;
  ends_at: string;
}

interface Schema extends DBSchema {
  intents: { key: string; value: Intent; indexes: { user: string } };
}

let opened: Promise<IDBPDatabase<Schema>> | undefined;

function database(): Promise<IDBPDatabase<Schema>> {
  opened ??= openDB<Schema>('courtside', 1, {
    upgrade: (it) => it.createObjectStore('intents', { keyPath: 'id' }).createIndex('user', 'user'),
    // Another tab has a newer page: it may have the database.
    blocking: () => void opened?.then((it) => it.close()).then(() => (opened = undefined)),
  });
  return opened;
}

export async function put(intent: Intent): Promise<void> {
  await (await database()).put('intents', intent);
}

/** Changes what is still there; what was discarded meanwhile does not come back. */
export async function change(id: string, what: Partial<Intent>): Promise<Intent | undefined> {
  const step = (await database()).transaction('intents', 'readwrite');
  const there = await step.store.get(id);
  const changed = there && { ...there, ...what };
  if (changed) await step.store.put(changed);
  await step.done;
  return changed;
}

export async function remove(id: string): Promise<void> {
  await (await database()).delete('intents', id);
}

export async function of(user: string): Promise<Intent[]> {
  const all = await (await database()).getAllFromIndex('intents', 'user', user);
  return all.sort((a, b) => a.at - b.at);
}

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

type Database = IDBPDatabase<Schema>;

let opened: Promise<Database> | undefined;

function database(): Promise<Database> {
  if (opened) return opened;
  const opening: Promise<Database> = openDB<Schema>('courtside', 1, {
    upgrade: (it) => it.createObjectStore('intents', { keyPath: 'id' }).createIndex('user', 'user'),
    // Another tab has a newer page: it may have the database.
    blocking: () => leave(opening),
    // A phone ends what a page in the background has open.
    terminated: () => forget(opening),
  });
  // What could not be opened is opened anew by whoever asks next.
  opening.catch(() => forget(opening));
  opened = opening;
  return opening;
}

/** Another one may have been opened meanwhile; that one stays. */
function forget(it: Promise<Database>): void {
  if (opened === it) opened = undefined;
}

function leave(it: Promise<Database>): void {
  forget(it);
  it.then(
    (database) => database.close(),
    () => undefined,
  );
}

/** What a connection says that was ended, not always with a word: by its first use, or in the middle of one. */
const ENDED = ['InvalidStateError', 'UnknownError', 'AbortError'];

/** Does something with the database, once more if the connection turns out to be none. Whatever it is can be done twice. */
async function within<T>(step: (it: Database) => Promise<T>): Promise<T> {
  const opening = database();
  try {
    return await step(await opening);
  } catch (error) {
    if (!(error instanceof DOMException && ENDED.includes(error.name))) throw error;
    leave(opening);
    return step(await database());
  }
}

export async function put(intent: Intent): Promise<void> {
  await within((it) => it.put('intents', intent));
}

/** Changes what is still there; what was discarded meanwhile does not come back. */
export async function change(id: string, what: Partial<Intent>): Promise<Intent | undefined> {
  return within(async (it) => {
    const step = it.transaction('intents', 'readwrite');
    const there = await step.store.get(id);
    const changed = there && { ...there, ...what };
    if (changed) await step.store.put(changed);
    await step.done;
    return changed;
  });
}

export async function remove(id: string): Promise<void> {
  await within((it) => it.delete('intents', id));
}

export async function of(user: string): Promise<Intent[]> {
  const all = await within((it) => it.getAllFromIndex('intents', 'user', user));
  return all.sort((a, b) => a.at - b.at);
}

// Courtside's API as typed calls. The types are generated from openapi.json by this package's build; the calls are
// openapi-fetch's. What is ours is what every client of Courtside wants besides: refusals as errors, reads that see one's
// own writes, and a key for each command.
import createClient, { type Client, type ClientOptions, type Middleware } from 'openapi-fetch';
import { type Problem, ProblemError, problemOf } from './problem.js';
import type { components, paths } from './schema.js';

export type Schemas = components['schemas'];
export type Courtside = Client<paths>;
export { type Money } from './money.js';
export { type Problem, ProblemError };
export type { paths };

export interface Options extends ClientOptions {
  /** The access token of whoever calls now, if anybody is logged in. Asked before each request. */
  accessToken?: () => string | undefined | Promise<string | undefined>;
}

const POSITION = 'courtside-position';
const MIN_POSITION = 'courtside-min-position';

/**
 * A client. Every answer that is not 2xx (or 304) is thrown as a `ProblemError`.
 *
 * A read sees what was written before through the same client: the position that a command was answered with is asked
 * for by the queries that follow it, and one of them that is behind waits for it.
 */
export function courtside(options: Options): Courtside {
  const { accessToken, ...rest } = options;
  const client = createClient<paths>(rest);
  let written: string | undefined;
  const edge: Middleware = {
    async onRequest({ request }) {
      const token = await accessToken?.();
      if (token && !request.headers.has('authorization')) {
        request.headers.set('authorization', `Bearer ${token}`);
      }
      if (written && isQuery(request)) request.headers.set(MIN_POSITION, written);
      return request;
    },
    async onResponse({ request, response }) {
      // After a restore the log is another one, and what was written to the old one is no longer waited for.
      if (response.headers.has('courtside-position-reset')) written = undefined;
      if (!isQuery(request)) written = response.headers.get(POSITION) ?? written;
      if (!response.ok && response.status !== 304) throw await problemOf(response);
      return response;
    },
  };
  client.use(edge);
  return client;
}

/** An `Idempotency-Key`: one for each thing somebody wants, however often it is sent. */
export function idempotencyKey(): string {
  return crypto.randomUUID();
}

/** What an answer holds. For the routes that answer with a body. */
export async function body<T>(answer: Promise<{ data?: T }>): Promise<T> {
  const { data } = await answer;
  return data as T;
}

/**
 * The items of a list, page after page, by the links that the pages hold.
 *
 * The argument asks for one page: `(after) => client.GET('/v1/courts', { params: { query: { after } } })`.
 */
export async function* everyPage<T>(
  page: (after: string | undefined) => Promise<{ data?: { items: T[]; next?: string | null } }>,
): AsyncGenerator<T, void, undefined> {
  let after: string | undefined;
  do {
    const { items, next } = await body(page(after));
    yield* items;
    after = (next && new URL(next, 'http://next.invalid').searchParams.get('after')) || undefined;
  } while (after);
}

function isQuery(request: Request): boolean {
  return request.method === 'GET' || request.method === 'HEAD';
}

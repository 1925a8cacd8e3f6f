// The client that everything here asks through: as whoever is logged in, with one refresh and one repetition where a token
// had just ended.
import { type Courtside, courtside } from 'courtside-client';
import { hear } from './clock';
import { settings } from './config';
import { accessToken, renew } from './session';

export type { Money, Schemas } from 'courtside-client';
export { ProblemError, body, everyPage, idempotencyKey } from 'courtside-client';

export let api: Courtside;

export function startApi(): void {
  api = courtside({ baseUrl: settings().api_url || location.origin, accessToken, fetch: ask });
}

/** Where the page after this one begins, by the link that a page of a list holds. */
export function afterOf(next: string | null | undefined): string | undefined {
  return (next && new URL(next, location.origin).searchParams.get('after')) || undefined;
}

async function ask(request: Request): Promise<Response> {
  const again = request.clone();
  const answer = isQuery(request) ? await patiently(request) : await timed(request);
  if (answer.status !== 401 || !request.headers.has('authorization')) return answer;
  const token = await renew(request.headers.get('authorization')?.slice('Bearer '.length));
  if (!token) return answer;
  again.headers.set('authorization', `Bearer ${token}`);
  return timed(again);
}

/** A read that is behind, or a server that is full for a moment, says when to ask again. */
async function patiently(request: Request): Promise<Response> {
  for (let tries = 1; ; tries++) {
    const answer = await timed(request.clone());
    const wait = Number(answer.headers.get('retry-after') ?? NaN);
    if (answer.status !== 503 || tries === MOST_TRIES || !(wait <= LONGEST_WAIT)) return answer;
    await new Promise((done) => setTimeout(done, wait * 1000));
  }
}

/** Somebody is looking at the page meanwhile. */
const MOST_TRIES = 3;
const LONGEST_WAIT = 5;

function isQuery(request: Request): boolean {
  return request.method === 'GET';
}

async function timed(request: Request): Promise<Response> {
  const asked = Date.now();
  const answer = await fetch(request);
  hear(answer, asked);
  return answer;
}

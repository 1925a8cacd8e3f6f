// Venues and courts by their names: asked for once, and again when one is met that is not known.
import { signal } from '@preact/signals';
import { type Schemas, api, everyPage } from '../api';
import type { Rules } from './grid';

export type Venue = Schemas['Venue'];

export const venues = signal<Venue[] | undefined>(undefined);
const courts = signal<Map<string, Schemas['Court']>>(new Map());

let asking: Promise<Venue[]> | undefined;

/** Who asks while an answer is on its way waits for that one. */
export function readVenues(): Promise<Venue[]> {
  return (asking ??= askVenues().finally(() => (asking = undefined)));
}

async function askVenues(): Promise<Venue[]> {
  const found: Venue[] = [];
  const page = (after: string | undefined) => api.GET('/v1/venues', { params: { query: paged(after) } });
  for await (const it of everyPage<Venue>(page)) found.push(it);
  return (venues.value = found);
}

export async function readCourts(): Promise<void> {
  const found = new Map<string, Schemas['Court']>();
  const page = (after: string | undefined) => api.GET('/v1/courts', { params: { query: paged(after) } });
  for await (const it of everyPage<Schemas['Court']>(page)) found.set(it.code, it);
  courts.value = found;
}

export function courtName(code: string): string {
  return courts.value.get(code)?.name ?? code;
}

export function venueName(id: string): string {
  return venues.value?.find((it) => it.id === id)?.name ?? id;
}

export function rulesOf(venue: Venue): Rules {
  return venue.policy as unknown as Rules;
}

/** As few pages as may be. */
function paged(after: string | undefined) {
  return { limit: 200, ...(after ? { after } : {}) };
}

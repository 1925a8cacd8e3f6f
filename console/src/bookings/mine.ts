// What the caller has or is about to have: one list, for the grid and for the list of bookings.
import { computed, effect, signal } from '@preact/signals';
import { type Schemas, api, body } from '../api';
import { now, serverNow } from '../clock';
import { done } from '../queue/queue';
import { me } from '../session';

export type Booking = Schemas['Booking'];

const known = signal<Booking[]>([]);
/** Those that hold a place, by their start. */
export const mine = signal<Booking[]>([]);

const LIVE = ['held', 'confirmed', 'checked_in'];
/** Those of others that one plays along in. */
export const together = computed(() => known.value.filter((it) => it.participant && isLive(it, now.value)));

/** What began within this is still going on, or just over. */
const RECENT_MS = 12 * 60 * 60 * 1000;

export function isLive(it: Booking, at: number): boolean {
  const over = it.state === 'held' && it.expires_at && Date.parse(it.expires_at) <= at;
  return LIVE.includes(it.state) && !over;
}

/** One of them as it was last heard of, over or not. */
export function find(id: string): Booking | undefined {
  return known.value.find((it) => it.id === id);
}

export async function readMine(): Promise<void> {
  if (!me.value) return;
  const from = new Date(serverNow() - RECENT_MS).toISOString();
  const { items } = await body(api.GET('/v1/bookings', { params: { query: { from, limit: 200 } } }));
  known.value = items;
}

/** A command's answer is newer than any list. */
function take(booking: Booking): void {
  // A move to another day gives a new id; the reference stays.
  known.value = [...known.peek().filter((it) => it.reference !== booking.reference), booking];
}

export function startMine(): void {
  effect(() => {
    if (me.value) void readMine().catch(() => undefined);
    else known.value = [];
  });
  effect(() => {
    if (done.value?.booking) take(done.value.booking);
  });
  effect(() => {
    const at = serverNow();
    const own = known.value.filter((it) => isLive(it, at) && !it.participant && (!it.player || it.player === me.value?.id));
    mine.value = own.sort((a, b) => a.starts_at.localeCompare(b.starts_at));
  });
}

/** A hold that ran out is none any more. */
export function forgetExpired(at: number): void {
  if (mine.peek().some((it) => !isLive(it, at))) mine.value = mine.peek().filter((it) => isLive(it, at));
}

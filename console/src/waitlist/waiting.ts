// What the caller waits for, for the day they look at and for the list of their bookings. Asked for by the pages that show
// it, and again while they do: nobody tells a page that it was offered something.
import { effect, signal } from '@preact/signals';
import { type Schemas, api, body } from '../api';
import { type Booking, find, isLive, readMine } from '../bookings/mine';
import { courtName, rulesOf, venues } from '../courts/catalogue';
import { t } from '../i18n';
import { done } from '../queue/queue';
import { me } from '../session';
import { useEvery } from '../ui/load';

export type Waiting = Schemas['Waiting'];

/** `undefined` until it was asked for. */
export const waiting = signal<Waiting[] | undefined>(undefined);

/** Between two looks: a small part of how long the venue's offers stand, and no more than the quota of an address bears. */
const [SOONEST_MS, LATEST_MS, PART] = [3_000, 20_000, 1 / 20];

export async function readWaiting(): Promise<void> {
  const user = me.peek()?.id;
  if (!user) return;
  // A person waits for a few times a day: one page has them all.
  const { items } = await body(api.GET('/v1/me/waitlist', { params: { query: { limit: 200 } } }));
  if (user !== me.peek()?.id) return;
  waiting.value = items;
  // What is offered was held by somebody else than this page.
  if (items.some(({ offer }) => offer && !find(offer.booking))) await readMine();
}

/** Keeps it as it is by now, while it is looked at and there is something to come of it. */
export function useWaiting(): void {
  const at = (waiting.value ?? []).map((it) => venues.value?.find(({ id }) => id === it.venue));
  const stands = at.map((it) => (it ? rulesOf(it).hold_seconds * 1000 : Infinity));
  useEvery(Math.min(LATEST_MS, Math.max(SOONEST_MS, Math.min(...stands) * PART)), lookAgain);
}

async function lookAgain(): Promise<void> {
  if (!navigator.onLine || waiting.peek()?.length === 0) return;
  await readWaiting().catch(() => undefined);
}

/** What is held for whoever waited, as long as it is. */
export function offered({ offer }: Waiting, at: number): Booking | undefined {
  const booking = offer ? find(offer.booking) : undefined;
  return booking?.state === 'held' && isLive(booking, at) ? booking : undefined;
}

/** Whether they took what they were offered: the list says so some seconds later. */
export function isServed({ offer }: Waiting): boolean {
  const state = offer && find(offer.booking)?.state;
  return state === 'confirmed' || state === 'checked_in';
}

/** "60 minutes, Tennis, indoor" */
export function said({ minutes, court, kind, surface, indoor }: Omit<Schemas['JoinBody'], 'venue' | 'from' | 'to'>): string {
  const words = t().waitlist;
  const named = [kind, surface].map((it) => it && t().courts.kinds(it));
  const under = typeof indoor === 'boolean' && roof(indoor);
  const where = court ? courtName(court) : [...named, under].filter(Boolean).join(', ');
  return `${words.for_minutes(minutes)}, ${where || words.any_court}`;
}

export function roof(isIndoor: boolean): string {
  return isIndoor ? t().courts.indoor : t().waitlist.outdoor;
}

export function startWaiting(): void {
  effect(() => {
    if (!me.value) waiting.value = undefined;
  });
  done.subscribe((it) => {
    if (it?.kind === 'join-waitlist' || it?.kind === 'leave-waitlist') void readWaiting().catch(() => undefined);
  });
}

// What can be queued, and how each of it is sent. Nothing with a password in it, and nothing that waits is worth keeping
// a token for: those are asked at once, or not at all.
import { type Schemas, api, body } from '../api';

/** What each kind of intent is about. Stored: a name here never changes its meaning. */
export interface Wishes {
  hold: Schemas['HoldBody'];
  confirm: { booking: string };
  release: { booking: string };
  cancel: { booking: string };
  move: { booking: string; to: Schemas['MoveBody'] };
  'check-in': { booking: string };
  'mark-paid': { booking: string };
  reinstate: { booking: string; reason: string };
  'join-waitlist': Schemas['JoinBody'];
  'leave-waitlist': { waiting: string };
}

export type Kind = keyof Wishes;
export type Booking = Schemas['Booking'];

/** The booking as it is then, if it is about one. */
type Send<K extends Kind> = (wish: Wishes[K], key: string) => Promise<Booking | undefined>;

const COMMANDS: { [K in Kind]: Send<K> } = {
  hold: (wish, key) => body(api.POST('/v1/bookings', { params: { header: named(key) }, body: wish })),
  confirm: (wish, key) => body(api.POST('/v1/bookings/{id}/confirm', of(wish, key))),
  release: (wish, key) => body(api.POST('/v1/bookings/{id}/release', of(wish, key))),
  cancel: (wish, key) => body(api.POST('/v1/bookings/{id}/cancel', of(wish, key))),
  move: (wish, key) => body(api.POST('/v1/bookings/{id}/move', { ...of(wish, key), body: wish.to })),
  'check-in': (wish, key) => body(api.POST('/v1/bookings/{id}/check-in', of(wish, key))),
  'mark-paid': (wish, key) => body(api.POST('/v1/bookings/{id}/mark-paid', of(wish, key))),
  reinstate: (wish, key) =>
    body(api.POST('/v1/bookings/{id}/reinstate', { ...of(wish, key), body: { reason: wish.reason } })),
  'join-waitlist': async (wish, key) => {
    await api.POST('/v1/waitlist', { params: { header: named(key) }, body: wish });
    return undefined;
  },
  'leave-waitlist': async ({ waiting }, key) => {
    await api.DELETE('/v1/waitlist/{id}', { params: { path: { id: waiting }, header: named(key) } });
    return undefined;
  },
};

export function send<K extends Kind>(kind: K, wish: Wishes[K], key: string): Promise<Booking | undefined> {
  return COMMANDS[kind](wish, key);
}

/** What has to be sent one after the other: what is wanted of one booking, or of one place on a waitlist. */
export function subject(wish: Wishes[Kind], id: string): string {
  const { booking, waiting } = wish as { booking?: string; waiting?: string };
  return booking ?? waiting ?? id;
}

function named(key: string): { 'Idempotency-Key': string } {
  return { 'Idempotency-Key': key };
}

function of(wish: { booking: string }, key: string) {
  return { params: { path: { id: wish.booking }, header: named(key) } };
}

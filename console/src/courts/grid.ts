// The grid of a day, as what can be chosen in it: slots in rows, courts in columns, and what each of them is now.
import type { Schemas } from '../api';
import { type Taken, holder } from './taken';

export type Day = Schemas['VenueDay'];
export type Court = Schemas['CourtSlots'];
export type State = 'free' | 'held' | 'booked' | 'blocked' | 'past' | 'not_yet' | 'closed' | 'mine';

/** What a venue sells. */
export interface Rules {
  min_minutes: number;
  max_minutes: number;
  grid_minutes: number;
  hold_seconds: number;
  advance_days: number;
  full_refund_hours: number;
  late_refund_percent: number;
  payment: 'none' | 'at_venue' | 'required';
}

/** Slots in a row on one court. */
export interface Choice {
  court: string;
  /** Of the court's slots. */
  first: number;
  count: number;
}

export interface Own {
  court: string;
  starts_at: string;
  ends_at: string;
}

/** What each slot of a court is: by the events once they have come, and by the grid itself until then. */
export function statesOf(court: Court, taken: readonly Taken[] | undefined, own: readonly Own[], at: number): State[] {
  return court.slots.map((slot): State => {
    const [from, to] = [Date.parse(slot.starts_at), Date.parse(slot.ends_at)];
    const mine = own.some((it) => it.court === court.court && Date.parse(it.starts_at) < to && from < Date.parse(it.ends_at));
    if (mine) return 'mine';
    if (from <= at) return 'past';
    if (slot.state === 'closed' || slot.state === 'past') return slot.state;
    if (!taken) return slot.state === 'held' && slot.held_until && Date.parse(slot.held_until) <= at ? 'free' : slot.state;
    const has = holder(taken, court.court, from, to, at);
    if (has) return has.block ? 'blocked' : has.state === 'held' ? 'held' : 'booked';
    return slot.state === 'not_yet' ? 'not_yet' : 'free';
  });
}

/** The choice around a slot that somebody pointed at: forward from it, or else as far back as it takes. */
export function choose(court: string, states: readonly State[], at: number, wanted: number, least: number): Choice | undefined {
  if (states[at] !== 'free') return undefined;
  for (const count of [wanted, least]) {
    for (let first = at; 0 <= first && at < first + count; first--) {
      if (isFree(states, first, count)) return { court, first, count };
    }
  }
  return undefined;
}

/** A booking begins in a free slot; one that is only too far ahead to begin in may be played on in. */
export function isFree(states: readonly State[], first: number, count: number): boolean {
  const part = states.slice(first, first + count);
  return part.length === count && part[0] === 'free' && part.every((it) => it === 'free' || it === 'not_yet');
}

export function slotsIn(minutes: number, rules: Rules): number {
  return Math.max(1, Math.ceil(minutes / rules.grid_minutes));
}

/** How long a booking may be, in slots. */
export function lengths(rules: Rules): number[] {
  const [least, most] = [slotsIn(rules.min_minutes, rules), Math.floor(rules.max_minutes / rules.grid_minutes)];
  return Array.from({ length: Math.max(0, most - least + 1) }, (_, it) => least + it);
}

export function boundsOf(court: Court, { first, count }: Choice): { starts_at: string; ends_at: string } | undefined {
  const [start, end] = [court.slots[first], court.slots[first + count - 1]];
  return start && end && { starts_at: start.starts_at, ends_at: end.ends_at };
}

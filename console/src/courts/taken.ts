// What is taken of a venue's day, as the live events tell it (docs/live.md). Plain functions of what was known and what is
// said, so that the same story told twice comes to the same.

export type Taking = 'held' | 'booked' | 'blocked';

export interface Change {
  court: string;
  starts_at: string;
  ends_at: string;
  state: string;
  held_until: string | null;
  block: string | null;
  cause: string | null;
}

/** A stretch of a court that somebody or something has. */
export interface Taken {
  court: string;
  from: number;
  to: number;
  state: string;
  /** When a hold runs out: from then on the court is free, told or not. */
  until: number;
  block: string | null;
  cause: string | null;
}

/** A change takes the place of what was known of its stretch, and of its block if it is of one: those lie over one another. */
export function after(known: readonly Taken[], change: Change): Taken[] {
  const told = read(change);
  const rest = known.flatMap((it) =>
    it.court === told.court && it.block === told.block ? without(it, told.from, told.to) : [it],
  );
  return change.state === 'free' ? rest : [...rest, told];
}

export function read(it: Change): Taken {
  const until = it.held_until ? Date.parse(it.held_until) : Infinity;
  const { court, state, block, cause } = it;
  return { court, from: Date.parse(it.starts_at), to: Date.parse(it.ends_at), state, until, block, cause };
}

/** What has a stretch at a moment; blocks come before bookings. */
export function holder(taken: readonly Taken[], court: string, from: number, to: number, at: number): Taken | undefined {
  const there = taken.filter(
    (it) => it.court === court && it.from < to && from < it.to && (it.state !== 'held' || at < it.until),
  );
  return there.find((it) => it.block !== null) ?? there[0];
}

function without(it: Taken, from: number, to: number): Taken[] {
  const before = { ...it, to: Math.min(it.to, from) };
  const behind = { ...it, from: Math.max(it.from, to) };
  return [before, behind].filter((it) => it.from < it.to);
}

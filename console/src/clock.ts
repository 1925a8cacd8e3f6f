// The server's clock, as far as it can be known from its answers. What is held is held until a time of the server's, and
// a phone's clock may be minutes off.
import { signal } from '@preact/signals';

// The difference lies between these. A `Date` header is a whole second, cut off: each answer narrows them down.
let least = -Infinity;
let most = Infinity;

/** The present second, by the server's clock; components that read it are shown anew with it. */
export const now = signal(Date.now());

export function serverNow(): number {
  const apart = Number.isFinite(least) ? (least + most) / 2 : 0;
  return Date.now() + apart;
}

/** Takes in what an answer says of the time between it was asked for and came. */
export function hear(answer: Response, asked: number): void {
  const said = Date.parse(answer.headers.get('date') ?? '');
  if (Number.isNaN(said)) return;
  const [low, high] = [said - Date.now(), said + 1000 - asked];
  // Somebody set a clock: what was known before is of no use.
  if (high < least || most < low) [least, most] = [low, high];
  else [least, most] = [Math.max(least, low), Math.min(most, high)];
}

export function startClock(): void {
  setInterval(() => (now.value = serverNow()), 1000);
}

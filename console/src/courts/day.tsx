// A venue's day: its grid as it changes, and what somebody chose in it.
import { computed, useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { type Schemas, afterOf, api, body } from '../api';
import { mine } from '../bookings/mine';
import { now } from '../clock';
import { t } from '../i18n';
import { Show, useEvery, useLoad } from '../ui/load';
import { Waitlist, ahead } from '../waitlist/join';
import type { Venue } from './catalogue';
import { rulesOf } from './catalogue';
import { Chosen } from './chosen';
import { type Choice, type Court, type Day, type State, choose, slotsIn, statesOf } from './grid';
import { LiveDay } from './live';
import { Legend } from './legend';
import { Table } from './table';

type Booking = Schemas['Booking'];

/** What somebody else has, or nobody may have: it may become free. */
const TAKEN: State[] = ['held', 'booked', 'blocked'];
/** Hours, prices and new courts are in no event. */
const LOOK_AGAIN_MS = 5 * 60_000;

interface Props {
  venue: Venue;
  date: string;
  kind: string;
  /** A booking that is being moved. */
  moving: Booking | undefined;
}

export function VenueDay({ venue, date, kind, moving }: Props) {
  const grid = useLoad(() => readDay(venue.id, date), [venue.id, date]);
  useEvery(LOOK_AGAIN_MS, grid.again);
  const live = useMemo(() => new LiveDay(venue.id, date), [venue.id, date]);
  useEffect(() => () => live.close(), [live]);
  return <Show of={grid}>{(day) => <Loaded {...{ venue, day, kind, moving, live }} />}</Show>;
}

interface LoadedProps extends Omit<Props, 'date'> {
  day: Day;
  live: LiveDay;
}

function Loaded({ venue, day, kind, moving, live }: LoadedProps) {
  const words = t().courts;
  const rules = rulesOf(venue);
  const choice = useSignal<Choice | undefined>(undefined);
  const tooShort = useSignal(false);
  /** When a slot begins that somebody would have had, and cannot. */
  const missed = useSignal<string | undefined>(undefined);
  const waitlist = useRef<HTMLDetailsElement>(null);
  const courts = useMemo(() => day.items.filter((it) => !kind || it.kind === kind), [day, kind]);
  const states = useStates(courts, live);
  useEffect(() => void (choice.value = undefined), [day.date, venue.id, kind]);

  if (!day.opens_at) return <p class="note">{words.closed_that_day}</p>;

  function pick(column: number, slot: number) {
    const [court, of] = [courts[column], states[column]];
    if (!court || !of) return;
    const wanted = moving ? (Date.parse(moving.ends_at) - Date.parse(moving.starts_at)) / 60_000 : rules.min_minutes;
    const least = slotsIn(rules.min_minutes, rules);
    choice.value = choose(court.court, of, slot, slotsIn(wanted, rules), least);
    tooShort.value = of[slot] === 'free' && !choice.value;
    missed.value = tooShort.value || TAKEN.includes(of[slot] as State) ? court.slots[slot]?.starts_at : undefined;
  }

  function wait() {
    if (!waitlist.current) return;
    waitlist.current.open = true;
    waitlist.current.querySelector('summary')?.focus({ preventScroll: true });
    waitlist.current.scrollIntoView({ block: 'start' });
  }

  const canWait = !moving && 0 < ahead(day).length;
  const hint = tooShort.value ? words.too_short(rules.min_minutes) : missed.value ? words.is_taken : words.pick_hint;
  const column = courts.findIndex((it) => it.court === choice.value?.court);
  return (
    <div class="day">
      <div>
        <Table courts={courts} states={states} zone={day.zone} choice={choice.value} pick={pick} />
        <Legend isLive={live.isLive.value} minutes={rules.grid_minutes} />
        {canWait && <Waitlist at={waitlist} from={missed.value} {...{ venue, rules, day, kind }} />}
      </div>
      <Chosen
        {...{ venue, rules, moving, choice }}
        court={courts[column]}
        states={states[column]}
        date={day.date}
        hint={hint}
        wait={canWait ? wait : undefined}
      />
    </div>
  );
}

/** Shown anew when a slot becomes something else, and not with every second. */
function useStates(courts: Court[], live: LiveDay): State[][] {
  const drawn = useMemo(
    () => computed(() => courts.map((it) => statesOf(it, live.taken.value, mine.value, now.value).join()).join('|')),
    [courts, live],
  ).value;
  return useMemo(() => drawn.split('|').map((it) => it.split(',') as State[]), [drawn]);
}

async function readDay(id: string, date: string): Promise<Day> {
  const page = (after: string | undefined) => {
    const query = { limit: 200, ...(after ? { after } : {}) };
    return api.GET('/v1/venues/{id}/days/{date}', { params: { path: { id, date }, query } });
  };
  const day = await body(page(undefined));
  let next = afterOf(day.next);
  while (next) {
    const more: Day = await body(page(next));
    day.items.push(...more.items);
    next = afterOf(more.next);
  }
  return day;
}

// What somebody chose: how long, what it costs and on which terms, before anything is sent; then what came of it.
import { type Signal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { type Schemas, api, body } from '../api';
import { Held } from '../bookings/held';
import { mine } from '../bookings/mine';
import { type Guest, GuestFields, runsDesk, said } from '../desk/guest';
import { t } from '../i18n';
import { money, plus } from '../money';
import { told } from '../problems';
import { want } from '../queue/queue';
import { link, place } from '../router';
import { me } from '../session';
import { day, span, wall } from '../times';
import { Act, Wrong } from '../ui/form';
import type { Venue } from './catalogue';
import { type Choice, type Court, type Rules, type State, boundsOf, isFree, lengths } from './grid';
import { Terms } from './terms';

interface Props {
  venue: Venue;
  rules: Rules;
  moving: Schemas['Booking'] | undefined;
  choice: Signal<Choice | undefined>;
  court: Court | undefined;
  states: State[] | undefined;
  date: string;
  hint: string;
  /** Leads to the waitlist, where one can wait. */
  wait: (() => void) | undefined;
}

export function Chosen({ venue, rules, moving, choice, court, states, date, hint, wait }: Props) {
  const words = t().courts;
  const outcome = useSignal('');
  const booked = useSignal('');
  const guest = useSignal<Guest | undefined>(undefined);
  const chosen = choice.value;
  const bounds = court && chosen && boundsOf(court, chosen);
  useEffect(() => {
    if (bounds) outcome.value = booked.value = '';
  }, [bounds?.starts_at, bounds?.ends_at, court?.court]);

  const held = mine.value.find((it) => it.id === booked.value);
  if (booked.value) {
    return (
      <Panel title={held ? '' : words.hold_over}>
        {held && <Held booking={held} />}
        {!held && <p>{words.hold_over_text}</p>}
        <button type="button" class="quiet" onClick={() => (booked.value = '')}>
          {words.choose_another}
        </button>
      </Panel>
    );
  }
  if (!court || !chosen || !bounds || !states) {
    return (
      <Panel title="" isEmpty>
        {outcome.value ? <p class="note">{outcome.value}</p> : <p class="hint">{hint}</p>}
        {wait && (
          <button type="button" class="quiet" onClick={wait}>
            {t().waitlist.wait}
          </button>
        )}
      </Panel>
    );
  }

  const isThere = isFree(states, chosen.first, chosen.count);
  async function hold() {
    if (!court || !bounds) return;
    const about = { court: court.name, venue: venue.id, zone: venue.zone, ...bounds };
    const to = { court: court.court, ...bounds };
    const whom = guest.value ? { for: { guest: said(guest.value) } } : {};
    const came = await (moving ? want('move', { booking: moving.id, to }, about) : want('hold', { ...to, ...whom }, about));
    if (came.is === 'failed') {
      outcome.value = told(came.problem);
      return;
    }
    choice.value = undefined;
    if (came.is === 'waiting') outcome.value = words.queued;
    else if (moving) location.hash = link('bookings');
    else if (guest.value) location.hash = link('desk', venue.id, date);
    else if (came.booking) booked.value = came.booking.id;
    guest.value = undefined;
  }

  const then = `${link('log-in')}?then=${encodeURIComponent(link(...place.value.path))}`;
  return (
    <Panel title={`${court.name}`}>
      <p class="when">
        {day(bounds.starts_at, venue.zone)}, <strong>{span(bounds.starts_at, bounds.ends_at, venue.zone)}</strong>
      </p>
      <fieldset class="lengths">
        <legend>{words.how_long}</legend>
        {lengths(rules).map((count) => (
          <label key={count}>
            <input
              type="radio"
              name="length"
              checked={count === chosen.count}
              disabled={!isFree(states, chosen.first, count)}
              onChange={() => (choice.value = { ...chosen, count })}
            />
            <span>{count * rules.grid_minutes}</span>
          </label>
        ))}
      </fieldset>
      <Price venue={venue} court={court} choice={chosen} bounds={bounds} date={date} />
      <Terms rules={rules} starts_at={bounds.starts_at} zone={venue.zone} />
      {!moving && runsDesk(venue.id) && <GuestFields guest={guest} />}
      {!isThere && <Wrong>{words.just_taken}</Wrong>}
      {outcome.value && <Wrong>{outcome.value}</Wrong>}
      <div class="actions">
        {me.value ? (
          <Act act={hold} kind="primary" disabled={!isThere || guest.value?.name === ''}>
            {moving ? words.move_here : words.hold}
          </Act>
        ) : (
          <a class="button primary" href={then}>
            {words.log_in_to_book}
          </a>
        )}
        <button type="button" class="quiet" onClick={() => (choice.value = undefined)}>
          {t().never_mind}
        </button>
      </div>
    </Panel>
  );
}

interface PriceProps {
  venue: Venue;
  court: Court;
  choice: Choice;
  bounds: { starts_at: string; ends_at: string };
  date: string;
}

/** The price as the server has it, which rounds once for the whole; the slots' sum until it has answered. */
function Price({ venue, court, choice, bounds, date }: PriceProps) {
  const slots = court.slots.slice(choice.first, choice.first + choice.count);
  const sum = slots.map((it) => it.price as unknown).reduce(plus);
  const price = useSignal<unknown>(undefined);
  useEffect(() => {
    let isWanted = true;
    price.value = undefined;
    priceOf(venue, court.court, bounds, date).then(
      (it) => isWanted && (price.value = it),
      () => undefined,
    );
    return () => void (isWanted = false);
  }, [court.court, bounds.starts_at, bounds.ends_at]);
  return <p class="price">{money(price.value ?? sum)}</p>;
}

async function priceOf(venue: Venue, court: string, bounds: { starts_at: string; ends_at: string }, date: string) {
  const [from, to] = [wall(bounds.starts_at, venue.zone), wall(bounds.ends_at, venue.zone)];
  const query = { date, start_time: from.time, end_time: to.time, venue: venue.id, limit: 200 };
  const { items } = await body(api.GET('/v1/courts/available', { params: { query } }));
  const found = items.find((it) => it.code === court);
  return found && Date.parse(found.starts_at) === Date.parse(bounds.starts_at) ? found.price : undefined;
}

function Panel(props: { title: string; isEmpty?: boolean; children: preact.ComponentChildren }) {
  return (
    <aside class={`chosen${props.isEmpty ? ' empty' : ''}`} aria-label={t().courts.your_choice} aria-live="polite">
      {props.title && <h2>{props.title}</h2>}
      {props.children}
    </aside>
  );
}

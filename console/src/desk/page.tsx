// `#/desk/<venue>/<date>`: who comes on a day, what is left to pay, what is closed, and what has to go back.
import { useEffect } from 'preact/hooks';
import { type Schemas, api, body } from '../api';
import { serverNow } from '../clock';
import type { Venue } from '../courts/catalogue';
import { DeskPage, VenueChoice } from '../courts/venues';
import { t } from '../i18n';
import { done } from '../queue/queue';
import { go, link, place } from '../router';
import { civil, plusDays, serviceDate } from '../times';
import { type Query, addressOf } from '../ui/filter';
import { Show, useEvery, useLoad } from '../ui/load';
import { Blocks } from './blocks';
import { Refunds } from './refunds';
import { Sheet } from './sheet';

/** Players cancel and come meanwhile. */
const LOOK_AGAIN_MS = 20_000;

export function Desk() {
  return <DeskPage title={t().desk.title}>{(own, first) => <AtVenue own={own} first={first} />}</DeskPage>;
}

function AtVenue({ own, first }: { own: Venue[]; first: Venue }) {
  const words = t().desk;
  const [, id, asked] = place.value.path;
  const venue = own.find((it) => it.id === id) ?? first;
  const today = serviceDate(serverNow(), venue.zone, venue.day_starts_at);
  const date = asked && /^\d{4}-\d\d-\d\d$/.test(asked) ? asked : today;
  const sheet = useLoad(
    async () => {
      const params = { path: { id: venue.id, date } };
      // JSON, since nothing else is asked for.
      return (await body(api.GET('/v1/venues/{id}/days/{date}/sheet', { params }))) as Schemas['DaySheet'];
    },
    [venue.id, date],
  );
  useEvery(LOOK_AGAIN_MS, sheet.again);
  useEffect(() => done.subscribe((it) => void (it && sheet.again())), [sheet.again]);
  return (
    <>
      <div class="where">
        <VenueChoice of={own} venue={venue} to={(id) => link('desk', id, date)} />
        <nav class="days" aria-label={t().courts.date}>
          <a class="button" href={link('desk', venue.id, plusDays(date, -1))} aria-label={words.day_before}>
            ←
          </a>
          <input
            type="date"
            aria-label={t().courts.date}
            value={date}
            onChange={(it) => it.currentTarget.value && go(link('desk', venue.id, it.currentTarget.value))}
          />
          <a class="button" href={link('desk', venue.id, plusDays(date, 1))} aria-label={words.day_after}>
            →
          </a>
        </nav>
        <a class="button primary" href={link('courts', venue.id, date)}>
          {words.book_guest}
        </a>
      </div>
      <h2 class="date">{civil(date, { weekday: 'long', day: 'numeric', month: 'long' })}</h2>
      <Show of={sheet}>
        {(day) => (
          <>
            <Sheet venue={venue} day={day} />
            <p>
              <a href={addressOf(['find', venue.id], boundsOf(day))}>{words.all_of_day}</a>
            </p>
            <Blocks venue={venue} day={day} again={sheet.again} />
          </>
        )}
      </Show>
      <Refunds venue={venue.id} />
    </>
  );
}

/** What begins on a day, as a list of bookings is asked for it. A day that is closed may have had bookings all the same. */
function boundsOf({ date, opens_at, closes_at }: Schemas['DaySheet']): Query {
  return { from: opens_at ?? `${date}T00:00:00Z`, to: closes_at ?? `${plusDays(date, 1)}T00:00:00Z` };
}

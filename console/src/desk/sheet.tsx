// The day sheet: by court and time, who comes, and what the desk does about it.
import { useSignal } from '@preact/signals';
import type { Schemas } from '../api';
import { Badge } from '../bookings/list';
import type { Venue } from '../courts/catalogue';
import { t } from '../i18n';
import { amount, money } from '../money';
import { told } from '../problems';
import { type Kind, want } from '../queue/queue';
import { span } from '../times';
import { ask } from '../ui/ask';
import { addressOf } from '../ui/filter';
import { Act, Wrong } from '../ui/form';

type Day = Schemas['DaySheet'];
type Court = Schemas['SheetCourt'];
type Booking = Schemas['SheetBooking'];

export function Sheet({ venue, day }: { venue: Venue; day: Day }) {
  const words = t().desk;
  const wanted = useSignal('');
  const busy = day.items.filter((it) => it.bookings.length);
  if (!busy.length) return <p class="note">{words.nobody}</p>;
  const shown = busy.map((court) => ({ court, bookings: court.bookings.filter((it) => isLike(it, wanted.value)) }));
  const found = shown.filter((it) => it.bookings.length);
  return (
    <>
      <label>
        {words.who}
        <input type="search" value={wanted.value} onInput={(it) => (wanted.value = it.currentTarget.value)} />
      </label>
      <p role="status">{!found.length && words.nobody_like_that}</p>
      <div class="sheet">
        {found.map(({ court, bookings }) => (
          <section class="card" key={court.court}>
            <h3>{court.name}</h3>
            <ul class="rows">
              {bookings.map((it) => (
                <Row key={it.id} {...{ venue, court }} zone={day.zone} booking={it} />
              ))}
            </ul>
          </section>
        ))}
      </div>
    </>
  );
}

/** By any part of what stands there, however it is written. */
function isLike({ name, phone, notes, reference }: Booking, wanted: string): boolean {
  const text = [name, phone, notes, reference].join(' ').toLocaleLowerCase();
  return wanted
    .toLocaleLowerCase()
    .split(/\s+/)
    .every((it) => text.includes(it));
}

interface RowProps {
  venue: Venue;
  court: Court;
  zone: string;
  booking: Booking;
}

function Row({ venue, court, zone, booking }: RowProps) {
  const words = t().desk;
  const outcome = useSignal('');
  const { starts_at, ends_at, state } = booking;
  const isPaid = amount(booking.due) <= 0;

  async function act(kind: Extract<Kind, 'check-in' | 'mark-paid' | 'cancel' | 'confirm'>) {
    if (kind === 'cancel' && !(await ask(words.cancel_title, booking.name ?? '', t().bookings.cancel))) return;
    const about = { court: court.name, venue: venue.id, zone, starts_at, ends_at };
    const came = await want(kind, { booking: booking.id }, about);
    outcome.value = came.is === 'failed' ? told(came.problem) : came.is === 'waiting' ? t().courts.queued : '';
  }

  return (
    <li>
      <strong>{span(starts_at, ends_at, zone)}</strong>
      <span class="who">
        {booking.player ? (
          <a href={addressOf(['find', venue.id], { player: booking.player })}>{booking.name ?? words.no_name}</a>
        ) : (
          (booking.name ?? words.no_name)
        )}
        {booking.phone && (
          <>
            {' · '}
            <a href={`tel:${booking.phone}`}>{booking.phone}</a>
          </>
        )}
        {booking.notes && <small>{booking.notes}</small>}
        <small>
          <code>{booking.reference}</code>
        </small>
      </span>
      <span>{isPaid ? words.paid : words.due(money(booking.due))}</span>
      <Badge state={state} />
      <div class="actions">
        {state === 'held' && <Act act={() => act('confirm')}>{t().bookings.confirm}</Act>}
        {state === 'confirmed' && <Act act={() => act('check-in')}>{words.check_in}</Act>}
        {!isPaid && state !== 'held' && <Act act={() => act('mark-paid')}>{words.mark_paid}</Act>}
        {state === 'confirmed' && (
          <Act act={() => act('cancel')} kind="quiet">
            {t().bookings.cancel}
          </Act>
        )}
      </div>
      {outcome.value && <Wrong>{outcome.value}</Wrong>}
    </li>
  );
}

// A hold: whose time runs by the server's clock, and what to do before it has run out.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { api, body, idempotencyKey } from '../api';
import { now } from '../clock';
import { courtName, rulesOf, venueName, venues } from '../courts/catalogue';
import { t } from '../i18n';
import { money } from '../money';
import { told } from '../problems';
import { want } from '../queue/queue';
import { link } from '../router';
import { countdown, day, span } from '../times';
import { Act, Wrong } from '../ui/form';
import { type Booking, readMine } from './mine';

export function aboutOf(it: Booking) {
  const { starts_at, ends_at, local, venue } = it;
  return { court: courtName(it.court), venue, zone: local.zone, starts_at, ends_at };
}

export function Held({ booking }: { booking: Booking }) {
  const words = t().bookings;
  const { zone } = booking.local;
  return (
    <div class="held">
      <h2>{booking.state === 'held' ? words.held_for_you : words.is_yours}</h2>
      <p class="when">
        {courtName(booking.court)}, {venueName(booking.venue)}
        <br />
        {day(booking.starts_at, zone)}, <strong>{span(booking.starts_at, booking.ends_at, zone)}</strong>
      </p>
      <p class="price">{money(booking.price)}</p>
      {booking.state === 'held' ? (
        <Confirm booking={booking} />
      ) : (
        <p>
          {words.reference} <code>{booking.reference}</code> · <a href={link('bookings')}>{words.title}</a>
        </p>
      )}
    </div>
  );
}

/** Its countdown, and the ways on: confirm or pay, or give it back. To whom it was offered, the same has other names. */
export function Confirm({ booking, names = t().bookings }: { booking: Booking; names?: { confirm: string; release: string } }) {
  const outcome = useSignal('');
  // The venue takes no word for it: it wants to be paid first. What it wanted when this was held is the server's to know.
  const venue = venues.value?.find((it) => it.id === booking.venue);
  const mustPay = useSignal(venue !== undefined && rulesOf(venue).payment === 'required');

  async function act(kind: 'confirm' | 'release') {
    outcome.value = '';
    const came = await want(kind, { booking: booking.id }, aboutOf(booking));
    if (came.is === 'waiting') outcome.value = t().courts.queued;
    if (came.is !== 'failed') return;
    if (came.problem.type.endsWith('/payment-required')) mustPay.value = true;
    else outcome.value = told(came.problem);
  }

  return (
    <>
      {booking.expires_at && <Countdown until={booking.expires_at} />}
      {mustPay.value && <Pay booking={booking} />}
      {outcome.value && <Wrong>{outcome.value}</Wrong>}
      <div class="actions">
        {!mustPay.value && (
          <Act act={() => act('confirm')} kind="primary">
            {names.confirm}
          </Act>
        )}
        <Act act={() => act('release')} kind="quiet">
          {names.release}
        </Act>
      </div>
    </>
  );
}

/** Said aloud when a minute is left, and ten seconds: not every one. */
const SAID = [60, 10];

export function Countdown({ until }: { until: string }) {
  const words = t().bookings;
  const left = Date.parse(until) - now.value;
  const seconds = Math.ceil(left / 1000);
  const said = SAID.filter((it) => seconds <= it).pop();
  return (
    <p class={`countdown${seconds <= 60 ? ' soon' : ''}`}>
      <span role="timer">{words.left(countdown(left))}</span>
      <span class="unseen" role="status">
        {said !== undefined && 0 < seconds ? words.seconds_left(said) : ''}
      </span>
    </p>
  );
}

/** How often it is looked whether the provider has told, once whoever pays is back from their page. */
const LOOK_MS = 2_000;

function Pay({ booking }: { booking: Booking }) {
  const words = t().bookings;
  const checkout = useSignal<string | undefined>(undefined);
  async function start() {
    const params = { path: { id: booking.id }, header: { 'Idempotency-Key': idempotencyKey() } };
    const started = await body(api.POST('/v1/bookings/{id}/payments', { params }));
    checkout.value = new URL(started.checkout_url, location.origin).href;
    await readMine();
  }
  useEffect(() => {
    if (!checkout.value) return;
    const look = () => document.visibilityState === 'visible' && void readMine().catch(() => undefined);
    const timer = setInterval(look, LOOK_MS);
    return () => clearInterval(timer);
  }, [checkout.value]);
  if (!checkout.value) {
    return (
      <div class="actions">
        <Act act={start} kind="primary">
          {words.pay(money(booking.due ?? booking.price))}
        </Act>
      </div>
    );
  }
  return (
    <p class="note">
      {words.pay_there}{' '}
      <a href={checkout.value} target="_blank" rel="noopener noreferrer">
        {words.checkout}
      </a>
    </p>
  );
}

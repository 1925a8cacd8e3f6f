// A booking as the desk finds it: what is known of it, what happened to it, and what can be done about it.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ProblemError, type Schemas, api, body, idempotencyKey } from '../api';
import { aboutOf } from '../bookings/held';
import { Badge } from '../bookings/list';
import { now } from '../clock';
import { courtName, venueName, venues } from '../courts/catalogue';
import { t } from '../i18n';
import { amount, money } from '../money';
import { done, want } from '../queue/queue';
import { link } from '../router';
import { day, serviceDate, span } from '../times';
import { ask } from '../ui/ask';
import { Facts } from '../ui/facts';
import { addressOf } from '../ui/filter';
import { Act, Form } from '../ui/form';
import { Show, useLoad } from '../ui/load';
import { History } from './history';

type Listed = Schemas['Page_Booking']['items'][number];
type Whole = Schemas['BookingWithHistory'];

/** Those that can be brought back, as long as there is something left to play. */
const ENDED = ['expired', 'released', 'cancelled'];

export function Found({ booking }: { booking: Listed }) {
  const words = t().find;
  const isOpen = useSignal(false);
  const state = useSignal(booking.state);
  const { starts_at, ends_at, local, court, venue, guest, player } = booking;
  const name = guest?.name ?? (player ? words.has_account : t().desk.no_name);
  return (
    <details class="card person-card" data-booking={booking.id} onToggle={(it) => (isOpen.value = it.currentTarget.open)}>
      <summary>
        <h2>
          {day(starts_at, local.zone)}, {span(starts_at, ends_at, local.zone)}
        </h2>{' '}
        <Badge state={state.value} />
        <small>{[courtName(court), venueName(venue), name].join(' · ')}</small>
      </summary>
      {isOpen.value && <Details booking={booking} told={(it) => (state.value = it)} />}
    </details>
  );
}

/** As it is now: it may have changed since it was listed. */
function Details({ booking, told }: { booking: Listed; told: (state: string) => void }) {
  const { id } = booking;
  const whole = useLoad(async () => {
    const it = await body(api.GET('/v1/bookings/{id}', { params: { path: { id } } }));
    told(it.state);
    return it;
  }, [id]);
  useEffect(() => done.subscribe((it) => void (it?.booking?.id === id && whole.again())), [id, whole.again]);
  return (
    <Show of={whole}>
      {(it) => (
        <>
          <About booking={booking} whole={it} />
          <History of={it} />
          <Actions booking={booking} whole={it} again={whole.again} />
        </>
      )}
    </Show>
  );
}

interface Props {
  /** With whom it is for, where that is a guest. */
  booking: Listed;
  whole: Whole;
}

function About({ booking, whole }: Props) {
  const words = t().find;
  const { reference, price, paid, due, refund, venue, player, starts_at, local } = whole;
  const { guest } = booking;
  const facts: [string, string][] = [
    [t().bookings.reference, reference],
    [t().desk.guest.phone, guest?.phone ?? ''],
    [t().desk.guest.email, guest?.email ?? ''],
    [t().desk.guest.notes, guest?.notes ?? ''],
    [words.price, money(price)],
    [words.paid, amount(paid) ? money(paid) : ''],
    [words.left, due ? money(due) : ''],
    [words.back, refund ? money(refund) : ''],
  ];
  const at = venues.value?.find((it) => it.id === venue);
  const date = at && serviceDate(Date.parse(starts_at), local.zone, at.day_starts_at);
  return (
    <>
      <Facts of={facts} />
      <p>
        {date && <a href={link('desk', venue, date)}>{words.day}</a>}
        {date && player && ' · '}
        {player && <a href={addressOf(['find', venue], { player })}>{words.theirs}</a>}
      </p>
    </>
  );
}

function Actions({ booking, whole, again }: Props & { again: () => Promise<void> }) {
  const words = t().find;
  const outcome = useSignal('');
  const { id, state, starts_at, ends_at } = whole;
  const params = () => ({ path: { id }, header: { 'Idempotency-Key': idempotencyKey() } });
  const hasEnded = ENDED.includes(state);
  const isOver = Date.parse(ends_at) <= now.value;

  async function reinstate({ reason = '' }: Record<string, string>) {
    outcome.value = '';
    const came = await want('reinstate', { booking: id, reason }, aboutOf(whole));
    if (came.is === 'failed') throw new ProblemError(came.problem, undefined);
    if (came.is === 'waiting') outcome.value = t().courts.queued;
  }
  async function remind() {
    await api.POST('/v1/bookings/{id}/reminders', { params: params() });
    outcome.value = words.reminded;
  }
  async function forget() {
    if (!(await ask(words.forget, words.forget_text, words.forget))) return;
    await api.DELETE('/v1/bookings/{id}/guest', { params: params() });
    outcome.value = words.forgotten;
    await again();
  }
  return (
    <>
      {hasEnded && !isOver && (
        <>
          <p class="hint">{words.bring_back_text}</p>
          <Form
            action={words.bring_back}
            send={reinstate}
            fields={[{ name: 'reason', label: t().desk.reason, maxlength: 500, autocomplete: 'off' }]}
          />
        </>
      )}
      <div class="actions">
        {state === 'confirmed' && now.value < Date.parse(starts_at) && <Act act={remind}>{words.remind}</Act>}
        {booking.guest && (hasEnded || isOver) && (
          <Act act={forget} kind="quiet">
            {words.forget}
          </Act>
        )}
      </div>
      <p role="status">{outcome.value}</p>
    </>
  );
}

// `#/bookings`: what the caller has, and had.
import { useSignal } from '@preact/signals';
import { type Schemas, afterOf, api, body } from '../api';
import { now } from '../clock';
import { courtName, venueName } from '../courts/catalogue';
import { fullRefundUntil } from '../courts/terms';
import type { Rules } from '../courts/grid';
import { t } from '../i18n';
import { amount, money, share } from '../money';
import { told } from '../problems';
import { want } from '../queue/queue';
import { link } from '../router';
import { me } from '../session';
import { day, span } from '../times';
import { ask } from '../ui/ask';
import { Act, Wrong } from '../ui/form';
import { Show, useLoad } from '../ui/load';
import { Page } from '../ui/page';
import { WaitingList } from '../waitlist/list';
import { offered, readWaiting, waiting } from '../waitlist/waiting';
import { Confirm, aboutOf } from './held';
import { type Booking, isLive, mine, readMine, together } from './mine';
import { PlaysAlong, Together } from './together';

export function Bookings() {
  const words = t().bookings;
  const ahead = useLoad(() => Promise.all([readMine(), readWaiting()]).then(() => true), [me.value?.id]);
  // What is offered stands where it was waited for.
  const offers = (waiting.value ?? []).map((it) => offered(it, now.value)?.id);
  const shown = mine.value.filter((it) => isLive(it, now.value) && !offers.includes(it.id));
  return (
    <Page title={words.title}>
      <WaitingList />
      {shown.map((it) => (
        <Card key={it.id} booking={it} />
      ))}
      {together.value.map((it) => (
        <PlaysAlong key={it.id} booking={it} />
      ))}
      {!shown.length && !together.value.length && (
        <Show of={ahead}>
          {() => (
            <p class="note">
              {words.none} <a href={link('courts')}>{t().courts.title}</a>
            </p>
          )}
        </Show>
      )}
      <Past />
    </Page>
  );
}

function Card({ booking }: { booking: Booking }) {
  const words = t().bookings;
  const outcome = useSignal('');
  const { zone } = booking.local;
  const before = now.value < Date.parse(booking.starts_at);

  async function cancel() {
    const refund = refundOf(booking, now.value);
    const text = amount(booking.paid) || amount(booking.price) ? words.cancel_text(money(refund)) : '';
    if (!(await ask(words.cancel_title, text, words.cancel))) return;
    const came = await want('cancel', { booking: booking.id }, aboutOf(booking));
    outcome.value = came.is === 'failed' ? told(came.problem) : came.is === 'waiting' ? t().courts.queued : '';
  }

  return (
    <article class="card">
      <header>
        <h2>
          {day(booking.starts_at, zone)}, {span(booking.starts_at, booking.ends_at, zone)}
        </h2>
        <Badge state={booking.state} />
      </header>
      <p>
        {courtName(booking.court)} · {venueName(booking.venue)} · {money(booking.price)}
      </p>
      <p class="hint">
        {words.reference} <code>{booking.reference}</code>
      </p>
      {booking.state === 'held' && <Confirm booking={booking} />}
      {outcome.value && <Wrong>{outcome.value}</Wrong>}
      {booking.state === 'confirmed' && before && (
        <div class="actions">
          <a class="button" href={`${link('courts', booking.venue, booking.local.date)}?move=${encodeURIComponent(booking.id)}`}>
            {words.move}
          </a>
          <Act act={cancel} kind="quiet">
            {words.cancel}
          </Act>
        </div>
      )}
      {booking.state === 'confirmed' && before && <Together booking={booking} />}
    </article>
  );
}

export function Badge({ state }: { state: string }) {
  const words: Record<string, string> = t().bookings.states;
  return <span class={`badge ${state}`}>{words[state] ?? state}</span>;
}

/** What its terms give back now. */
function refundOf(booking: Booking, at: number) {
  const terms = booking.terms as unknown as Pick<Rules, 'full_refund_hours' | 'late_refund_percent'>;
  return share(booking.price, at <= fullRefundUntil(terms, booking.starts_at) ? 100 : terms.late_refund_percent);
}

function Past() {
  const words = t().bookings;
  const page = useSignal<string | undefined>(undefined);
  const items = useSignal<Schemas['Booking'][]>([]);
  const isOpen = useSignal(false);
  async function more() {
    const to = new Date(now.value).toISOString();
    const query = { to, ...(page.value ? { after: page.value } : {}) };
    const came = await body(api.GET('/v1/bookings', { params: { query } }));
    items.value = [...items.value, ...came.items].sort((a, b) => b.starts_at.localeCompare(a.starts_at));
    page.value = afterOf(came.next);
    isOpen.value = true;
  }
  return (
    <section class="past">
      {isOpen.value && <h2>{words.past}</h2>}
      {isOpen.value && !items.value.length && <p class="hint">{words.none_past}</p>}
      <ul class="rows">
        {items.value.map((it) => (
          <li key={it.id}>
            <span>
              {day(it.starts_at, it.local.zone)}, {span(it.starts_at, it.ends_at, it.local.zone)}
            </span>
            <span>{courtName(it.court)}</span>
            <Badge state={it.state} />
          </li>
        ))}
      </ul>
      {(!isOpen.value || page.value) && (
        <Act act={more} kind="quiet">
          {words.show_past}
        </Act>
      )}
    </section>
  );
}

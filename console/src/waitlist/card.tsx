// What somebody waits for, until it is theirs or they leave. An offer is a hold, and is answered as one.
import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { Confirm } from '../bookings/held';
import { find } from '../bookings/mine';
import { now } from '../clock';
import { courtName, venueName } from '../courts/catalogue';
import { t } from '../i18n';
import { money } from '../money';
import { told } from '../problems';
import { want } from '../queue/queue';
import { day, span } from '../times';
import { ask } from '../ui/ask';
import { Act, Wrong } from '../ui/form';
import { type Waiting, offered, said } from './waiting';

export function WaitingCard({ waiting, zone }: { waiting: Waiting; zone: string }) {
  const words = t().waitlist;
  const outcome = useSignal('');
  const { id, venue, from, to } = waiting;
  const booking = offered(waiting, now.value);
  const hasLapsed = useLapsed(waiting);

  async function leave() {
    if (!(await ask(words.leave_title, booking ? words.leave_offer : words.leave_text, words.leave))) return;
    const about = { court: said(waiting), venue, zone, starts_at: from, ends_at: to };
    const came = await want('leave-waitlist', { waiting: id }, about);
    outcome.value = came.is === 'failed' ? told(came.problem) : came.is === 'waiting' ? t().courts.queued : '';
  }

  return (
    <article class={`card${booking ? ' offer' : ''}`} data-waiting={id}>
      <header>
        <h3>
          {day(from, zone)}, {span(from, to, zone)}
        </h3>
        <span class={`badge${booking ? ' held' : ''}`}>{booking ? words.states.offered : words.states.waiting}</span>
      </header>
      <p>
        {said(waiting)} · {venueName(venue)}
      </p>
      <div role="status">
        {booking && (
          <p class="when">
            {words.held_for_you} <strong>{courtName(booking.court)}</strong>,{' '}
            <strong>{span(booking.starts_at, booking.ends_at, zone)}</strong>, {money(booking.price)}
          </p>
        )}
        {hasLapsed && <p class="note">{words.lapsed}</p>}
      </div>
      {booking && <Confirm key={booking.id} booking={booking} names={words.answers} />}
      {booking && <p class="hint">{words.if_not}</p>}
      {outcome.value && <Wrong>{outcome.value}</Wrong>}
      <div class="actions">
        <Act act={leave} kind="quiet">
          {words.leave}
        </Act>
      </div>
    </article>
  );
}

/** Whether what was offered here ran out, and nothing was offered since. The list itself has only what stands. */
function useLapsed({ offer }: Waiting): boolean {
  const last = useRef<string | undefined>(undefined);
  last.current = offer?.booking ?? last.current;
  const booking = last.current ? find(last.current) : undefined;
  if (!booking) return false;
  const isOver = booking.state === 'held' && !!booking.expires_at && Date.parse(booking.expires_at) <= now.value;
  return isOver || booking.state === 'expired';
}

import type { Schemas } from '../api';
import { t } from '../i18n';
import { me } from '../session';
import { moment } from '../times';

/** What happened to a booking, oldest first, by the venue's clock. */
export function History({ of }: { of: Schemas['BookingWithHistory'] }) {
  const words = t().find;
  const events: Record<string, string> = { ...t().bookings.states, ...words.events };
  return (
    <>
      <h3>{words.history}</h3>
      <ol class="timeline">
        {of.history.map((it) => (
          <li key={`${it.at} ${it.event}`}>
            <time dateTime={it.at}>{moment(it.at, of.local.zone)}</time>
            <strong>{events[it.event] ?? it.event.replaceAll('_', ' ')}</strong>
            <span>{by(it.actor, of.player)}</span>
          </li>
        ))}
      </ol>
    </>
  );
}

function by(actor: string | null | undefined, player: string | null | undefined): string {
  const words = t().find.bys;
  const user = actor?.startsWith('user:') && actor.slice('user:'.length);
  if (user && user === player) return words.player;
  if (user && user === me.value?.id) return words.me;
  if (actor?.startsWith('system:')) return words.system;
  if (actor?.startsWith('service:')) return words.service;
  return user || (actor ?? '');
}

import { useVenues } from '../courts/venues';
import { t } from '../i18n';
import { WaitingCard } from './card';
import { isServed, useWaiting, waiting } from './waiting';

/** Everything that the caller waits for. */
export function WaitingList() {
  const venues = useVenues().value.value;
  useWaiting();
  const shown = (waiting.value ?? []).filter((it) => !isServed(it));
  if (!venues || !shown.length) return null;
  const zone = (venue: string) => venues.find((it) => it.id === venue)?.zone ?? 'UTC';
  return (
    <section aria-labelledby="waitlist">
      <h2 id="waitlist">{t().waitlist.title}</h2>
      {shown.map((it) => (
        <WaitingCard key={it.id} waiting={it} zone={zone(it.venue)} />
      ))}
    </section>
  );
}

// `#/courts/<venue>/<date>`: where and when, and then the grid.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { api, body } from '../api';
import { serverNow } from '../clock';
import { t } from '../i18n';
import { link, place } from '../router';
import { civil, plusDays, serviceDate } from '../times';
import { Show, useLoad } from '../ui/load';
import { Page } from '../ui/page';
import { type Venue, rulesOf } from './catalogue';
import { VenueDay } from './day';
import { VenueChoice, useVenues } from './venues';

const KEPT = 'courtside-venue';

export function Courts() {
  const words = t().courts;
  const all = useVenues();
  return (
    <Page title={words.title} wide>
      <Show of={all}>{(all) => (all.length ? <AtVenue all={all} /> : <p class="note">{words.no_venue}</p>)}</Show>
    </Page>
  );
}

function AtVenue({ all }: { all: Venue[] }) {
  const words = t().courts;
  const [, id, date] = place.value.path;
  const move = place.value.query.get('move') ?? '';
  const venue = all.find((it) => it.id === (id ?? localStorage.getItem(KEPT))) ?? (all[0] as Venue);
  const today = serviceDate(serverNow(), venue.zone, venue.day_starts_at);
  const on = date && /^\d{4}-\d\d-\d\d$/.test(date) ? date : today;
  const kind = useSignal('');
  const kinds = useLoad(() => kindsOf(venue.id), [venue.id]).value.value ?? [];
  const moving = useLoad(async () => (move ? body(api.GET('/v1/bookings/{id}', { params: { path: { id: move } } })) : null), [move]);
  useEffect(() => {
    localStorage.setItem(KEPT, venue.id);
    kind.value = '';
  }, [venue.id]);
  const at = (venue: string, date: string) => link('courts', venue, date) + (move ? `?move=${encodeURIComponent(move)}` : '');
  return (
    <>
      {moving.value.value && (
        <p class="note">
          {words.moving(moving.value.value.reference)} <a href={link('bookings')}>{t().never_mind}</a>
        </p>
      )}
      <div class="where">
        <VenueChoice of={all} venue={venue} to={(id) => at(id, on)} />
        {1 < kinds.length && (
          <label>
            <span class="label">{words.kind}</span>
            <select value={kind.value} onChange={(it) => (kind.value = it.currentTarget.value)}>
              <option value="">{words.all_kinds}</option>
              {kinds.map((it) => (
                <option key={it} value={it}>
                  {words.kinds(it)}
                </option>
              ))}
            </select>
          </label>
        )}
      </div>
      <Dates today={today} on={on} days={rulesOf(venue).advance_days} to={(it) => at(venue.id, it)} />
      <p class="hint zone">{words.times_in(venue.zone)}</p>
      <VenueDay
        key={`${venue.id} ${on}`}
        venue={venue}
        date={on}
        kind={kind.value}
        moving={moving.value.value ?? undefined}
      />
    </>
  );
}

interface DatesProps {
  today: string;
  on: string;
  days: number;
  to: (date: string) => string;
}

function Dates({ today, on, days, to }: DatesProps) {
  const words = t().courts;
  const dates = Array.from({ length: Math.min(days, 31) + 1 }, (_, it) => plusDays(today, it));
  if (!dates.includes(on)) dates.unshift(on);
  useEffect(() => {
    document.querySelector('.dates [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [on]);
  return (
    <nav class="dates" aria-label={words.date}>
      {dates.map((it) => (
        <a key={it} href={to(it)} aria-current={it === on ? 'date' : undefined}>
          <span>{it === today ? words.today : civil(it, { weekday: 'short' })}</span>
          <strong>{civil(it, { day: 'numeric' })}</strong>
          <span>{civil(it, { month: 'short' })}</span>
        </a>
      ))}
    </nav>
  );
}

async function kindsOf(venue: string): Promise<string[]> {
  const { items } = await body(api.GET('/v1/courts', { params: { query: { venue, limit: 200 } } }));
  return [...new Set(items.map((it) => it.kind))].sort();
}

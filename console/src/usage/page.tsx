// `#/usage/<venue>`: how a venue's courts are used: by the hour and by the court, what was lost of holds, and the money.
import { useSignal } from '@preact/signals';
import { type Schemas, api, body } from '../api';
import { serverNow } from '../clock';
import { type Venue, courtName } from '../courts/catalogue';
import { DeskPage, VenueChoice } from '../courts/venues';
import { locale, t } from '../i18n';
import { money, plus } from '../money';
import { link, place } from '../router';
import { plusDays, serviceDate } from '../times';
import { type Bar, Bars } from '../ui/bars';
import { Act } from '../ui/form';
import { Show, useLoad } from '../ui/load';
import { save } from '../ui/save';

type Hour = Schemas['CourtHour'];

/** In days; the API gives no more than the last at once. */
const SPANS = [7, 28, 91];

export function Usage() {
  return <DeskPage title={t().usage.title}>{(own, first) => <AtVenue own={own} first={first} />}</DeskPage>;
}

function AtVenue({ own, first }: { own: Venue[]; first: Venue }) {
  const words = t().usage;
  const venue = own.find((it) => it.id === place.value.path[1]) ?? first;
  const span = useSignal(28);
  const to = serviceDate(serverNow(), venue.zone, venue.day_starts_at);
  const params = { path: { id: venue.id }, query: { from: plusDays(to, 1 - span.value), to } };
  const read = useLoad(
    // JSON, since nothing else is asked for.
    async () => (await body(api.GET('/v1/venues/{id}/statistics', { params }))) as Schemas['Statistics'],
    [venue.id, span.value, to],
  );
  async function keep() {
    const asked = { params: { ...params, query: { ...params.query, format: 'csv' } }, parseAs: 'blob' as const };
    save((await body<unknown>(api.GET('/v1/venues/{id}/statistics', asked))) as Blob, `${venue.id}-${to}.csv`);
  }
  return (
    <>
      <div class="where">
        <VenueChoice of={own} venue={venue} to={(id) => link('usage', id)} />
        <label>
          <span class="label">{words.span}</span>
          <select value={String(span.value)} onChange={(it) => (span.value = Number(it.currentTarget.value))}>
            {SPANS.map((it) => (
              <option key={it} value={String(it)}>
                {words.last_days(it)}
              </option>
            ))}
          </select>
        </label>
      </div>
      <Show of={read}>
        {({ items }) => (
          <>
            <Totals items={items} />
            <div class="charts">
              <section class="card">
                <Bars title={words.by_hour} of={barsBy(byTheDay(items, venue), ({ hour }) => hour, hourName)} />
              </section>
              <section class="card">
                <Bars title={words.by_court} of={barsBy(items, ({ court }) => court, courtName)} />
              </section>
            </div>
          </>
        )}
      </Show>
      <Act act={keep}>CSV</Act>
    </>
  );
}

function Totals({ items }: { items: Hour[] }) {
  const words = t().usage;
  const lost = items.reduce((sum, it) => sum + it.holds_lost, 0);
  const facts: [string, string][] = [
    [words.sold, percent(shareOf(items))],
    [words.lost, lost.toLocaleString(locale.value)],
    [words.prices, sums(items.flatMap((it) => it.prices as unknown[]))],
    [words.takings, sums(items.flatMap((it) => it.takings as unknown[]))],
  ];
  return (
    <dl class="tiles">
      {facts.map(([name, value]) => (
        <div key={name} class="card">
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Sold minutes of those that were for sale, for each hour or each court. */
function barsBy<K extends string | number>(items: Hour[], of: (it: Hour) => K, name: (it: K) => string): Bar[] {
  const keys = [...new Set(items.map(of))];
  const groups = keys.map((key) => ({ key, items: items.filter((it) => of(it) === key) }));
  return groups
    .filter(({ items }) => items.some((it) => it.for_sale_minutes || it.sold_minutes))
    .map(({ key, items }) => ({ name: name(key), share: shareOf(items), said: percent(shareOf(items)) }));
}

/** A venue's day may end after midnight: the hours in its own order. */
function byTheDay(items: Hour[], { day_starts_at }: Venue): Hour[] {
  const first = Number(day_starts_at.split(':')[0]);
  const place = ({ hour }: Hour) => (hour - first + 24) % 24;
  return [...items].sort((a, b) => place(a) - place(b));
}

function shareOf(items: Hour[]): number {
  const sold = items.reduce((sum, it) => sum + it.sold_minutes, 0);
  const there = items.reduce((sum, it) => sum + it.for_sale_minutes, 0);
  return there ? sold / there : 0;
}

function percent(share: number): string {
  return share.toLocaleString(locale.value, { style: 'percent', maximumFractionDigits: 0 });
}

function hourName(hour: number): string {
  const at = new Date(Date.UTC(2000, 0, 1, hour));
  return new Intl.DateTimeFormat(locale.value, { timeZone: 'UTC', hour: 'numeric', minute: '2-digit' }).format(at);
}

/** Never added across currencies. */
function sums(all: unknown[]): string {
  const byCurrency = new Map<string, unknown>();
  for (const it of all) {
    const { currency } = it as { currency: string };
    const before = byCurrency.get(currency);
    byCurrency.set(currency, before ? plus(before, it) : it);
  }
  return [...byCurrency.values()].map((it) => money(it)).join(', ') || '–';
}

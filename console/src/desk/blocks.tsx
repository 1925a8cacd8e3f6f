// Blocks: courts that nobody can play on for a while. Who would be hit is shown before anybody is.
import { useSignal } from '@preact/signals';
import { type Schemas, api, body, idempotencyKey } from '../api';
import { type Venue, courtName } from '../courts/catalogue';
import { t } from '../i18n';
import { money } from '../money';
import { clock, span } from '../times';
import { ask } from '../ui/ask';
import { Act, Form } from '../ui/form';
import { Show, useLoad } from '../ui/load';

type Day = Schemas['DaySheet'];
type Body = Schemas['BlockBody'];

interface Props {
  venue: Venue;
  day: Day;
  again: () => Promise<void>;
}

export function Blocks({ venue, day, again }: Props) {
  const words = t().desk;
  const blocks = day.items.flatMap((it) => it.blocks);
  async function lift({ id, court, starts_at, ends_at }: (typeof blocks)[number]) {
    await api.POST('/v1/venues/{id}/blocks/{block}/lift', {
      params: { path: { id: venue.id, block: id }, header: { 'Idempotency-Key': idempotencyKey() } },
      body: { courts: [court], starts_at, ends_at },
    });
    await again();
  }
  return (
    <details class="card">
      <summary>
        <h2>
          {words.blocks}
          {0 < blocks.length && ` (${blocks.length})`}
        </h2>
      </summary>
      <ul class="rows">
        {blocks.map((it) => (
          <li key={`${it.id} ${it.court}`}>
            <strong>{span(it.starts_at, it.ends_at, day.zone)}</strong>
            <span>{courtName(it.court)}</span>
            <span>{words.causes[it.cause as keyof typeof words.causes] ?? it.cause}</span>
            <Act act={() => lift(it)}>{words.lift}</Act>
          </li>
        ))}
      </ul>
      <NewBlock {...{ venue, day, again }} />
    </details>
  );
}

function NewBlock({ venue, day, again }: Props) {
  const words = t().desk;
  const preview = useSignal<{ body: Body; hit: Schemas['BlockedBooking'][] } | undefined>(undefined);
  // Times of the day's own grid: each is an instant already, on the days the clocks change too.
  const grid = useLoad(
    () => body(api.GET('/v1/venues/{id}/days/{date}', { params: { path: { id: venue.id, date: day.date } } })),
    [venue.id, day.date],
  );

  async function send(wish: Body, dry_run: boolean) {
    const header = { 'Idempotency-Key': idempotencyKey() };
    const params = { path: { id: venue.id }, query: { dry_run }, header };
    return body(api.POST('/v1/venues/{id}/blocks', { params, body: wish }));
  }

  async function look({ court = '', starts_at = '', ends_at = '', cause = 'other', reason = '' }: Record<string, string>) {
    const courts = court ? [court] : day.items.filter((it) => !it.retired).map((it) => it.court);
    const on_bookings = 'cancel_with_refund' as const;
    const wish = { courts, starts_at, ends_at, cause: cause as Body['cause'], on_bookings, ...(reason ? { reason } : {}) };
    const { parts } = await send(wish, true);
    preview.value = { body: wish, hit: parts.flatMap((it) => it.bookings) };
  }

  async function block() {
    const it = preview.value;
    if (!it) return;
    if (it.hit.length && !(await ask(words.block_title, words.would_cancel(it.hit.length), words.block))) return;
    await send(it.body, false);
    preview.value = undefined;
    await again();
  }

  const causes = ['maintenance', 'rain', 'other'] as const;
  return (
    <Show of={grid}>
      {({ items }) => {
        const slots = items[0]?.slots ?? [];
        const at = (it: string): [string, string] => [it, clock(it, day.zone)];
        return (
          <>
            <h3>{words.new_block}</h3>
            <Form
              action={words.preview}
              send={look}
              fields={[
                {
                  name: 'court',
                  label: words.court,
                  optional: true,
                  options: [['', words.all_courts], ...day.items.map((it): [string, string] => [it.court, it.name])],
                },
                { name: 'starts_at', label: words.from, options: slots.map((it) => at(it.starts_at)) },
                { name: 'ends_at', label: words.to, options: slots.map((it) => at(it.ends_at)), value: slots.at(-1)?.ends_at ?? '' },
                { name: 'cause', label: words.cause, options: causes.map((it) => [it, words.causes[it]]) },
                { name: 'reason', label: words.reason, optional: true, maxlength: 500 },
              ]}
            />
            {preview.value && (
              <div class="note" role="status">
                <p>{words.would_cancel(preview.value.hit.length)}</p>
                <ul>
                  {preview.value.hit.map((it) => (
                    <li key={it.id}>
                      {span(it.starts_at, it.ends_at, day.zone)} · <code>{it.reference}</code> · {words.refunds(money(it.refund))}
                    </li>
                  ))}
                </ul>
                <div class="actions">
                  <Act act={block} kind="danger">
                    {words.block}
                  </Act>
                </div>
              </div>
            )}
          </>
        );
      }}
    </Show>
  );
}

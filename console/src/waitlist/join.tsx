// Where nothing suits: a time that somebody would play at, and on what kind of court. What becomes free is held for
// whoever has waited longest for one like it.
import { useSignal } from '@preact/signals';
import type { Ref } from 'preact';
import { ProblemError, type Schemas } from '../api';
import { serverNow } from '../clock';
import type { Venue } from '../courts/catalogue';
import { type Court, type Day, type Rules, lengths } from '../courts/grid';
import { t } from '../i18n';
import { want } from '../queue/queue';
import { link, place } from '../router';
import { me } from '../session';
import { clock } from '../times';
import { type Field, Form } from '../ui/form';
import { useLoad } from '../ui/load';
import { WaitingCard } from './card';
import { isServed, readWaiting, roof, said, useWaiting, waiting } from './waiting';

interface Props {
  venue: Venue;
  rules: Rules;
  day: Day;
  /** What else is looked at: what is chosen at first. */
  kind: string;
  from: string | undefined;
}

export function Waitlist({ at, ...props }: Props & { at: Ref<HTMLDetailsElement> }) {
  const words = t().waitlist;
  const isOpen = useSignal(false);
  return (
    <details class="card waitlist" ref={at} onToggle={(it) => (isOpen.value = it.currentTarget.open)}>
      <summary>
        <h2>{words.nothing_suits}</h2>
      </summary>
      {isOpen.value && <p>{words.text}</p>}
      {isOpen.value && (me.value ? <Join {...props} /> : <LogIn />)}
    </details>
  );
}

function LogIn() {
  const then = `${link('log-in')}?then=${encodeURIComponent(link(...place.value.path))}`;
  return (
    <a class="button primary" href={then}>
      {t().waitlist.log_in}
    </a>
  );
}

function Join(props: Props) {
  const { venue, day } = props;
  const words = t().waitlist;
  const outcome = useSignal('');
  useLoad(readWaiting, [me.value?.id, venue.id, day.date]);
  useWaiting();

  async function send({ from = '', to = '', minutes, kind, surface, indoor, court }: Record<string, string>) {
    outcome.value = '';
    const wish: Schemas['JoinBody'] = {
      venue: venue.id,
      from,
      to,
      minutes: Number(minutes),
      kind: kind || null,
      surface: surface || null,
      indoor: indoor ? indoor === 'true' : null,
      court: court || null,
    };
    const about = { court: said(wish), venue: venue.id, zone: venue.zone, starts_at: from, ends_at: to };
    const came = await want('join-waitlist', wish, about);
    if (came.is === 'failed') throw new ProblemError(came.problem, undefined);
    outcome.value = came.is === 'waiting' ? t().courts.queued : words.joined;
  }

  const own = (waiting.value ?? []).filter((it) => isOn(day, it, venue.id) && !isServed(it));
  return (
    <>
      <Wish key={`${props.kind} ${props.from}`} {...props} send={send} />
      <div role="status">
        {outcome.value && (
          <p class="note">
            {outcome.value} <a href={link('bookings')}>{t().bookings.title}</a>
          </p>
        )}
      </div>
      {own.map((it) => (
        <WaitingCard key={it.id} waiting={it} zone={venue.zone} />
      ))}
    </>
  );
}

/** The form: when, how long, and what kind of court. */
function Wish({ rules, day, kind, from, send }: Props & { send: (typed: Record<string, string>) => Promise<void> }) {
  const words = t().waitlist;
  const chosen = useSignal<Record<string, string>>({ kind });
  const slots = ahead(day);
  const at = (it: string): [string, string] => [it, clock(it, day.zone)];
  const minutes = lengths(rules).map((it) => String(it * rules.grid_minutes));
  return (
    <Form
      action={words.join}
      send={send}
      heard={(name, value) => (chosen.value = { ...chosen.value, [name]: value })}
      fields={[
        { name: 'from', label: words.from, options: slots.map((it) => at(it.starts_at)), value: from ?? '' },
        { name: 'to', label: words.to, options: slots.map((it) => at(it.ends_at)), value: slots.at(-1)?.ends_at ?? '' },
        { name: 'minutes', label: t().courts.how_long, options: minutes.map((it) => [it, it]) },
        ...kinds(day.items, chosen.value),
      ]}
    />
  );
}

const NARROWING = ['kind', 'surface', 'indoor', 'court'] as const;

/**
 * What kind of court, by one question after the other. Each has the answers that the ones before have left, and is not
 * asked where it has but one: nobody can wait for what is not there.
 */
function kinds(courts: Court[], chosen: Record<string, string>): Field[] {
  const words = t().waitlist;
  const names: Record<(typeof NARROWING)[number], string> = {
    kind: t().courts.kind,
    surface: words.surface,
    indoor: words.roof,
    court: t().desk.court,
  };
  const fields: Field[] = [];
  let left = courts;
  for (const name of NARROWING) {
    const values = [...new Map(left.map((it): [string, string] => [String(it[name]), answer(it, name)]))];
    const value = values.find(([it]) => it === chosen[name])?.[0] ?? '';
    if (value) left = left.filter((it) => String(it[name]) === value);
    if (values.length < 2) continue;
    fields.push({ name, label: names[name], optional: true, value, options: [['', words.any], ...values] });
  }
  return fields;
}

function answer(it: Court, name: (typeof NARROWING)[number]): string {
  if (name === 'court') return it.name;
  if (name === 'indoor') return roof(it.indoor);
  return t().courts.kinds(it[name]);
}

/** The slots of a day that are still to come. */
export function ahead(day: Day) {
  return (day.items[0]?.slots ?? []).filter((it) => serverNow() < Date.parse(it.starts_at));
}

function isOn(day: Day, { venue, from, to }: { venue: string; from: string; to: string }, here: string): boolean {
  const [opens, closes] = [day.opens_at, day.closes_at].map((it) => Date.parse(it ?? ''));
  return venue === here && opens !== undefined && closes !== undefined && Date.parse(from) < closes && opens < Date.parse(to);
}

// `#/messages`: what has to be said to people and what became of it; what was given up is tried again.
import { useSignal } from '@preact/signals';
import { type Schemas, api, body, idempotencyKey } from '../api';
import { t } from '../i18n';
import { place } from '../router';
import { moment } from '../times';
import { Filter, useQuery } from '../ui/filter';
import { Act } from '../ui/form';
import { Page } from '../ui/page';
import { Pages } from '../ui/pages';
import { Tabs } from '../ui/tabs';

type Message = Schemas['OutboxMessage'];

/** As the API names them. Those that need somebody come first. */
const STATES = ['dead', 'pending', 'sent', 'expired'] as const;
/** As the API names them; more may come. */
const KINDS = [
  'verify-email',
  'verify-email-again',
  'reset-password',
  'password-set',
  'change-email',
  'email-changed',
  'login-locked',
  'new-device',
  'token-reused',
  'factor-removed',
  'address-taken',
  'booking-confirmed',
  'booking-cancelled',
  'reminder',
  'place-offered',
] as const;

export function Messages() {
  const words = t().messages;
  const query = useQuery();
  const state = STATES.find((it) => it === place.value.path[1]) ?? 'dead';
  const kinds = KINDS.map((it): [string, string] => [it, words.kinds[it]]);
  return (
    <Page title={words.title} wide>
      <p class="hint">{words.text}</p>
      <Tabs
        of="messages"
        title={words.title}
        parts={STATES.map((it): [string, string] => [it === 'dead' ? '' : it, words.states[it]])}
      />
      <Filter fields={[{ name: 'kind', label: words.kind, options: [['', t().audit.any], ...kinds] }]} />
      <Pages key={`${state} ${JSON.stringify(query)}`} page={(after) => read({ ...query, state, ...after })}>
        {(items) =>
          items.length ? (
            <ul class="rows">
              {items.map((it) => (
                <Row key={it.id} message={it} />
              ))}
            </ul>
          ) : (
            <p class="note">{words.none[state]}</p>
          )
        }
      </Pages>
    </Page>
  );
}

async function read(query: Record<string, string>): Promise<Schemas['Page_OutboxMessage']> {
  return body(api.GET('/v1/outbox', { params: { query } }));
}

function Row({ message }: { message: Message }) {
  const words = t().messages;
  const kinds: Record<string, string> = words.kinds;
  const { id, kind, state, last_error, mailed_because } = message;
  const isAsked = useSignal(false);
  async function resend() {
    const params = { path: { id }, header: { 'Idempotency-Key': idempotencyKey() } };
    await api.POST('/v1/outbox/{id}/resend', { params });
    isAsked.value = true;
  }
  return (
    <li data-message={kind}>
      <span class="who">
        <strong>{kinds[kind] ?? kind}</strong>
        <small>{historyOf(message)}</small>
        {last_error && <small>{last_error}</small>}
        {mailed_because && <small>{words.mailed_because(mailed_because)}</small>}
      </span>
      {isAsked.value && <span role="status">{words.resent}</span>}
      {state === 'dead' && !isAsked.value && <Act act={resend}>{t().try_again}</Act>}
    </li>
  );
}

/** When it ended, which way it went, how often it was tried, and when it is tried again. */
function historyOf(message: Message): string {
  const words = t().messages;
  const channels: Record<string, string> = words.channels;
  const { ended_at, channel, delivery, delivery_code, attempts, next_attempt_at, valid_until } = message;
  const parts = [
    ended_at && moment(ended_at),
    channel && (channels[channel] ?? channel),
    delivery && [delivery, delivery_code].filter(Boolean).join(' '),
    0 < attempts && words.attempts(attempts),
    next_attempt_at && words.next(moment(next_attempt_at)),
    !ended_at && words.until(moment(valid_until)),
  ];
  return parts.filter(Boolean).join(' · ');
}

// What a webhook was told, is being told or could not be told, the newest first.
import { useSignal } from '@preact/signals';
import { type Schemas, api, body, idempotencyKey } from '../api';
import { serverNow } from '../clock';
import { t } from '../i18n';
import { moment } from '../times';
import { Act } from '../ui/form';
import { Pages } from '../ui/pages';
import { LOOK_AGAIN_MS, type Webhook } from './page';

type Delivery = Schemas['WebhookDelivery'];

/** As the API names them. */
const STATES = ['pending', 'delivered', 'given_up'] as const;
const CLASSES: Record<string, string> = { pending: 'held', delivered: 'confirmed', given_up: 'failed' };
/** Somebody waits for what comes of it: for so long it is looked at more often. */
const [A_MOMENT_MS, LOOK_SOON_MS] = [30_000, 3_000];

export function Log({ webhook }: { webhook: Webhook }) {
  const words = t().webhooks;
  const state = useSignal('');
  const isStopped = webhook.state === 'stopped';
  return (
    <>
      <h3>{words.log}</h3>
      <label>
        <span class="label">{words.state}</span>
        <select value={state.value} onChange={(it) => (state.value = it.currentTarget.value)}>
          <option value="">{t().audit.any}</option>
          {STATES.map((it) => (
            <option key={it} value={it}>
              {words.deliveries[it]}
            </option>
          ))}
        </select>
      </label>
      <Pages
        key={state.value}
        page={(after) => read(webhook.id, state.value, after)}
        every={(items) => (items.some(isAwaited) ? LOOK_SOON_MS : LOOK_AGAIN_MS)}
      >
        {(items, again) =>
          items.length ? (
            <ul class="rows">
              {items.map((it) => (
                <Row key={it.id} webhook={webhook.id} delivery={it} isStopped={isStopped} again={again} />
              ))}
            </ul>
          ) : (
            <p class="note">{words.nothing}</p>
          )
        }
      </Pages>
    </>
  );
}

async function read(id: string, state: string, after: { after?: string }): Promise<Schemas['Page_WebhookDelivery']> {
  const query = { ...after, ...(state ? { state } : {}) };
  return body(api.GET('/v1/webhooks/{id}/deliveries', { params: { path: { id }, query } }));
}

function isAwaited({ state, attempts, since }: Delivery): boolean {
  return state === 'pending' && !attempts && serverNow() - Date.parse(since) < A_MOMENT_MS;
}

interface RowProps {
  webhook: string;
  delivery: Delivery;
  isStopped: boolean;
  again: () => Promise<void>;
}

function Row({ webhook, delivery, isStopped, again }: RowProps) {
  const words = t().webhooks;
  const states: Record<string, string> = words.deliveries;
  const { id, type, state, last_error } = delivery;
  async function redeliver() {
    const params = { path: { id: webhook, delivery: id }, header: { 'Idempotency-Key': idempotencyKey() } };
    await api.POST('/v1/webhooks/{id}/deliveries/{delivery}/redeliver', { params });
    await again();
  }
  return (
    <li data-delivery={type}>
      <span class="who">
        <code>{type}</code> <span class={`badge ${CLASSES[state] ?? ''}`}>{states[state] ?? state}</span>
        <small>{historyOf(delivery, isStopped)}</small>
        {last_error && <small>{last_error}</small>}
      </span>
      {state !== 'pending' && <Act act={redeliver}>{words.redeliver}</Act>}
    </li>
  );
}

/** Since when it had to be told, how often it was tried, what was answered last, and when it is tried again. */
function historyOf({ since, attempts, last_status, next_attempt_at }: Delivery, isStopped: boolean): string {
  const words = t().webhooks;
  const parts = [
    moment(since),
    0 < attempts && t().messages.attempts(attempts),
    last_status && words.answered(last_status),
    // Of one that is stopped nothing is tried.
    !isStopped && next_attempt_at && t().messages.next(moment(next_attempt_at)),
  ];
  return parts.filter(Boolean).join(' · ');
}

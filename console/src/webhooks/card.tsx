import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { api, body, idempotencyKey } from '../api';
import { t } from '../i18n';
import { moment } from '../times';
import { ask } from '../ui/ask';
import { Facts } from '../ui/facts';
import { Act } from '../ui/form';
import { Once } from '../ui/once';
import { Log } from './log';
import type { Webhook } from './page';

interface Props {
  webhook: Webhook;
  again: () => Promise<void>;
}

/** One webhook. */
export function Card({ webhook, again }: Props) {
  const words = t().webhooks;
  const { id, url, state, description, pending } = webhook;
  const states: Record<string, string> = words.states;
  const isOpen = useSignal(false);
  return (
    <details class="card" data-webhook={id} onToggle={(it) => (isOpen.value = it.currentTarget.open)}>
      <summary>
        <h2>{url}</h2>{' '}
        <span class={`badge ${state === 'active' ? 'confirmed' : 'failed'}`}>{states[state] ?? state}</span>
        <small>{[description, 0 < pending && words.waiting(pending)].filter(Boolean).join(' · ')}</small>
      </summary>
      {isOpen.value && <Opened webhook={webhook} again={again} />}
    </details>
  );
}

function Opened({ webhook, again }: Props) {
  const words = t().webhooks;
  const { id, types, added_at, secret_rotated_at, stopped_at, stopped_because } = webhook;
  const causes: Record<string, string> = words.causes;
  const secret = useSignal('');
  const tests = useSignal(0);
  // Asked once more after an answer that got lost, it is the same rotation: after a second one the first secret counts no more.
  const rotation = useRef(idempotencyKey());
  const params = (key = idempotencyKey()) => ({ path: { id }, header: { 'Idempotency-Key': key } });

  async function test() {
    await api.POST('/v1/webhooks/{id}/test', { params: params() });
    tests.value++;
    await again();
  }
  async function resume() {
    await api.POST('/v1/webhooks/{id}/resume', { params: params() });
    await again();
  }
  async function rotate() {
    if (!(await ask(words.rotate, words.rotate_text, words.rotate))) return;
    secret.value = (await body(api.POST('/v1/webhooks/{id}/secret', { params: params(rotation.current) }))).secret;
    rotation.current = idempotencyKey();
    await again();
  }
  async function remove() {
    if (!(await ask(words.remove_title, words.remove_text, t().account.remove))) return;
    await api.DELETE('/v1/webhooks/{id}', { params: params() });
    await again();
  }
  return (
    <>
      {stopped_at && (
        <p class="note wrong">
          {words.stopped(moment(stopped_at))} {stopped_because && (causes[stopped_because] ?? stopped_because)}
        </p>
      )}
      <Facts
        of={[
          [words.types, types.join(', ') || words.everything],
          [words.added, moment(added_at)],
          [words.rotated, secret_rotated_at ? moment(secret_rotated_at) : ''],
        ]}
      />
      {secret.value && <Once said={words.once} secret={secret.value} />}
      <div class="actions">
        {stopped_at && <Act act={resume}>{words.resume}</Act>}
        <Act act={test}>{words.test}</Act>
        <Act act={rotate}>{words.rotate}</Act>
        <Act act={remove} kind="danger">
          {t().account.remove}
        </Act>
      </div>
      <Log key={tests.value} webhook={webhook} />
    </>
  );
}

// What a projection could not apply: tried again, once its cause is mended, or given up.
import { useSignal } from '@preact/signals';
import { api, body, idempotencyKey } from '../api';
import { t } from '../i18n';
import { moment } from '../times';
import { ask } from '../ui/ask';
import { Act } from '../ui/form';
import { Show, useLoad } from '../ui/load';

export function Parked({ name, again }: { name: string; again: () => Promise<void> }) {
  const isOpen = useSignal(false);
  return (
    <details onToggle={(it) => (isOpen.value = it.currentTarget.open)}>
      <summary>{t().operator.parked_events}</summary>
      {isOpen.value && <List name={name} again={again} />}
    </details>
  );
}

function List({ name, again }: { name: string; again: () => Promise<void> }) {
  const words = t().operator;
  const reason = useSignal('');
  const list = useLoad(() => body(api.GET('/v1/projections/{name}/parked', { params: { path: { name } } })), [name]);
  const of = (event: string) => ({ path: { name, event }, header: { 'Idempotency-Key': idempotencyKey() } });
  async function retry(event: string) {
    await api.POST('/v1/projections/{name}/parked/{event}/retry', { params: of(event) });
    await Promise.all([list.again(), again()]);
  }
  async function skip(event: string) {
    if (!(await ask(words.skip_title, words.skip_text, words.skip))) return;
    await api.POST('/v1/projections/{name}/parked/{event}/skip', { params: of(event), body: { reason: reason.value.trim() } });
    await Promise.all([list.again(), again()]);
  }
  return (
    <Show of={list}>
      {({ items }) => (
        <>
          <label>
            {t().desk.reason}
            <input type="text" maxLength={500} value={reason.value} onInput={(it) => (reason.value = it.currentTarget.value)} />
          </label>
          <ul class="rows">
            {items.map((it) => (
              <li key={`${it.version} ${it.event}`}>
                <span class="who">
                  <code>{it.kind}</code> · {moment(it.parked_at)}
                  <small>{it.error ?? it.key}</small>
                </span>
                {it.state !== 'behind' && (
                  <span class="actions">
                    <Act act={() => retry(it.event)}>{words.retry}</Act>
                    <Act act={() => skip(it.event)} kind="quiet" disabled={!reason.value.trim()}>
                      {words.skip}
                    </Act>
                  </span>
                )}
              </li>
            ))}
          </ul>
        </>
      )}
    </Show>
  );
}

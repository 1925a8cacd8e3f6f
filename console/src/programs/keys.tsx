// A program's keys: another is issued, the program moves over to it, and the one before is revoked.
import { useSignal } from '@preact/signals';
import { type Schemas, api, body, idempotencyKey } from '../api';
import { now } from '../clock';
import { t } from '../i18n';
import { moment } from '../times';
import { ask } from '../ui/ask';
import { Act, Form } from '../ui/form';
import { Once } from '../ui/once';
import type { Program } from './page';

interface Props {
  program: Program;
  again: () => Promise<void>;
}

export function Keys({ program, again }: Props) {
  const words = t().programs;
  const key = useSignal('');
  async function issue({ expires_at = '' }: Record<string, string>) {
    const params = { path: { id: program.id }, header: { 'Idempotency-Key': idempotencyKey() } };
    const wanted = expires_at ? { expires_at: new Date(expires_at).toISOString() } : {};
    try {
      key.value = (await body(api.POST('/v1/service-accounts/{id}/keys', { params, body: wanted }))).key;
    } finally {
      // If the answer got lost, the list has a key that nobody knows, and somebody has to revoke.
      await again();
    }
  }
  return (
    <>
      <h3>{words.keys}</h3>
      {!program.keys.length && <p class="note">{words.no_key}</p>}
      <ul class="rows">
        {program.keys.map((it) => (
          <Key key={it.id} program={program.id} of={it} again={again} />
        ))}
      </ul>
      {key.value && <Once said={words.once} secret={key.value} />}
      <Form
        action={words.issue}
        send={issue}
        fields={[
          { name: 'expires_at', label: words.expires_at, type: 'datetime-local', hint: words.expires_hint, optional: true },
        ]}
      />
    </>
  );
}

function Key({ program, of, again }: { program: string; of: Schemas['ServiceAccountKey']; again: () => Promise<void> }) {
  const words = t().programs;
  const { id, issued_at, expires_at } = of;
  const isExpired = !!expires_at && Date.parse(expires_at) <= now.value;
  async function revoke() {
    if (!(await ask(words.revoke, words.revoke_text, words.revoke))) return;
    const params = { path: { id: program, key: id }, header: { 'Idempotency-Key': idempotencyKey() } };
    await api.DELETE('/v1/service-accounts/{id}/keys/{key}', { params });
    await again();
  }
  return (
    <li data-key={id}>
      <span class="who">
        <code>{id}</code>
        <small>
          {words.issued(moment(issued_at))} · {expires_at ? words.until(moment(expires_at)) : words.unbounded}
        </small>
      </span>
      {isExpired && <span class="badge failed">{words.expired}</span>}
      <Act act={revoke}>{words.revoke}</Act>
    </li>
  );
}

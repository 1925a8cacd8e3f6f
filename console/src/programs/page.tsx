// `#/programs`: the accounts of programs that act by themselves: what each may do, and its keys.
import { useSignal } from '@preact/signals';
import { type Schemas, api, body, everyPage, idempotencyKey } from '../api';
import { t } from '../i18n';
import { Show, useLoad } from '../ui/load';
import { Page } from '../ui/page';
import { Card } from './card';
import { Describe, type Described } from './describe';

export type Program = Schemas['ServiceAccount'];

export function Programs() {
  const words = t().programs;
  const list = useLoad(readAll, []);
  return (
    <Page title={words.title} wide>
      <p class="hint">{words.text}</p>
      <Create again={list.again} />
      <Show of={list}>
        {(items) =>
          items.length ? items.map((it) => <Card key={it.id} program={it} again={list.again} />) : <p class="note">{words.none}</p>
        }
      </Show>
    </Page>
  );
}

async function readAll(): Promise<Program[]> {
  const found: Program[] = [];
  const page = (after: string | undefined) =>
    api.GET('/v1/service-accounts', { params: { query: { limit: 200, ...(after ? { after } : {}) } } });
  for await (const it of everyPage<Program>(page)) found.push(it);
  return found;
}

function Create({ again }: { again: () => Promise<void> }) {
  const words = t().programs;
  const isOpen = useSignal(false);
  const created = useSignal('');
  async function create(described: Described) {
    const params = { header: { 'Idempotency-Key': idempotencyKey() } };
    created.value = (await body(api.POST('/v1/service-accounts', { params, body: described }))).name;
    isOpen.value = false;
    await again();
  }
  return (
    <>
      <details class="card" open={isOpen.value} onToggle={(it) => (isOpen.value = it.currentTarget.open)}>
        <summary>
          <h2>{words.create}</h2>
        </summary>
        {isOpen.value && <Describe action={t().account.save} send={create} />}
      </details>
      {created.value && <p role="status">{words.created(created.value)}</p>}
    </>
  );
}

import { useSignal } from '@preact/signals';
import { api, idempotencyKey } from '../api';
import { t } from '../i18n';
import { moment } from '../times';
import { ask } from '../ui/ask';
import { Facts } from '../ui/facts';
import { addressOf } from '../ui/filter';
import { Act } from '../ui/form';
import { Show, useLoad } from '../ui/load';
import { Describe, type Described } from './describe';
import { Keys } from './keys';
import type { Program } from './page';

interface Props {
  program: Program;
  again: () => Promise<void>;
}

/** One program. */
export function Card({ program, again }: Props) {
  const isOpen = useSignal(false);
  return (
    <details class="card" data-program={program.id} onToggle={(it) => (isOpen.value = it.currentTarget.open)}>
      <summary>
        <h2>{program.name}</h2>{' '}
        <span class="badges">
          {program.scopes.map((it) => (
            <span key={it} class="badge">
              {it}
            </span>
          ))}
        </span>
      </summary>
      {isOpen.value && <Opened program={program} again={again} />}
    </details>
  );
}

function Opened({ program, again }: Props) {
  const words = t().programs;
  const { id, name, venues, created_at } = program;
  const isChanging = useSignal(false);
  async function remove() {
    if (!(await ask(words.remove_title(name), words.remove_text, t().account.remove))) return;
    const params = { path: { id }, header: { 'Idempotency-Key': idempotencyKey() } };
    await api.DELETE('/v1/service-accounts/{id}', { params });
    await again();
  }
  async function changed() {
    isChanging.value = false;
    await again();
  }
  return (
    <>
      <Facts
        of={[
          ['Id', id],
          [words.made, moment(created_at)],
          [t().users.venues, venues?.join(', ') ?? ''],
        ]}
      />
      <p>
        <a href={addressOf(['audit', 'actions'], { by: 'service', actor: id })}>{words.did}</a>
        {' · '}
        <a href={addressOf(['audit', 'actions'], { about: id })}>{words.done_to}</a>
      </p>
      <Keys program={program} again={again} />
      {isChanging.value ? (
        <Change id={id} changed={changed} leave={() => (isChanging.value = false)} />
      ) : (
        <div class="actions">
          <button type="button" onClick={() => (isChanging.value = true)}>
            {words.change}
          </button>
          <Act act={remove} kind="danger">
            {t().account.remove}
          </Act>
        </div>
      )}
    </>
  );
}

/** What is changed is what was looked at: where somebody else was faster, the server says so. */
function Change({ id, changed, leave }: { id: string; changed: () => Promise<void>; leave: () => void }) {
  const kept = useLoad(async () => {
    const { data, response } = await api.GET('/v1/service-accounts/{id}', { params: { path: { id } } });
    return { program: data as Program, tag: response.headers.get('etag') ?? '' };
  }, [id]);
  async function send(tag: string, described: Described) {
    await api.PATCH('/v1/service-accounts/{id}', {
      params: { path: { id }, header: { 'If-Match': tag, 'Idempotency-Key': idempotencyKey() } },
      body: described,
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    await changed();
  }
  return (
    <Show of={kept}>
      {({ program, tag }) => (
        <Describe program={program} action={t().account.save} send={(it) => send(tag, it)}>
          <button type="button" class="quiet" onClick={leave}>
            {t().never_mind}
          </button>
        </Describe>
      )}
    </Show>
  );
}

// `#/audit`: who came to the door and who tried to, and what shows that nobody has changed it since.
import { useSignal } from '@preact/signals';
import { type Schemas, api, body } from '../api';
import { serverNow } from '../clock';
import { t } from '../i18n';
import { moment } from '../times';
import { Act, Form } from '../ui/form';
import { Show, useLoad } from '../ui/load';
import { Page } from '../ui/page';

type Login = Schemas['Login'];

/** As the API names them; more may come. */
const OUTCOMES = [
  'succeeded',
  'failed',
  'locked',
  'refused',
  'unlocked',
  'reauthenticated',
  'code_requested',
  'code_refused',
];
/** Nothing that anybody has to look into. */
const GOOD = ['succeeded', 'unlocked', 'reauthenticated', 'code_requested'];

export function Audit() {
  const words = t().audit;
  const query = useSignal<Record<string, string>>({});
  return (
    <Page title={words.title} wide>
      <details class="card" open={0 < Object.keys(query.value).length}>
        <summary>
          <h2>{words.filter}</h2>
        </summary>
        <Form
          action={words.show}
          send={async (typed) => {
            const filled = Object.entries(typed).filter(([, value]) => value);
            query.value = Object.fromEntries(filled.map(([name, value]) => [name, inUtc(name, value)]));
          }}
          fields={[
            { name: 'outcome', label: words.outcome, optional: true, options: [['', words.any], ...OUTCOMES.map((it): [string, string] => [it, said(it)])] },
            { name: 'ip', label: words.ip, optional: true },
            { name: 'user', label: words.user, hint: words.user_hint, optional: true },
            { name: 'from', label: words.from, type: 'datetime-local', optional: true },
            { name: 'to', label: words.to, type: 'datetime-local', optional: true },
          ]}
        />
      </details>
      <Logins key={JSON.stringify(query.value)} query={query.value} />
      <Checkpoint />
    </Page>
  );
}

function Logins({ query }: { query: Record<string, string> }) {
  const words = t().audit;
  const more = useSignal<Login[]>([]);
  const next = useSignal<string | undefined>(undefined);
  const page = async (after?: string) => {
    const params = { query: { ...query, ...(after ? { after } : {}) } };
    // JSON, since nothing else is asked for.
    const came = (await body(api.GET('/v1/audit/logins', { params }))) as Schemas['Page_Login'];
    next.value = came.next ? (new URL(came.next, location.origin).searchParams.get('after') ?? undefined) : undefined;
    return came.items;
  };
  const first = useLoad(() => page(), []);
  return (
    <Show of={first}>
      {(items) => (
        <>
          {!items.length && <p class="note">{words.none}</p>}
          <ol class="timeline">
            {[...items, ...more.value].map((it) => (
              <Entry key={it.event_id} login={it} />
            ))}
          </ol>
          {next.value && (
            <Act act={async () => (more.value = [...more.value, ...(await page(next.value))])} kind="quiet">
              {words.more}
            </Act>
          )}
        </>
      )}
    </Show>
  );
}

function Entry({ login }: { login: Login }) {
  const words = t().audit;
  return (
    <li>
      <time dateTime={login.at}>{moment(login.at)}</time>
      <span class={`badge ${GOOD.includes(login.outcome) ? 'confirmed' : 'failed'}`}>{said(login.outcome)}</span>
      <span class="who">
        <strong>{login.identifier ?? login.user ?? words.unknown}</strong>
        {login.reason && ` · ${login.reason}`}
        <small>
          {login.ip ?? words.erased}
          {login.user_agent && ` · ${login.user_agent}`}
        </small>
      </span>
    </li>
  );
}

/** What an auditor keeps, to ask later whether the history has only grown. */
function Checkpoint() {
  const words = t().audit;
  const year = new Date(serverNow()).getUTCFullYear();
  const note = useLoad(
    () => body(api.GET('/v1/audit/log/{year}/checkpoint', { params: { path: { year } }, parseAs: 'text' })),
    [year],
  );
  return (
    <section class="card">
      <h2>{words.checkpoint}</h2>
      <p class="hint">{words.checkpoint_text}</p>
      <Show of={note}>
        {(it) => (
          <>
            <p>{words.records(Number(it.split('\n')[1] ?? 0))}</p>
            <pre>{it}</pre>
            <Act act={async () => save(it, `checkpoint-${year}.txt`)}>{words.keep}</Act>
          </>
        )}
      </Show>
    </section>
  );
}

function save(text: string, name: string): void {
  const anchor = document.createElement('a');
  anchor.href = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  anchor.download = name;
  anchor.click();
  URL.revokeObjectURL(anchor.href);
}

function said(outcome: string): string {
  const words: Record<string, string> = t().audit.outcomes;
  return words[outcome] ?? outcome.replaceAll('_', ' ');
}

/** Typed by this machine's clock. */
function inUtc(name: string, value: string): string {
  return name === 'from' || name === 'to' ? new Date(value).toISOString() : value.trim();
}

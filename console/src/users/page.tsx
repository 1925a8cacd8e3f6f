// `#/users`: everybody's accounts, for administrators: found, and opened one at a time.
import { useSignal } from '@preact/signals';
import { type Schemas, api, body } from '../api';
import { now } from '../clock';
import { t } from '../i18n';
import { Filter, type Query, addressOf, useQuery } from '../ui/filter';
import { Page } from '../ui/page';
import { Pages } from '../ui/pages';
import { Panel } from './panel';

export type Account = Schemas['Account'];

export const ROLES = ['player', 'staff', 'auditor', 'operator', 'admin'] as const;

export function Users() {
  const words = t().users;
  const query = useQuery();
  const either: [string, string][] = [
    ['', t().audit.any],
    ['true', words.yes],
    ['false', words.no],
  ];
  return (
    <Page title={words.title} wide>
      <Filter
        fields={[
          { name: 'username', label: t().account.username, autocomplete: 'off' },
          { name: 'email', label: t().account.email, autocomplete: 'off' },
          { name: 'role', label: words.role, options: [['', t().audit.any], ...ROLES.map((it): [string, string] => [it, t().roles[it]])] },
          { name: 'locked', label: words.locked, options: either },
          { name: 'disabled', label: words.disabled, options: either },
        ]}
      />
      <p>
        <a href={addressOf(['users'], { locked: 'true' })}>{words.locked_now}</a>
      </p>
      <Pages key={JSON.stringify(query)} page={(after) => read({ ...query, ...after })}>
        {(items) => (items.length ? items.map((it) => <Person key={it.id} account={it} />) : <p class="note">{words.none}</p>)}
      </Pages>
    </Page>
  );
}

async function read({ locked, disabled, ...rest }: Query): Promise<Schemas['Page_Account']> {
  const query = { ...rest, ...truth('locked', locked), ...truth('disabled', disabled) };
  return body(api.GET('/v1/users', { params: { query } }));
}

function truth<K extends string>(name: K, said: string | undefined): { [it in K]?: boolean } {
  return said ? ({ [name]: said === 'true' } as { [it in K]?: boolean }) : {};
}

/** One account. What was done to it is looked up anew. */
function Person({ account }: { account: Account }) {
  const words = t().users;
  const it = useSignal(account);
  const isOpen = useSignal(false);
  const again = async () => {
    it.value = await body(api.GET('/v1/users/{id}', { params: { path: { id: account.id } } }));
  };
  const { username, display_name, email, role, erased, disabled, verified, second_factor } = it.value;
  const roles: Record<string, string> = t().roles;
  const isLocked = isLockedNow(it.value);
  return (
    <details class="card person-card" onToggle={(event) => (isOpen.value = event.currentTarget.open)}>
      <summary>
        <h2>{username ?? (erased ? words.erased : account.id)}</h2>{' '}
        <span class="badges">
          <span class={`badge ${role === 'player' ? '' : 'confirmed'}`}>{roles[role] ?? role}</span>
          {disabled && <span class="badge failed">{words.disabled}</span>}
          {isLocked && <span class="badge held">{words.locked}</span>}
          {!verified && <span class="badge held">{words.unverified}</span>}
          {second_factor && <span class="badge">{words.has_factor}</span>}
        </span>
        <small>{[display_name, email].filter(Boolean).join(' · ')}</small>
      </summary>
      {isOpen.value && <Panel account={it.value} again={again} />}
    </details>
  );
}

export function isLockedNow({ locked_until }: Account): boolean {
  return !!locked_until && now.value < Date.parse(locked_until);
}

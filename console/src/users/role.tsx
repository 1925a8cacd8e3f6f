import { useSignal } from '@preact/signals';
import { api, idempotencyKey } from '../api';
import { useVenues } from '../courts/venues';
import { t } from '../i18n';
import { Act } from '../ui/form';
import { Show } from '../ui/load';
import { type Account, ROLES } from './page';

interface Props {
  account: Account;
  because: () => { reason?: string };
  change: (title: string, text: string, send: () => Promise<unknown>) => Promise<void>;
}

/** Another role; for staff, at which venues. */
export function ChangeRole({ account, because, change }: Props) {
  const words = t().users;
  const role = useSignal(account.role);
  const at = useSignal(account.venues);
  const all = useVenues();
  const params = () => ({ path: { id: account.id }, header: { 'Idempotency-Key': idempotencyKey() } });
  const give = () =>
    change(words.give_role, words.give_role_text, () => {
      const places = role.value === 'staff' ? at.value : [];
      return api.PUT('/v1/users/{id}/role', { params: params(), body: { role: role.value, venues: places, ...because() } });
    });
  const isSame = role.value === account.role && [...at.value].sort().join() === [...account.venues].sort().join();
  return (
    <fieldset class="role">
      <legend>{words.role}</legend>
      <select aria-label={words.role} value={role.value} onChange={(it) => (role.value = it.currentTarget.value)}>
        {ROLES.map((it) => (
          <option key={it} value={it}>
            {t().roles[it]}
          </option>
        ))}
      </select>
      {role.value === 'staff' && (
        <Show of={all}>
          {(all) =>
            all.map(({ id, name }) => (
              <label key={id}>
                <input
                  type="checkbox"
                  checked={at.value.includes(id)}
                  onChange={(it) => {
                    const rest = at.value.filter((it) => it !== id);
                    at.value = it.currentTarget.checked ? [...rest, id] : rest;
                  }}
                />{' '}
                {name}
              </label>
            ))
          }
        </Show>
      )}
      <Act act={give} disabled={isSame}>
        {words.give_role}
      </Act>
    </fieldset>
  );
}

// What an administrator does to an account. Each of it is an event with a reason, for whoever looks later.
import { useSignal } from '@preact/signals';
import { api, idempotencyKey } from '../api';
import { t } from '../i18n';
import { link } from '../router';
import { me } from '../session';
import { moment } from '../times';
import { addressOf } from '../ui/filter';
import { ask } from '../ui/ask';
import { Facts } from '../ui/facts';
import { Act } from '../ui/form';
import { type Account, isLockedNow } from './page';
import { ChangeRole } from './role';

interface Props {
  account: Account;
  again: () => Promise<void>;
}

export function Panel({ account, again }: Props) {
  const words = t().users;
  const { id, phone, venues, registered_at, locked_until, erased, disabled, second_factor } = account;
  const isLocked = isLockedNow(account);
  const reason = useSignal('');
  const params = () => ({ path: { id }, header: { 'Idempotency-Key': idempotencyKey() } });
  const because = () => (reason.value.trim() ? { reason: reason.value.trim() } : {});

  /** Asks first where somebody loses something by it; then does it, and looks what came of it. */
  async function change(title: string, text: string, send: () => Promise<unknown>) {
    const given = reason.value;
    if (text && !(await ask(title, text, title))) return;
    await send();
    // Meanwhile somebody may have typed the next one.
    if (reason.value === given) reason.value = '';
    await again();
  }
  const unlock = () => change(words.unlock, '', () => api.POST('/v1/users/{id}/unlock', { params: params(), body: because() }));
  const disable = () =>
    change(words.disable, words.disable_text, () => api.POST('/v1/users/{id}/disable', { params: params(), body: because() }));
  const enable = () => change(words.enable, '', () => api.POST('/v1/users/{id}/enable', { params: params(), body: because() }));
  const revoke = () => change(words.revoke, words.revoke_text, () => api.POST('/v1/users/{id}/revoke-sessions', { params: params() }));
  const reset = () =>
    change(words.reset_factor, words.reset_factor_text, () =>
      api.POST('/v1/users/{id}/reset-second-factor', { params: params(), body: because() }),
    );
  const erase = () =>
    change(words.erase, words.erase_text, () =>
      api.POST('/v1/users/{id}/erase', { params: params(), body: { reason: reason.value.trim() } }),
    );

  const facts: [string, string][] = [
    ['Id', id],
    [words.registered, moment(registered_at)],
    [t().account.phone, phone ?? ''],
    [words.venues, venues.join(', ')],
    [words.locked_until, isLocked ? moment(locked_until ?? '') : ''],
  ];
  const isSelf = me.value?.id === id;
  return (
    <>
      <Facts of={facts} />
      <p>
        <a href={addressOf(['audit'], { user: id })}>{t().audit.parts['']}</a>
        {' · '}
        <a href={addressOf(['audit', 'actions'], { about: id })}>{t().audit.parts.actions}</a>
        {' · '}
        <a href={addressOf(['find'], { player: id })}>{words.bookings}</a>
      </p>
      {erased && <p class="note">{words.is_erased}</p>}
      {isSelf && (
        <p class="note">
          {words.is_self} <a href={link('account')}>{t().menu.account}</a>
        </p>
      )}
      {!erased && !isSelf && (
        <>
          <div class="field">
            <label>
              {words.reason}
              <input
                type="text"
                name="reason"
                maxLength={500}
                value={reason.value}
                onInput={(it) => (reason.value = it.currentTarget.value)}
              />
            </label>
            <p class="hint">{words.reason_hint}</p>
          </div>
          <div class="actions">
            {isLocked && <Act act={unlock}>{words.unlock}</Act>}
            {disabled ? <Act act={enable}>{words.enable}</Act> : <Act act={disable}>{words.disable}</Act>}
            <Act act={revoke}>{words.revoke}</Act>
            {second_factor && <Act act={reset}>{words.reset_factor}</Act>}
            <Act act={erase} kind="danger" disabled={!reason.value.trim()}>
              {words.erase}
            </Act>
          </div>
          <ChangeRole account={account} because={because} change={change} />
        </>
      )}
    </>
  );
}

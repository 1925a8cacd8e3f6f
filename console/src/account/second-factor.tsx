import { useSignal } from '@preact/signals';
import { type Schemas, api, body } from '../api';
import { t } from '../i18n';
import { hasSecondFactor } from '../session';
import { Act, Form } from '../ui/form';

/** Codes of an authenticator: set up, renewed, taken away. */
export function SecondFactor() {
  const words = t().account;
  const offer = useSignal<Schemas['Offer'] | undefined>(undefined);
  const codes = useSignal<string[]>([]);

  if (codes.value.length) {
    return (
      <>
        <p>{words.recovery_text}</p>
        <ul class="codes">
          {codes.value.map((it) => (
            <li key={it}>
              <code>{it}</code>
            </li>
          ))}
        </ul>
      </>
    );
  }
  if (offer.value) {
    return (
      <>
        <p>{words.offer_text}</p>
        <p>
          <code class="secret">{offer.value.secret}</code>
        </p>
        <p>
          <a href={offer.value.uri}>{words.open_authenticator}</a>
        </p>
        <Form
          action={words.confirm_code}
          fields={[{ name: 'code', label: words.code, autocomplete: 'one-time-code', inputmode: 'numeric' }]}
          send={async ({ code = '' }) => {
            codes.value = (await body(api.POST('/v1/me/second-factor/confirm', { body: { code } }))).recovery_codes;
          }}
        />
      </>
    );
  }
  const renew = async () => {
    codes.value = (await body(api.POST('/v1/me/second-factor/recovery-codes'))).recovery_codes;
  };
  return (
    <>
      <p>{hasSecondFactor.value ? words.factor_on : words.factor_text}</p>
      <div class="actions">
        <Act act={async () => (offer.value = await body(api.POST('/v1/me/second-factor')))}>{words.set_up}</Act>
        {hasSecondFactor.value && <Act act={renew}>{words.new_recovery}</Act>}
        {hasSecondFactor.value && (
          <Act act={() => api.DELETE('/v1/me/second-factor')} kind="quiet">
            {words.remove}
          </Act>
        )}
      </div>
    </>
  );
}

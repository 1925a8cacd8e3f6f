import { useSignal } from '@preact/signals';
import { api } from '../api';
import { t } from '../i18n';
import { go, link } from '../router';
import { Form } from '../ui/form';
import { Page } from '../ui/page';
import { Inbox } from './register';

/** A password that was forgotten: a code goes to the address, and with it comes another password. */
export function Forgotten() {
  const words = t().account;
  const sent = useSignal('');
  if (!sent.value) {
    return (
      <Page title={words.forgotten} narrow>
        <p>{words.forgotten_text}</p>
        <Form
          action={words.send_code}
          fields={[{ name: 'email', label: words.email, type: 'email', autocomplete: 'email' }]}
          send={async ({ email = '' }) => {
            await api.POST('/v1/password-resets', { body: { email } });
            sent.value = email;
          }}
        />
      </Page>
    );
  }
  return (
    <Page title={words.new_password} narrow>
      <p>{words.reset_text(sent.value)}</p>
      <Inbox />
      <Form
        action={words.set_password}
        fields={[
          { name: 'token', label: words.mailed_code, autocomplete: 'one-time-code' },
          { name: 'new_password', label: words.new_password, type: 'password', autocomplete: 'new-password' },
        ]}
        send={async ({ token = '', new_password = '' }) => {
          await api.POST('/v1/password-resets/confirm', { body: { token: token.trim(), new_password } });
          go(link('log-in'));
        }}
      />
    </Page>
  );
}

import { api } from '../api';
import { settings } from '../config';
import { t } from '../i18n';
import { go, link, place } from '../router';
import { Form } from '../ui/form';
import { Page } from '../ui/page';

/** Shorter ones are refused by the server; the browser says so sooner. */
const LEAST_PASSWORD = 12;

export function Register() {
  const words = t().account;
  async function send({ phone, ...typed }: Record<string, string>) {
    const { email = '', username = '', password = '', display_name = '' } = typed;
    const given = { email, username, password, display_name, ...(phone ? { phone } : {}) };
    await api.POST('/v1/registrations', { body: given });
    go(`${link('verify')}?email=${encodeURIComponent(email)}`);
  }
  return (
    <Page title={words.register} narrow>
      <Form
        send={send}
        action={words.register}
        fields={[
          { name: 'display_name', label: words.display_name, autocomplete: 'name', maxlength: 100 },
          { name: 'email', label: words.email, type: 'email', autocomplete: 'email' },
          { name: 'username', label: words.username, hint: words.username_hint, autocomplete: 'username' },
          {
            name: 'password',
            label: words.password,
            type: 'password',
            autocomplete: 'new-password',
            minlength: LEAST_PASSWORD,
            hint: words.password_hint(LEAST_PASSWORD),
          },
          { name: 'phone', label: words.phone, hint: words.phone_hint, type: 'tel', autocomplete: 'tel', optional: true },
        ]}
      />
      <p class="aside">
        <a href={link('log-in')}>{words.has_account}</a>
      </p>
    </Page>
  );
}

/** The code from the mail, typed or brought along by a link (`#/verify?token=…`). */
export function Verify() {
  const words = t().account;
  const { query } = place.value;
  const email = query.get('email') ?? '';
  return (
    <Page title={words.verify} narrow>
      <p>{words.verify_text(email)}</p>
      <Inbox />
      <Form
        action={words.verify}
        fields={[{ name: 'token', label: words.mailed_code, value: query.get('token') ?? '', autocomplete: 'one-time-code' }]}
        send={async ({ token = '' }) => {
          await api.POST('/v1/registrations/verify', { body: { token: token.trim() } });
          go(link('log-in'));
        }}
      />
      {email && (
        <p class="aside">
          <Resend email={email} />
        </p>
      )}
    </Page>
  );
}

function Resend({ email }: { email: string }) {
  const words = t().account;
  const resend = () => api.POST('/v1/registrations/resend', { body: { email } });
  return (
    <button type="button" class="quiet" onClick={() => void resend().catch(() => undefined)}>
      {words.resend}
    </button>
  );
}

export function Inbox() {
  const words = t().account;
  const inbox = `${settings().api_url}/dev/inbox`;
  if (!settings().demo) return null;
  return (
    <p class="note">
      {words.demo_inbox} <a href={inbox} target="_blank" rel="noopener">{`${location.host}/dev/inbox`}</a>
    </p>
  );
}

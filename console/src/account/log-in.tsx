import { useSignal } from '@preact/signals';
import { ProblemError } from '../api';
import { settings } from '../config';
import { t } from '../i18n';
import { go, link, place } from '../router';
import { logIn, wasEnded } from '../session';
import { type Field, Form } from '../ui/form';
import { Page } from '../ui/page';

export function LogIn() {
  const words = t().account;
  const asksCode = useSignal(false);
  const fields: Field[] = [
    { name: 'identifier', label: words.identifier, autocomplete: 'username' },
    { name: 'password', label: words.password, type: 'password', autocomplete: 'current-password' },
  ];
  if (asksCode.value) {
    fields.push({ name: 'code', label: words.code, hint: words.code_hint, autocomplete: 'one-time-code' });
  }
  async function send({ identifier = '', password = '', code }: Record<string, string>) {
    try {
      await logIn(identifier, password, code);
      go(place.value.query.get('then') ?? link('courts'));
    } catch (error) {
      if (!(error instanceof ProblemError) || error.kind !== 'code-required' || asksCode.value) throw error;
      asksCode.value = true;
    }
  }
  return (
    <Page title={words.log_in} narrow>
      {wasEnded.value && <p class="note">{words.was_ended}</p>}
      {asksCode.value && <p class="note">{words.code_needed}</p>}
      <Form fields={fields} action={words.log_in} send={send} />
      <p class="aside">
        <a href={link('register')}>{words.no_account}</a>
        <a href={link('forgotten')}>{words.forgotten}</a>
        {settings().demo && <span class="hint">{words.demo_logins}</span>}
      </p>
    </Page>
  );
}

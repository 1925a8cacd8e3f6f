import { useSignal } from '@preact/signals';
import { api, body } from '../api';
import { languages, t } from '../i18n';
import { Form } from '../ui/form';
import { Show, useLoad } from '../ui/load';

/** How messages are told: which way, in which language, by which clock. What this page speaks is the browser's own. */
export function Preferences() {
  const words = t().account;
  const isSaved = useSignal(false);
  const kept = useLoad(() => body(api.GET('/v1/me/preferences')), []);
  async function send({ reminders = '', language = '', clock = '', sms_number = '' }: Record<string, string>) {
    isSaved.value = false;
    const { response } = await api.GET('/v1/me/preferences');
    await api.PATCH('/v1/me/preferences', {
      params: { header: { 'If-Match': response.headers.get('etag') ?? '' } },
      body: { reminders, language, clock, sms_number: sms_number || null },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    isSaved.value = true;
  }
  return (
    <Show of={kept}>
      {(it) => (
        <Form
          action={words.save}
          send={send}
          fields={[
            {
              name: 'reminders',
              label: words.reminders,
              value: it.reminders,
              options: [
                ['mail', words.email],
                ['sms', 'SMS'],
                ['none', words.no_reminders],
              ],
            },
            { name: 'sms_number', label: words.sms_number, value: it.sms_number ?? '', type: 'tel', hint: words.phone_hint, optional: true },
            {
              name: 'language',
              label: t().language,
              value: it.language,
              options: languages.map((it) => [it, new Intl.DisplayNames(it, { type: 'language' }).of(it) ?? it]),
            },
            {
              name: 'clock',
              label: words.clock,
              value: it.clock,
              options: [
                ['24h', '18:00'],
                ['12h', '6:00 pm'],
              ],
            },
          ]}
        >
          {isSaved.value && <span role="status">{words.saved}</span>}
        </Form>
      )}
    </Show>
  );
}

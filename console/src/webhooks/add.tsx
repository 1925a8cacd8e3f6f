import { useSignal } from '@preact/signals';
import { api, body, idempotencyKey } from '../api';
import { t } from '../i18n';
import { Choices } from '../ui/choices';
import { Form } from '../ui/form';
import { Once } from '../ui/once';

/** As the API names them; more may come. */
const TYPES = [
  'booking.cancelled',
  'booking.checked-in',
  'booking.confirmed',
  'booking.expired',
  'booking.held',
  'booking.hold-extended',
  'booking.missed',
  'booking.move-abandoned',
  'booking.moved',
  'booking.payment-received',
  'booking.payment-started',
  'booking.refund-required',
  'booking.refund-settled',
  'booking.refund-withdrawn',
  'booking.reinstated',
  'booking.released',
  'court.added',
  'court.described',
  'court.priced',
  'court.retired',
  'court.returned',
  'courtday.blocked',
  'courtday.unblocked',
  'venue.closed-on',
  'venue.hours-lifted-on',
  'venue.hours-set',
  'venue.hours-set-on',
  'venue.opened',
  'venue.policy-set',
  'venue.renamed',
  'venue.reopened-on',
];

/** A form, and after that the secret in its place, until somebody wants another. */
export function Add({ again }: { again: () => Promise<void> }) {
  const words = t().webhooks;
  const types = useSignal<string[]>([]);
  const secret = useSignal('');
  async function add({ url = '', description = '' }: Record<string, string>) {
    const params = { header: { 'Idempotency-Key': idempotencyKey() } };
    const wanted = { url: url.trim(), description: description.trim(), types: types.value };
    try {
      secret.value = (await body(api.POST('/v1/webhooks', { params, body: wanted }))).secret;
      types.value = [];
    } finally {
      // If the answer got lost, it is in the list all the same, and can be given another secret.
      await again();
    }
  }
  return (
    <details class="card">
      <summary>
        <h2>{words.add}</h2>
      </summary>
      {secret.value ? (
        <>
          <Once said={words.once} secret={secret.value} />
          <div class="actions">
            <button type="button" onClick={() => (secret.value = '')}>
              {words.another}
            </button>
          </div>
        </>
      ) : (
        <Form
          action={words.add}
          send={add}
          fields={[
            { name: 'url', label: words.url, hint: words.url_hint, inputmode: 'url', autocomplete: 'off' },
            { name: 'description', label: words.description, hint: words.description_hint, autocomplete: 'off', optional: true },
          ]}
          extra={
            <Choices
              legend={words.types}
              of={TYPES.map((it): [string, string] => [it, it])}
              chosen={types}
              hint={words.types_hint}
            />
          }
        />
      )}
    </details>
  );
}

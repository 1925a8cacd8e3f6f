// Money that has to go back, until somebody has seen to it.
import { api, body, idempotencyKey } from '../api';
import { courtName } from '../courts/catalogue';
import { t } from '../i18n';
import { money } from '../money';
import { moment } from '../times';
import { Act } from '../ui/form';
import { useLoad } from '../ui/load';

export function Refunds({ venue }: { venue: string }) {
  const words = t().desk;
  const owed = useLoad(
    () => body(api.GET('/v1/refunds', { params: { query: { venue, state: 'owed', limit: 200 } } })),
    [venue],
  );
  async function settle(id: string) {
    const header = { 'Idempotency-Key': idempotencyKey() };
    await api.POST('/v1/refunds/{id}/settle', { params: { path: { id }, header } });
    await owed.again();
  }
  const items = owed.value.value?.items ?? [];
  if (!items.length) return null;
  return (
    <details class="card">
      <summary>
        <h2>
          {words.owed} ({items.length})
        </h2>
      </summary>
      <ul class="rows">
        {items.map((it) => (
          <li key={it.id}>
            <strong>{money(it.amount)}</strong>
            <span>
              {courtName(it.court)}, {moment(it.starts_at)}
              <br />
              <code>{it.payment_reference}</code>
            </span>
            <Act act={() => settle(it.id)}>{words.settle}</Act>
          </li>
        ))}
      </ul>
    </details>
  );
}

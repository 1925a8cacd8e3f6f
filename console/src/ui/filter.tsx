// What a list is narrowed to: typed into a form, and kept in the address, so that it outlives a reload and can be passed on.
import { useMemo } from 'preact/hooks';
import { t } from '../i18n';
import { go, link, place } from '../router';
import { type Field, Form } from './form';

export type Query = Record<string, string>;

/** What the address says. */
export function useQuery(): Query {
  const said = place.value.query.toString();
  return useMemo(() => Object.fromEntries(new URLSearchParams(said)), [said]);
}

export function Filter({ fields }: { fields: Field[] }) {
  const query = useQuery();
  const isTime = (name: string) => fields.some((it) => it.name === name && it.type === 'datetime-local');
  const filled = fields.map((it) => ({ ...it, optional: true, value: shown(query[it.name] ?? '', isTime(it.name)) }));
  return (
    <details class="card filter" open={0 < Object.keys(query).length}>
      <summary>
        <h2>{t().filter}</h2>
      </summary>
      <Form
        // What was typed before is in another list's fields else.
        key={place.value.path.join('/')}
        action={t().show}
        fields={filled}
        send={async (typed) => {
          const given = Object.entries(typed).filter(([, value]) => value);
          const said = given.map(([name, value]) => [name, isTime(name) ? new Date(value).toISOString() : value.trim()]);
          go(addressOf(place.value.path, Object.fromEntries(said)));
        }}
      />
    </details>
  );
}

export function addressOf(path: string[], query: Query): string {
  const said = new URLSearchParams(query).toString();
  return link(...path) + (said && `?${said}`);
}

/** Times are typed by this machine's clock, and said in UTC. */
function shown(value: string, isTime: boolean): string {
  const at = new Date(value);
  if (!isTime || Number.isNaN(at.getTime())) return isTime ? '' : value;
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

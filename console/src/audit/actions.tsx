import { t } from '../i18n';
import { moment } from '../times';
import { Filter, useQuery } from '../ui/filter';
import { Pages } from '../ui/pages';
import { type Action, actions } from './lists';
import { TakeAlong } from './take-along';

/** The kinds of things that something is done to, as the events' names begin; more may come. */
const KINDS = [
  'booking',
  'courtday',
  'court',
  'venue',
  'user',
  'login',
  'projection',
  'audit',
  'maintenance',
  'keys',
  'guest',
  'reminder',
  'service-account',
  'webhook',
  'delivery',
];

export function Actions() {
  const words = t().audit;
  const query = useQuery();
  const kinds: [string, string][] = KINDS.map((it) => [it, words.things[it as keyof typeof words.things] ?? it]);
  return (
    <>
      <Filter
        fields={[
          { name: 'kind', label: words.kind, options: [['', words.any], ...kinds] },
          { name: 'about', label: words.about, hint: words.about_hint },
          {
            name: 'by',
            label: words.by,
            options: [
              ['', words.anybody],
              ['user', words.bys.user],
              ['service', words.bys.service],
              ['cli', words.bys.cli],
            ],
          },
          { name: 'actor', label: words.user, hint: words.user_hint },
          { name: 'from', label: words.from, type: 'datetime-local' },
          { name: 'to', label: words.to, type: 'datetime-local' },
        ]}
      />
      <Pages key={JSON.stringify(query)} page={(after) => actions({ ...query, ...after })}>
        {(items) => (
          <>
            {!items.length && <p class="note">{words.none}</p>}
            <ol class="timeline">
              {items.map((it) => (
                <Entry key={it.event_id} action={it} />
              ))}
            </ol>
          </>
        )}
      </Pages>
      <TakeAlong list="actions" query={query} />
    </>
  );
}

function Entry({ action }: { action: Action }) {
  const words = t().audit;
  const details = detailsOf(action);
  return (
    <li>
      <time dateTime={action.at}>{moment(action.at)}</time>
      <code>{action.kind}</code>
      <span class="who">
        <strong>{actor(action)}</strong>
        {action.about && (
          <>
            {' · '}
            <code>{action.about}</code>
          </>
        )}
        {action.reason && <small>{words.because(action.reason)}</small>}
        {details && <small>{details}</small>}
      </span>
    </li>
  );
}

/** Who did it, in the role that they had then. A program is known here by its id alone. */
export function actor({ by, username, actor, role }: Action): string {
  const words = t().audit;
  if (by === 'cli') return words.bys.cli;
  if (by === 'service') return [words.bys.service, actor].filter(Boolean).join(' ');
  const roles: Record<string, string> = t().roles;
  return [username ?? actor ?? words.erased, role && (roles[role] ?? role)].filter(Boolean).join(', ');
}

/** What else an event says, as `name: value`: what more may come is shown as it is. */
export function detailsOf({ details }: Action): string {
  const said = Object.entries(details as Record<string, unknown>);
  return said.map(([name, it]) => `${name.replaceAll('_', ' ')}: ${typeof it === 'string' ? it : JSON.stringify(it)}`).join(' · ');
}

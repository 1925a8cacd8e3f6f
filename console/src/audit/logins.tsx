import { t } from '../i18n';
import { moment } from '../times';
import { Filter, useQuery } from '../ui/filter';
import { Pages } from '../ui/pages';
import { type Login, logins } from './lists';
import { TakeAlong } from './take-along';

/** As the API names them; more may come. */
const OUTCOMES = ['succeeded', 'failed', 'locked', 'refused', 'unlocked', 'reauthenticated', 'code_requested', 'code_refused'];
/** Nothing that anybody has to look into. */
const GOOD = ['succeeded', 'unlocked', 'reauthenticated', 'code_requested'];

export function Logins() {
  const words = t().audit;
  const query = useQuery();
  return (
    <>
      <Filter
        fields={[
          { name: 'outcome', label: words.outcome, options: [['', words.any], ...OUTCOMES.map((it): [string, string] => [it, outcome(it)])] },
          { name: 'ip', label: words.ip },
          { name: 'user', label: words.user, hint: words.user_hint },
          { name: 'from', label: words.from, type: 'datetime-local' },
          { name: 'to', label: words.to, type: 'datetime-local' },
        ]}
      />
      <Pages key={JSON.stringify(query)} page={(after) => logins({ ...query, ...after })}>
        {(items) => (
          <>
            {!items.length && <p class="note">{words.none}</p>}
            <ol class="timeline">
              {items.map((it) => (
                <Entry key={it.event_id} login={it} />
              ))}
            </ol>
          </>
        )}
      </Pages>
      <TakeAlong list="logins" query={query} />
    </>
  );
}

function Entry({ login }: { login: Login }) {
  const words = t().audit;
  return (
    <li>
      <time dateTime={login.at}>{moment(login.at)}</time>
      <span class={`badge ${GOOD.includes(login.outcome) ? 'confirmed' : 'failed'}`}>{outcome(login.outcome)}</span>
      <span class="who">
        <strong>{login.identifier ?? login.user ?? words.unknown}</strong>
        {login.reason && ` · ${login.reason}`}
        <small>
          {login.ip ?? words.erased}
          {login.user_agent && ` · ${login.user_agent}`}
        </small>
      </span>
    </li>
  );
}

export function outcome(it: string): string {
  const words: Record<string, string> = t().audit.outcomes;
  return words[it] ?? it.replaceAll('_', ' ');
}

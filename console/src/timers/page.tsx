// `#/timers`: what time alone will bring about, what became of it, and how late it came.
import { type Schemas, api, body } from '../api';
import { now } from '../clock';
import { t } from '../i18n';
import { moment } from '../times';
import { Filter, useQuery } from '../ui/filter';
import { Page } from '../ui/page';
import { Pages } from '../ui/pages';
import { Lateness } from './lateness';

export type Timer = Schemas['Timer'];

/** As the API names them; more may come. */
const KINDS = ['hold', 'miss', 'move', 'unverified', 'reminder_day', 'reminder_hours', 'canary'] as const;
const STATES = ['armed', 'waiting', 'closed'] as const;
/** After so long the sweep should have had it. */
const OVERDUE_MS = 10_000;

export function Timers() {
  const words = t().timers;
  const query = useQuery();
  const kinds = KINDS.map((it): [string, string] => [it, words.kinds[it]]);
  return (
    <Page title={words.title} wide>
      <Lateness />
      <Filter
        fields={[
          { name: 'state', label: words.state, options: STATES.map((it) => [it, words.states[it]]) },
          { name: 'kind', label: words.kind, options: [['', t().audit.any], ...kinds] },
          { name: 'booking', label: words.booking, hint: t().audit.user_hint },
          { name: 'due_before', label: words.due_before, type: 'datetime-local' },
        ]}
      />
      <Pages key={JSON.stringify(query)} page={(after) => read({ ...query, ...after })}>
        {(items) => (
          <>
            {!items.length && <p class="note">{words.none}</p>}
            <ul class="rows timers">
              {items.map((it) => (
                <Row key={it.id} timer={it} />
              ))}
            </ul>
          </>
        )}
      </Pages>
    </Page>
  );
}

export async function read(query: Record<string, string>): Promise<Schemas['Page_Timer']> {
  return body(api.GET('/v1/timers', { params: { query } }));
}

function Row({ timer }: { timer: Timer }) {
  const words = t().timers;
  const kinds: Record<string, string> = words.kinds;
  const isOverdue = timer.state === 'armed' && Date.parse(timer.due_at) + OVERDUE_MS < now.value;
  return (
    <li data-timer={timer.kind}>
      <strong>{kinds[timer.kind] ?? timer.kind}</strong>
      <State state={timer.state} isOverdue={isOverdue} />
      <span class="who">
        {words.due(moment(timer.due_at))}
        {timer.booking && (
          <small>
            {words.booking} <code>{timer.booking}</code>
          </small>
        )}
        <small>{historyOf(timer)}</small>
      </span>
    </li>
  );
}

function State({ state, isOverdue }: { state: string; isOverdue: boolean }) {
  const words = t().timers;
  const states: Record<string, string> = words.states;
  if (isOverdue) return <span class="badge failed">{words.overdue}</span>;
  return <span class={`badge ${state === 'armed' ? 'confirmed' : ''}`}>{states[state] ?? state}</span>;
}

/** When it was armed, whether the broker has it, how often it was tried, and who found it over. */
function historyOf({ armed_at, published_at, attempts, closed_at, closed_by }: Timer): string {
  const words = t().timers;
  const by: Record<string, string> = words.closed_by;
  const closed = closed_at && words.closed(moment(closed_at), (closed_by && (by[closed_by] ?? closed_by)) ?? '');
  const parts = [words.armed(moment(armed_at)), published_at && words.published, 1 < attempts && words.attempts(attempts), closed];
  return parts.filter(Boolean).join(' · ');
}

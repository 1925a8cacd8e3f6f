// `#/audit/report?list=…`: what a list was narrowed to, as a page to print and file, with the checkpoint of the moment.
import { afterOf, api, body } from '../api';
import { serverNow } from '../clock';
import { t } from '../i18n';
import { place } from '../router';
import { me } from '../session';
import { moment } from '../times';
import { type Query, useQuery } from '../ui/filter';
import { Show, useLoad } from '../ui/load';
import { actor, detailsOf } from './actions';
import { hex, sha256 } from './hash';
import { type Action, type Login, actions, logins } from './lists';
import { outcome } from './logins';

/** More than that is for a file: nobody reads fifty sheets. */
const MOST = 1_000;

type Cells = [at: string, what: string, who: string, more: string];

interface Read {
  at: number;
  lines: Cells[];
  /** How many of each kind, the most frequent first. */
  counts: [string, number][];
  isCut: boolean;
  note: string;
  digest: string;
}

export function Report() {
  const words = t().audit;
  const { list = 'logins', ...query } = useQuery();
  const read = useLoad(() => readAll(list, query), [place.value.query.toString()]);
  return (
    <article class="report">
      <p class="actions unprinted">
        <button type="button" class="primary" onClick={() => print()}>
          {words.print}
        </button>
      </p>
      <Show of={read}>{(it) => <Printed list={list} query={query} read={it} />}</Show>
    </article>
  );
}

function Printed({ list, query, read }: { list: string; query: Query; read: Read }) {
  const words = t().audit;
  const facts: [string, string][] = [
    [words.made_at, new Date(read.at).toISOString()],
    [words.made_by, me.value?.username ?? ''],
    [words.narrowed_to, Object.entries(query).map(([name, value]) => `${name}: ${value}`).join(', ') || words.nothing_left_out],
    [words.entries, `${read.lines.length}${read.isCut ? ` (${words.cut(MOST)})` : ''}`],
    ...read.counts.map(([what, count]): [string, string] => [what, String(count)]),
    [words.checkpoint, `SHA-256 ${read.digest}`],
  ];
  return (
    <>
      <h2>{list === 'actions' ? words.parts.actions : words.parts['']}</h2>
      <table class="facts">
        <tbody>
          {facts.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <pre>{read.note}</pre>
      <table class="lines">
        <thead>
          <tr>
            {words.columns.map((it) => (
              <th scope="col" key={it}>
                {it}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {read.lines.map((cells, line) => (
            <tr key={line}>
              {cells.map((it, column) => (
                <td key={column}>{it}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <p class="signature">{words.signature}</p>
    </>
  );
}

async function readAll(list: string, query: Query): Promise<Read> {
  const at = serverNow();
  const year = new Date(at).getUTCFullYear();
  const { lines, kinds, isCut } = list === 'actions' ? await all(actions, query, ofAction) : await all(logins, query, ofLogin);
  const note = await body(api.GET('/v1/audit/log/{year}/checkpoint', { params: { path: { year } }, parseAs: 'text' }));
  const counts = new Map<string, number>();
  for (const it of kinds) counts.set(it, (counts.get(it) ?? 0) + 1);
  const digest = hex(await sha256(new TextEncoder().encode(note)));
  return { at, lines, counts: [...counts].sort((a, b) => b[1] - a[1]), isCut, note, digest };
}

async function all<T>(
  ask: (query: Query) => Promise<{ items: T[]; next?: string | null }>,
  query: Query,
  cells: (it: T) => Cells,
): Promise<{ lines: Cells[]; kinds: string[]; isCut: boolean }> {
  const lines: Cells[] = [];
  let after: string | undefined;
  do {
    const came = await ask({ ...query, limit: '200', ...(after ? { after } : {}) });
    lines.push(...came.items.map(cells));
    after = afterOf(came.next);
  } while (after && lines.length < MOST);
  return { lines, kinds: lines.map((it) => it[1]), isCut: after !== undefined };
}

function ofLogin(it: Login): Cells {
  const words = t().audit;
  const more = [it.reason, it.ip ?? words.erased, it.user_agent].filter(Boolean).join(' · ');
  return [moment(it.at, 'UTC'), outcome(it.outcome), it.identifier ?? it.user ?? words.unknown, more];
}

function ofAction(it: Action): Cells {
  return [moment(it.at, 'UTC'), it.kind, actor(it), [it.about, it.reason, detailsOf(it)].filter(Boolean).join(' · ')];
}

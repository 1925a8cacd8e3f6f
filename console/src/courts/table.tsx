// The grid as a table of buttons. One of them is a stop for the Tab key, and arrows go on from there (the ARIA grid
// pattern). What a slot is says its text and its pattern too, never its colour alone.
import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { t } from '../i18n';
import { shortMoney } from '../money';
import { clock } from '../times';
import type { Choice, Court, State } from './grid';

interface Props {
  courts: Court[];
  states: State[][];
  zone: string;
  choice: Choice | undefined;
  pick: (court: number, slot: number) => void;
}

const SIGNS: Record<State, string> = {
  free: '',
  held: '…',
  booked: '',
  blocked: '×',
  past: '',
  not_yet: '',
  closed: '',
  mine: '★',
};

const STEPS: Record<string, [rows: number, columns: number]> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  PageUp: [-4, 0],
  PageDown: [4, 0],
  Home: [0, -Infinity],
  End: [0, Infinity],
};

export function Table({ courts, states, zone, choice, pick }: Props) {
  const words = t().courts;
  const table = useRef<HTMLTableElement>(null);
  const at = useSignal<[row: number, column: number]>([0, 0]);
  // What is over on every court is of no use to anybody.
  const first = courts[0]?.slots.findIndex((_, slot) => states.some((it) => it[slot] !== 'past')) ?? 0;
  const rows = first < 0 ? [] : (courts[0]?.slots ?? []).slice(first);
  if (!rows.length) return <p class="note">{words.nothing_left}</p>;
  const row = Math.min(at.value[0], rows.length - 1);
  const column = Math.min(at.value[1], courts.length - 1);

  function move(event: KeyboardEvent) {
    const step = STEPS[event.key];
    if (!step || event.altKey || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    const to: [number, number] = [
      Math.min(Math.max(row + step[0], 0), rows.length - 1),
      Math.min(Math.max(column + step[1], 0), courts.length - 1),
    ];
    at.value = to;
    table.current?.querySelector<HTMLElement>(`[data-at="${to.join(':')}"]`)?.focus();
  }

  return (
    <div class="grid-scroll">
      <table class="grid" role="grid" ref={table} aria-label={words.grid} onKeyDown={move}>
        <thead>
          <tr>
            <td />
            {courts.map((it) => (
              <th scope="col" key={it.court}>
                {it.name}
                <small>
                  {words.kinds(it.kind)}
                  {it.indoor && ` · ${words.indoor}`}
                </small>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((slot, r) => (
            <tr key={slot.starts_at} class={new Date(slot.starts_at).getUTCMinutes() ? 'half' : 'full'}>
              <th scope="row">{clock(slot.starts_at, zone)}</th>
              {courts.map((court, c) => (
                <Cell
                  key={court.court}
                  court={court}
                  slot={first + r}
                  state={states[c]?.[first + r] ?? 'closed'}
                  joined={states[c]?.[first + r - 1] === states[c]?.[first + r]}
                  chosen={choice?.court === court.court && choice.first <= first + r && first + r < choice.first + choice.count}
                  zone={zone}
                  at={`${r}:${c}`}
                  isStop={r === row && c === column}
                  pick={() => {
                    at.value = [r, c];
                    pick(c, first + r);
                  }}
                />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface CellProps {
  court: Court;
  slot: number;
  state: State;
  joined: boolean;
  chosen: boolean;
  zone: string;
  at: string;
  isStop: boolean;
  pick: () => void;
}

function Cell({ court, slot, state, joined, chosen, zone, at, isStop, pick }: CellProps) {
  const words = t().courts;
  const it = court.slots[slot];
  if (!it) return <td />;
  const price = state === 'free' || state === 'not_yet' ? shortMoney(it.price) : '';
  const label = `${court.name}, ${clock(it.starts_at, zone)}, ${words.states[state]}${price && `, ${price}`}`;
  return (
    <td role="gridcell" aria-selected={chosen} class={`${state}${joined ? ' joined' : ''}${chosen ? ' chosen' : ''}`}>
      <button
        type="button"
        data-at={at}
        tabIndex={isStop ? 0 : -1}
        aria-label={label}
        aria-disabled={state !== 'free'}
        onClick={pick}
      >
        {chosen ? '✓' : price || SIGNS[state]}
      </button>
    </td>
  );
}

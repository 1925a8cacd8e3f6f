// How late timers come, by the canaries: one flies every half minute, the way that the end of a hold takes.
import { afterOf } from '../api';
import { locale, t } from '../i18n';
import { Bars } from '../ui/bars';
import { Show, useLoad } from '../ui/load';
import { type Timer, read } from './page';

/** What is closed is kept for a day, and as many canaries fly in one. */
const MOST = 2_880;
const LIMITS_MS = [25, 100, 1_000, 10_000, Infinity];

export function Lateness() {
  const words = t().timers;
  const late = useLoad(latenesses, []);
  return (
    <section class="card">
      <h2>{words.lateness}</h2>
      <p class="hint">{words.lateness_text}</p>
      <Show of={late}>
        {(late) => (late.length ? <Bars title={words.flown(late.length)} of={barsOf(late)} /> : <p class="note">{words.none_flown}</p>)}
      </Show>
    </section>
  );
}

function barsOf(late: number[]) {
  const words = t().timers;
  return LIMITS_MS.map((limit, place) => {
    const least = LIMITS_MS[place - 1] ?? -Infinity;
    const count = late.filter((it) => least < it && it <= limit).length;
    const name = limit === Infinity ? words.later : words.within(limit < 1_000 ? `${limit} ms` : `${limit / 1_000} s`);
    return { name, share: count / late.length, said: count.toLocaleString(locale.value) };
  });
}

async function latenesses(): Promise<number[]> {
  const found: Timer[] = [];
  let after: string | undefined;
  do {
    const came = await read({ state: 'closed', kind: 'canary', limit: '200', ...(after ? { after } : {}) });
    found.push(...came.items);
    after = afterOf(came.next);
  } while (after && found.length < MOST);
  return found.map((it) => Date.parse(it.closed_at ?? it.due_at) - Date.parse(it.due_at));
}

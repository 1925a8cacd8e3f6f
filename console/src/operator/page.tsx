// `#/projections`: how far each read model has come, and its rebuild while it serves.
import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { type Schemas, api, body, idempotencyKey } from '../api';
import { locale, t } from '../i18n';
import { countdown } from '../times';
import { ask } from '../ui/ask';
import { Act, Form } from '../ui/form';
import { Line } from '../ui/line';
import { Show, useEvery, useLoad } from '../ui/load';
import { Page } from '../ui/page';
import { Parked } from './parked';

type Projection = Schemas['Projection'];
type Rebuild = Schemas['Rebuild'];

/** While something is built, and else. An address may ask 300 times in a quarter of an hour, and is not this page's alone. */
const [BUILDING_MS, LOOK_AGAIN_MS] = [5_000, 10_000];
/** Those that have come to their end. */
const OVER = ['switched', 'aborted', 'failed'];
/** How many looks the line of a lag shows: ten minutes. */
const MOST_LOOKS = 60;

export function Operator() {
  const words = t().operator;
  const lags = useRef(new Map<string, number[]>());
  const list = useLoad(async () => {
    const came = await body(api.GET('/v1/projections'));
    for (const { name, lag_seconds } of came.items) {
      lags.current.set(name, [...(lags.current.get(name) ?? []), lag_seconds].slice(-MOST_LOOKS));
    }
    return came;
  }, []);
  const builds = list.value.value?.items.some(({ rebuild }) => isUnderWay(rebuild));
  useEvery(builds ? BUILDING_MS : LOOK_AGAIN_MS, list.again);
  return (
    <Page title={words.title} wide>
      <Show of={list}>
        {({ items }) => (
          <>
            <p class="hint">{words.head(number(items[0]?.head ?? 0))}</p>
            <div class="projections">
              {items.map((it) => (
                <Card key={it.name} projection={it} lags={lags.current.get(it.name) ?? []} again={list.again} />
              ))}
            </div>
          </>
        )}
      </Show>
    </Page>
  );
}

interface CardProps {
  projection: Projection;
  /** In seconds, one for each look. */
  lags: number[];
  again: () => Promise<void>;
}

function Card({ projection, lags, again }: CardProps) {
  const words = t().operator;
  const { name, state, rebuild } = projection;
  const pausing = useSignal(false);
  const key = () => ({ path: { name }, header: { 'Idempotency-Key': idempotencyKey() } });
  const isBuilding = isUnderWay(rebuild);

  async function start() {
    await api.POST('/v1/projections/{name}/rebuilds', { params: key() });
    await again();
  }
  async function compare() {
    await api.POST('/v1/projections/{name}/verify', { params: key() });
    await again();
  }
  async function resume() {
    await api.POST('/v1/projections/{name}/resume', { params: key() });
    await again();
  }
  return (
    <section class="card" data-projection={name}>
      <header>
        <h2>{name}</h2>
        <span class={`badge ${state === 'live' ? 'confirmed' : 'held'}`}>{said(state)}</span>
      </header>
      <p>
        {words.version(projection.version)} · {words.lag(number(projection.lag_events), projection.lag_seconds)}
      </p>
      <Line values={lags} title={words.lags(Math.max(...lags))} />
      {0 < projection.parked && <p class="note wrong">{words.parked(projection.parked, projection.behind)}</p>}
      {0 < projection.parked && <Parked name={name} again={again} />}
      {projection.last_error && <p class="note wrong">{projection.last_error}</p>}
      {projection.next_step && <p class="hint">{projection.next_step}</p>}
      {rebuild && <Progress name={name} rebuild={rebuild} again={again} />}
      {pausing.value && (
        <Form
          action={words.pause}
          fields={[{ name: 'reason', label: t().desk.reason, maxlength: 500 }]}
          send={async ({ reason = '' }) => {
            await api.POST('/v1/projections/{name}/pause', { params: key(), body: { reason } });
            pausing.value = false;
            await again();
          }}
        />
      )}
      <div class="actions">
        {!isBuilding && <Act act={start}>{words.rebuild}</Act>}
        {!isBuilding && (
          <Act act={compare} kind="quiet">
            {words.compare}
          </Act>
        )}
        {state === 'paused' ? (
          <Act act={resume}>{words.resume}</Act>
        ) : (
          !pausing.value && (
            <button type="button" class="quiet" onClick={() => (pausing.value = true)}>
              {words.pause}
            </button>
          )
        )}
      </div>
    </section>
  );
}

function Progress({ name, rebuild, again }: { name: string; rebuild: Rebuild; again: () => Promise<void> }) {
  const words = t().operator;
  const { id, state, done, total, events_per_second, eta_seconds, error } = rebuild;
  const isOver = OVER.includes(state);
  const params = () => ({ path: { name, id }, header: { 'Idempotency-Key': idempotencyKey() } });
  async function abort() {
    if (!(await ask(words.abort_title(name), '', words.abort))) return;
    await api.DELETE('/v1/projections/{name}/rebuilds/{id}', { params: params() });
    await again();
  }
  async function accept() {
    await api.POST('/v1/projections/{name}/rebuilds/{id}/accept', { params: params() });
    await again();
  }
  return (
    <div class="rebuild" data-rebuild={state}>
      <p>
        {words.build(rebuild.version ?? 0)}: {said(state)}
        {!isOver && 0 < events_per_second && ` · ${words.speed(number(Math.round(events_per_second)))}`}
        {!isOver && typeof eta_seconds === 'number' && ` · ${words.eta(countdown(eta_seconds * 1000))}`}
      </p>
      {!isOver && <progress value={done} max={Math.max(total, 1)} aria-label={words.progress} />}
      {error && <p class="note">{error}</p>}
      {!isOver && (
        <div class="actions">
          {state === 'differs' && <Act act={accept}>{words.accept}</Act>}
          <Act act={abort} kind="quiet">
            {words.abort}
          </Act>
        </div>
      )}
    </div>
  );
}

function isUnderWay(rebuild: Rebuild | null | undefined): boolean {
  return !!rebuild && !OVER.includes(rebuild.state);
}

function number(it: number): string {
  return it.toLocaleString(locale.value);
}

function said(state: string): string {
  const words: Record<string, string> = t().operator.states;
  return words[state] ?? state;
}

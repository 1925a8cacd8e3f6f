// The checkpoint of the audit's log, and whether the log of today is that of a checkpoint which somebody kept.
import { useSignal } from '@preact/signals';
import { api, body } from '../api';
import { serverNow } from '../clock';
import { t } from '../i18n';
import { explain } from '../problems';
import { Act, Wrong } from '../ui/form';
import { Show, useLoad } from '../ui/load';
import { save } from '../ui/save';
import type { Hash } from './hash';
import { type Checkpoint, Tree, isSigned, parse } from './tree';

export function History() {
  const words = t().audit;
  const year = new Date(serverNow()).getUTCFullYear();
  const note = useLoad(() => checkpointOf(year), [year]);
  return (
    <>
      <section class="card">
        <h2>{words.checkpoint}</h2>
        <p class="hint">{words.checkpoint_text}</p>
        <Show of={note}>
          {(it) => (
            <>
              <p>{words.records(parse(it)?.size ?? 0)}</p>
              <pre>{it}</pre>
              <Act act={async () => save(new Blob([it], { type: 'text/plain' }), `checkpoint-${year}.txt`)}>{words.keep}</Act>
            </>
          )}
        </Show>
      </section>
      <section class="card">
        <h2>{words.compare}</h2>
        <p class="hint">{words.compare_text}</p>
        <Compare />
      </section>
    </>
  );
}

/** What was found, in the order in which it was looked for. */
interface Found {
  isRight: boolean;
  said: string;
}

function Compare() {
  const words = t().audit;
  const found = useSignal<Found[] | undefined>(undefined);
  const wrong = useSignal('');
  const busy = useSignal(false);
  async function submit(event: Event) {
    event.preventDefault();
    const typed = new FormData(event.currentTarget as HTMLFormElement);
    if (busy.value) return;
    [busy.value, wrong.value, found.value] = [true, '', undefined];
    try {
      found.value = await compare(await (typed.get('kept') as File).text(), String(typed.get('vkey')));
    } catch (error) {
      wrong.value = explain(error);
    } finally {
      busy.value = false;
    }
  }
  return (
    <form onSubmit={submit}>
      <div class="field">
        <label>
          {words.kept}
          <input type="file" name="kept" accept="text/plain" required />
        </label>
      </div>
      <div class="field">
        <label>
          {words.vkey}
          <input type="text" name="vkey" autocomplete="off" aria-describedby="vkey-hint" />
        </label>
        <p class="hint" id="vkey-hint">
          {words.vkey_hint}
        </p>
      </div>
      <button class="primary" aria-busy={busy.value}>
        {words.compare_now}
      </button>
      {wrong.value && <Wrong>{wrong.value}</Wrong>}
      {found.value && (
        <ul class="findings" role="status">
          {found.value.map(({ isRight, said }) => (
            <li key={said} class={isRight ? '' : 'wrong'}>
              <strong>{isRight ? '✓' : '✗'}</strong> {said}
            </li>
          ))}
        </ul>
      )}
    </form>
  );
}

async function compare(kept: string, vkey: string): Promise<Found[]> {
  const words = t().audit.found;
  const older = parse(kept);
  const year = Number(older?.origin.split('/').pop());
  if (!older || !Number.isInteger(year)) return [{ isRight: false, said: words.no_checkpoint }];
  const newer = parse(await checkpointOf(year));
  if (!newer) return [{ isRight: false, said: words.no_checkpoint }];
  const found = vkey.trim() ? await signatures([older, newer], vkey) : [];
  return [...found, ...(await same(older, newer, year))];
}

async function signatures(notes: Checkpoint[], vkey: string): Promise<Found[]> {
  const words = t().audit.found;
  try {
    const all = await Promise.all(notes.map((it) => isSigned(it, vkey)));
    const isRight = all.every((it) => it);
    return [{ isRight, said: isRight ? words.signed : words.not_signed }];
  } catch {
    // A browser that has no Ed25519.
    return [{ isRight: false, said: words.cannot }];
  }
}

async function same(older: Checkpoint, newer: Checkpoint, year: number): Promise<Found[]> {
  const words = t().audit.found;
  if (newer.origin !== older.origin) return [{ isRight: false, said: words.another_log }];
  if (newer.size < older.size) return [{ isRight: false, said: words.shorter(older.size, newer.size) }];
  const [before, now] = await new Tree((it) => tileOf(year, it), newer.size).roots(older.size);
  const whole = { isRight: now === newer.root, said: now === newer.root ? words.tiles(newer.size) : words.other_tiles };
  const first = { isRight: before === older.root, said: before === older.root ? words.begins(older.size) : words.changed(older.size) };
  return [whole, first];
}

async function checkpointOf(year: number): Promise<string> {
  return body(api.GET('/v1/audit/log/{year}/checkpoint', { params: { path: { year } }, parseAs: 'text' }));
}

async function tileOf(year: number, path: string): Promise<Hash> {
  const asked = { params: { path: { year, path } }, parseAs: 'arrayBuffer' as const };
  // A slash in it is one of the path.
  const pathSerializer = (template: string) => template.replace('{year}', String(year)).replace('{path}', path);
  const bytes = await body<unknown>(api.GET('/v1/audit/log/{year}/tile/{path}', { ...asked, pathSerializer }));
  return new Uint8Array(bytes as ArrayBuffer);
}

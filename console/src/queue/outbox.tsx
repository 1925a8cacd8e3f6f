// What waits to be sent, and what was refused behind somebody's back: with the reason, and what to do about it.
import { now } from '../clock';
import { t } from '../i18n';
import { told } from '../problems';
import { link } from '../router';
import { countdown, day, span, wall } from '../times';
import { Act } from '../ui/form';
import { type Intent, type Kind, discard, intents, tryAgain } from './queue';

export function Outbox() {
  const words = t().queue;
  // What is on its way for the first time is shown where it was asked for.
  const shown = intents.value.filter((it) => it.state !== 'syncing' || it.attempts);
  if (!shown.length) return null;
  return (
    <section class="outbox" aria-label={words.title}>
      <h2>{words.title}</h2>
      <p class="hint">{words.text}</p>
      <ul>
        {shown.map((it) => (
          <Waiting key={it.id} intent={it} />
        ))}
      </ul>
    </section>
  );
}

/** Those that ask for a time: another one can be chosen. */
const TIMES_WANTED: Kind[] = ['hold', 'join-waitlist'];

function Waiting({ intent }: { intent: Intent }) {
  const words = t().queue;
  const { about, state } = intent;
  const edit = `${link('courts', about.venue, wall(about.starts_at, about.zone).date)}`;
  return (
    <li class={state} data-state={state} data-key={intent.id}>
      <p>
        <span class={`badge ${state}`}>{words.states[state]}</span> <strong>{words.kinds[intent.kind]}</strong>
        {': '}
        {about.court}, {day(about.starts_at, about.zone)}, {span(about.starts_at, about.ends_at, about.zone)}
      </p>
      {intent.kind === 'hold' && state !== 'failed' && <p class="hint">{words.no_reservation}</p>}
      {intent.kind === 'join-waitlist' && state !== 'failed' && <p class="hint">{words.no_turn}</p>}
      {state === 'retrying' && <p class="hint">{words.again_in(countdown(intent.due - now.value))}</p>}
      {intent.problem && state === 'failed' && <p role="alert">{told(intent.problem)}</p>}
      <div class="actions">
        {state !== 'syncing' && (
          <Act act={() => tryAgain(intent.id)}>{state === 'failed' ? t().try_again : words.send_now}</Act>
        )}
        {state === 'failed' && TIMES_WANTED.includes(intent.kind) && (
          <a class="button" href={edit} onClick={() => void discard(intent.id)}>
            {words.edit}
          </a>
        )}
        {state !== 'syncing' && (
          <Act act={() => discard(intent.id)} kind="quiet">
            {words.discard}
          </Act>
        )}
      </div>
    </li>
  );
}

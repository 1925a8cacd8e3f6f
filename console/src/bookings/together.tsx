// Playing along: a booker's link, who has come by it, and what one plays along in.
import { useSignal } from '@preact/signals';
import { type Schemas, api, body } from '../api';
import { courtName, venueName } from '../courts/catalogue';
import { t } from '../i18n';
import { go, link, place } from '../router';
import { me } from '../session';
import { day, span } from '../times';
import { ask } from '../ui/ask';
import { Act } from '../ui/form';
import { Once } from '../ui/once';
import { Page } from '../ui/page';
import { type Booking, readMine } from './mine';

/** Under one's own booking: a link for others, shown once, and the list of those who have come. */
export function Together({ booking }: { booking: Booking }) {
  const words = t().together;
  const people = useSignal<Schemas['Participant'][] | undefined>(undefined);
  const url = useSignal('');
  const path = { id: booking.id };

  async function look() {
    people.value = (await body(api.GET('/v1/bookings/{id}', { params: { path } }))).participants;
  }
  async function invite() {
    url.value = (await body(api.POST('/v1/bookings/{id}/invitation', { params: { path } }))).url;
    await look();
  }
  async function takeOff(who: Schemas['Participant']) {
    const name = who.username ?? words.somebody;
    if (!(await ask(words.take_off_title(name), words.take_off_text, words.take_off))) return;
    await api.DELETE('/v1/bookings/{id}/participants/{user}', { params: { path: { ...path, user: who.id } } });
    await look();
  }

  return (
    <details class="together" onToggle={({ currentTarget }) => currentTarget.open && void look()}>
      <summary>{words.title}</summary>
      {people.value && !people.value.length && <p class="hint">{words.nobody}</p>}
      <ul class="rows">
        {people.value?.map((it) => (
          <li key={it.id}>
            <span>{it.username ?? words.somebody}</span>
            <Act act={() => takeOff(it)} kind="quiet">
              {words.take_off}
            </Act>
          </li>
        ))}
      </ul>
      {url.value && <Once said={words.once} secret={url.value} isLink />}
      <Act act={invite}>{words.invite}</Act>
    </details>
  );
}

/** Somebody else's booking, which one sees and does not change. */
export function PlaysAlong({ booking }: { booking: Booking }) {
  const words = t().together;
  const { zone } = booking.local;
  async function leave() {
    if (!(await ask(words.leave_title, words.leave_text, words.leave))) return;
    const path = { id: booking.id, user: 'me' };
    await api.DELETE('/v1/bookings/{id}/participants/{user}', { params: { path } });
    await readMine();
  }
  return (
    <article class="card">
      <header>
        <h2>
          {day(booking.starts_at, zone)}, {span(booking.starts_at, booking.ends_at, zone)}
        </h2>
        <span class="badge">{words.badge}</span>
      </header>
      <p>
        {courtName(booking.court)} · {venueName(booking.venue)}
      </p>
      <Act act={leave} kind="quiet">
        {words.leave}
      </Act>
    </article>
  );
}

/** `#/join/<token>`: where a booker's link leads. */
export function Join() {
  const words = t().together;
  const token = place.value.path[1] ?? '';
  async function join() {
    await api.POST('/v1/participations', { body: { token } });
    await readMine();
    go(link('bookings'));
  }
  return (
    <Page title={words.join_title} narrow>
      <p>{words.join_text}</p>
      {me.value ? (
        <Act act={join} kind="primary">
          {words.join}
        </Act>
      ) : (
        <a class="button primary" href={`${link('log-in')}?then=${encodeURIComponent(link('join', token))}`}>
          {t().account.log_in}
        </a>
      )}
    </Page>
  );
}

// `#/find/<venue>`: any booking at the venues whose desk one runs, however it ended, and everything of one person.
import { api, body } from '../api';
import type { Venue } from '../courts/catalogue';
import { DeskPage, VenueChoice } from '../courts/venues';
import { t } from '../i18n';
import { place } from '../router';
import { Filter, type Query, addressOf, useQuery } from '../ui/filter';
import { Pages } from '../ui/pages';
import { Found } from './found';

export function Find() {
  return <DeskPage title={t().find.title}>{(own, first) => <AtVenue own={own} first={first} />}</DeskPage>;
}

function AtVenue({ own, first }: { own: Venue[]; first: Venue }) {
  const words = t().find;
  const [, id] = place.value.path;
  const venue = own.find((it) => it.id === id) ?? first;
  const query = useQuery();
  const states: [string, string][] = Object.entries(t().bookings.states);
  return (
    <>
      <p>{words.text}</p>
      <div class="where">
        <VenueChoice of={own} venue={venue} to={(id) => addressOf(['find', id], query)} />
      </div>
      <Filter
        fields={[
          { name: 'reference', label: t().bookings.reference, autocomplete: 'off' },
          { name: 'player', label: t().audit.user, hint: words.player_hint, autocomplete: 'off' },
          { name: 'state', label: t().timers.state, options: [['', t().audit.any], ...states] },
          { name: 'from', label: t().audit.from, type: 'datetime-local' },
          { name: 'to', label: t().audit.to, type: 'datetime-local' },
        ]}
      />
      {0 < Object.keys(query).length && (
        <Pages key={JSON.stringify([venue.id, query])} page={(after) => read(venue.id, { ...query, ...after })}>
          {(items) => (items.length ? items.map((it) => <Found key={it.id} booking={it} />) : <p class="note">{words.none}</p>)}
        </Pages>
      )}
    </>
  );
}

/** A reference or a person is looked for at every venue of one's own: nobody on the phone says which it was. */
async function read(venue: string, { reference, player, ...rest }: Query) {
  const whose = {
    ...(reference ? { reference: reference.toUpperCase() } : {}),
    ...(player ? { player } : {}),
    ...(reference || player ? {} : { venue }),
  };
  return body(api.GET('/v1/bookings', { params: { query: { ...rest, ...whose } } }));
}

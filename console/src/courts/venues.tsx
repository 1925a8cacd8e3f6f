// Which venue a page is about: of all there are, or of those whose desk one runs.
import type { ComponentChildren } from 'preact';
import { t } from '../i18n';
import { go } from '../router';
import { me } from '../session';
import { Show, useLoad } from '../ui/load';
import { Page } from '../ui/page';
import { type Venue, readVenues, venues } from './catalogue';

/** Asked for once, by whichever page came first. */
export function useVenues() {
  return useLoad(async () => venues.value ?? (await readVenues()), []);
}

/** Where there is a choice, it leads to what `to` says of a venue's id. */
export function VenueChoice({ of, venue, to }: { of: Venue[]; venue: Venue; to: (id: string) => string }) {
  if (of.length < 2) return null;
  return (
    <label>
      <span class="label">{t().courts.venue}</span>
      <select value={venue.id} onChange={(it) => go(to(it.currentTarget.value))}>
        {of.map((it) => (
          <option key={it.id} value={it.id}>
            {it.name}
          </option>
        ))}
      </select>
    </label>
  );
}

/** A page for those who run the desk somewhere, and for administrators everywhere. */
export function DeskPage({ title, children }: { title: string; children: (own: Venue[], first: Venue) => ComponentChildren }) {
  const all = useVenues();
  return (
    <Page title={title} wide>
      <Show of={all}>
        {(all) => {
          const own = all.filter((it) => me.value?.role === 'admin' || me.value?.venues.includes(it.id));
          return own[0] ? children(own, own[0]) : <p class="note">{t().desk.no_venue}</p>;
        }}
      </Show>
    </Page>
  );
}

// Whom the desk books for: somebody without an account. Shown to those who run the venue's desk, where they choose a time.
import type { Signal } from '@preact/signals';
import type { JSX } from 'preact';
import type { Schemas } from '../api';
import { t } from '../i18n';
import { me } from '../session';

export type Guest = Schemas['NewGuest'];

export function runsDesk(venue: string): boolean {
  const it = me.value;
  return it?.role === 'admin' || (it?.role === 'staff' && it.venues.includes(venue));
}

const FIELDS = [
  ['name', 'text', 100],
  ['phone', 'tel', 20],
  ['email', 'email', 254],
  ['notes', 'text', 500],
] as const;

/** `undefined` is for oneself. */
export function GuestFields({ guest }: { guest: Signal<Guest | undefined> }) {
  const words = t().desk;
  const set = (name: keyof Guest, value: string) => {
    guest.value = { name: '', ...guest.value, [name]: value };
  };
  return (
    <fieldset class="guest">
      <label>
        <input
          type="checkbox"
          checked={guest.value !== undefined}
          onChange={(it) => (guest.value = it.currentTarget.checked ? { name: '' } : undefined)}
        />{' '}
        {words.for_guest}
      </label>
      {guest.value &&
        FIELDS.map(([name, type, maxlength]) => (
          <label key={name}>
            {words.guest[name]}
            <input
              {...({ name, type, maxlength } as JSX.IntrinsicElements['input'])}
              value={guest.value?.[name] ?? ''}
              required={name === 'name'}
              onInput={(it) => set(name, it.currentTarget.value)}
            />
          </label>
        ))}
    </fieldset>
  );
}

/** What was left empty is not said at all. */
export function said(guest: Guest): Guest {
  const filled = Object.entries(guest).filter(([, value]) => value);
  return { name: '', ...Object.fromEntries(filled) };
}

// What a program is called, what it may do, and where.
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useVenues } from '../courts/venues';
import { t } from '../i18n';
import { Choices } from '../ui/choices';
import { Form } from '../ui/form';
import { Show } from '../ui/load';
import type { Program } from './page';

/** As the API names them. */
const SCOPES = ['desk', 'catalogue', 'audit', 'operate', 'changes'] as const;
/** Those that may be narrowed to venues. */
const OF_VENUES = ['desk', 'catalogue'];

export interface Described {
  name: string;
  scopes: string[];
  /** `null`: every venue. */
  venues: string[] | null;
}

interface Props {
  /** As it is; none where one is made. */
  program?: Program;
  action: string;
  send: (it: Described) => Promise<void>;
  children?: ComponentChildren;
}

export function Describe({ program, action, send, children }: Props) {
  const words = t().programs;
  const scopes = useSignal<string[]>(program?.scopes ?? []);
  const venues = useSignal<string[]>(program?.venues ?? []);
  // Every venue is said, and never meant by a list that happens to be empty.
  const isEverywhere = useSignal(!!program && !program.venues && isOfVenues(program.scopes));
  const all = useVenues();
  const places = isOfVenues(scopes.value);
  return (
    <Form
      action={action}
      fields={[{ name: 'name', label: words.name, value: program?.name ?? '', hint: words.name_hint, autocomplete: 'off' }]}
      extra={
        <>
          <Choices
            legend={words.scopes}
            of={SCOPES.map((it): [string, string] => [it, `${it}: ${words.scope[it]}`])}
            chosen={scopes}
          />
          {places && (
            <fieldset class="choices">
              <legend class="label">{words.reach}</legend>
              <label>
                <input
                  type="checkbox"
                  checked={isEverywhere.value}
                  onChange={(it) => (isEverywhere.value = it.currentTarget.checked)}
                />{' '}
                {words.everywhere}
              </label>
            </fieldset>
          )}
          {places && !isEverywhere.value && (
            <Show of={all}>
              {(all) => (
                <Choices legend={words.venues} of={all.map(({ id, name }): [string, string] => [id, name])} chosen={venues} />
              )}
            </Show>
          )}
        </>
      }
      send={({ name = '' }) =>
        send({ name: name.trim(), scopes: scopes.value, venues: places && !isEverywhere.value ? venues.value : null })
      }
    >
      {children}
    </Form>
  );
}

function isOfVenues(scopes: string[]): boolean {
  return scopes.some((it) => OF_VENUES.includes(it));
}

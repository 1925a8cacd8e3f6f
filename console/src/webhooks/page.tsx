// `#/webhooks`: who is told what happens on courts and at venues, and what became of it.
import { type Schemas, api, body } from '../api';
import { t } from '../i18n';
import { Show, useEvery, useLoad } from '../ui/load';
import { Page } from '../ui/page';
import { Add } from './add';
import { Card } from './card';

export type Webhook = Schemas['Webhook'];

/** One may be stopped at any time, and is looked at seldom: an address may ask 300 times in a quarter of an hour. */
export const LOOK_AGAIN_MS = 15_000;

export function Webhooks() {
  const words = t().webhooks;
  // There are at most twenty: less than a page.
  const list = useLoad(() => body(api.GET('/v1/webhooks')), []);
  useEvery(LOOK_AGAIN_MS, list.again);
  return (
    <Page title={words.title} wide>
      <p class="hint">{words.text}</p>
      <Add again={list.again} />
      <Show of={list}>
        {({ items }) =>
          items.length ? items.map((it) => <Card key={it.id} webhook={it} again={list.again} />) : <p class="note">{words.none}</p>
        }
      </Show>
    </Page>
  );
}

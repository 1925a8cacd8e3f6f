import { t } from '../i18n';
import { Act } from '../ui/form';
import { type Query, addressOf } from '../ui/filter';
import { file } from './lists';

/** What is shown as a file, all of it, or as a page to print. */
export function TakeAlong({ list, query }: { list: 'logins' | 'actions'; query: Query }) {
  const words = t().audit;
  return (
    <section class="card">
      <h2>{words.take_along}</h2>
      <p class="hint">{words.take_along_text}</p>
      <div class="actions">
        <Act act={() => file(list, query, 'csv')}>CSV</Act>
        <Act act={() => file(list, query, 'ndjson')}>NDJSON</Act>
        <a class="button" href={addressOf(['audit', 'report'], { ...query, list })}>
          {words.report}
        </a>
      </div>
    </section>
  );
}

import { useSignal } from '@preact/signals';
import { api, body } from '../api';
import { t } from '../i18n';
import { ask } from '../ui/ask';
import { Act } from '../ui/form';
import { Once } from '../ui/once';

/** A link by which a calendar program reads one's bookings. It is shown once, and another one ends it. */
export function Calendar() {
  const words = t().account;
  const url = useSignal('');
  const isEnded = useSignal(false);
  async function make() {
    url.value = (await body(api.POST('/v1/me/calendar'))).url;
    isEnded.value = false;
  }
  async function end() {
    if (!(await ask(words.calendar_end, words.calendar_end_text, words.calendar_end))) return;
    await api.DELETE('/v1/me/calendar');
    url.value = '';
    isEnded.value = true;
  }
  return (
    <>
      <p>{words.calendar_text}</p>
      {url.value && <Once said={words.calendar_once} secret={url.value} isLink />}
      {isEnded.value && <p role="status">{words.calendar_ended}</p>}
      <div class="actions">
        <Act act={make}>{words.calendar_make}</Act>
        <Act act={end} kind="quiet">
          {words.calendar_end}
        </Act>
      </div>
    </>
  );
}

import { t } from '../i18n';
import type { State } from './grid';

const SHOWN: State[] = ['free', 'held', 'booked', 'blocked', 'mine'];

export function Legend({ isLive, minutes }: { isLive: boolean; minutes: number }) {
  const words = t().courts;
  return (
    <div class="legend">
      <ul>
        {SHOWN.map((it) => (
          <li key={it}>
            <span class={`swatch ${it}`} aria-hidden="true" />
            {words.states[it]}
          </li>
        ))}
      </ul>
      <p class="hint">
        {words.price_for(minutes)} · <span class={isLive ? 'live' : 'still'}>{isLive ? words.live : words.not_live}</span>
      </p>
    </div>
  );
}

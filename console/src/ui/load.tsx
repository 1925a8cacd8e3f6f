// What a page shows is asked for when it is opened, and again when something it depends on is another.
import { type Signal, useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useCallback, useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { t } from '../i18n';
import { explain } from '../problems';
import { Wrong } from './form';

export interface Loaded<T> {
  value: Signal<T | undefined>;
  error: Signal<unknown>;
  again: () => Promise<void>;
}

/** Asks for something; an answer that is overtaken by a later question is not shown. */
export function useLoad<T>(load: () => Promise<T>, on: unknown[]): Loaded<T> {
  const value = useSignal<T | undefined>(undefined);
  const error = useSignal<unknown>(undefined);
  const turn = useRef(0);
  const again = useCallback(async () => {
    const mine = ++turn.current;
    try {
      const came = await load();
      if (mine === turn.current) [value.value, error.value] = [came, undefined];
    } catch (it) {
      if (mine === turn.current) error.value = it;
    }
  }, on);
  // Before the page is painted: on a phone that takes longer than the answer.
  useLayoutEffect(() => {
    value.value = error.value = undefined;
    void again();
    return () => void turn.current++;
  }, on);
  return { value, error, again };
}

/** Asks again every so often, if at all, while the page is looked at, and when somebody comes back to it. */
export function useEvery(milliseconds: number | undefined, again: () => Promise<void>): void {
  useEffect(() => {
    if (milliseconds === undefined) return undefined;
    const look = () => document.visibilityState === 'visible' && void again();
    const timer = setInterval(look, milliseconds);
    document.addEventListener('visibilitychange', look);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', look);
    };
  }, [again, milliseconds]);
}

/** What came, or that it did not, or that it has not yet. */
export function Show<T>({ of, children }: { of: Loaded<T>; children: (it: T) => ComponentChildren }) {
  const { value, error } = of;
  if (value.value !== undefined) return <>{children(value.value)}</>;
  if (error.value !== undefined) {
    return (
      <Wrong>
        {explain(error.value)}{' '}
        <button type="button" onClick={() => void of.again()}>
          {t().try_again}
        </button>
      </Wrong>
    );
  }
  return (
    <p class="loading" aria-busy="true">
      {t().loading}
    </p>
  );
}

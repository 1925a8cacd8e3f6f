// A list that comes in pages: the first when it is opened, another whenever somebody wants more.
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useCallback } from 'preact/hooks';
import { afterOf } from '../api';
import { t } from '../i18n';
import { Act } from './form';
import { Show, useEvery, useLoad } from './load';

interface PageOf<T> {
  items: T[];
  next?: string | null;
}

interface Props<T> {
  /** Asks for one page; what else it depends on belongs in the component's key. */
  page: (after: { after?: string }) => Promise<PageOf<T>>;
  /** `again` begins anew with the first page. */
  children: (items: T[], again: () => Promise<void>) => ComponentChildren;
  /** After so many milliseconds it is asked for again, by what there is; whoever has asked for more reads on undisturbed. */
  every?: (items: T[]) => number;
}

export function Pages<T>({ page, children, every }: Props<T>) {
  const first = useLoad(() => page({}), []);
  const others = useSignal<PageOf<T>[]>([]);
  const again = useCallback(async () => {
    others.value = [];
    await first.again();
  }, []);
  const look = useCallback(async () => {
    if (!others.value.length) await first.again();
  }, []);
  useEvery(every?.(first.value.value?.items ?? []), look);
  return (
    <Show of={first}>
      {(it) => {
        const pages = [it, ...others.value];
        const after = afterOf(pages.at(-1)?.next);
        const more = async () => void (others.value = [...others.value, await page(after ? { after } : {})]);
        return (
          <>
            {children(pages.flatMap((it) => it.items), again)}
            {after && (
              <Act act={more} kind="quiet">
                {t().more}
              </Act>
            )}
          </>
        );
      }}
    </Show>
  );
}

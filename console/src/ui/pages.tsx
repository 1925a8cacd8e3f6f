// A list that comes in pages: the first when it is opened, another whenever somebody wants more.
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { afterOf } from '../api';
import { t } from '../i18n';
import { Act } from './form';
import { Show, useLoad } from './load';

interface PageOf<T> {
  items: T[];
  next?: string | null;
}

interface Props<T> {
  /** Asks for one page; what else it depends on belongs in the component's key. */
  page: (after: { after?: string }) => Promise<PageOf<T>>;
  children: (items: T[]) => ComponentChildren;
}

export function Pages<T>({ page, children }: Props<T>) {
  const first = useLoad(() => page({}), []);
  const others = useSignal<PageOf<T>[]>([]);
  return (
    <Show of={first}>
      {(it) => {
        const pages = [it, ...others.value];
        const after = afterOf(pages.at(-1)?.next);
        const more = async () => void (others.value = [...others.value, await page(after ? { after } : {})]);
        return (
          <>
            {children(pages.flatMap((it) => it.items))}
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

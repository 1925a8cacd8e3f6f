// Addresses are fragments: `#/courts/riverside/2026-11-30`. They work wherever the page is hosted, and what is in them,
// a code from a mail for example, is sent to nobody.
import { computed, signal } from '@preact/signals';

const fragment = signal(location.hash);
addEventListener('hashchange', () => (fragment.value = location.hash));

export interface Place {
  path: string[];
  query: URLSearchParams;
}

export const place = computed<Place>(() => {
  const [path = '', query = ''] = fragment.value.replace(/^#\/?/, '').split('?', 2);
  return { path: path.split('/').filter(Boolean).map(decoded), query: new URLSearchParams(query) };
});

export function go(to: string): void {
  location.hash = to;
}

/** The same without a step in the history: for what nobody wants to go back to. */
export function replace(to: string): void {
  history.replaceState(null, '', to);
  fragment.value = location.hash;
}

export function link(...path: string[]): string {
  return `#/${path.map(encodeURIComponent).join('/')}`;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

import { link, place } from '../router';

/** The parts of a page, each at an address of its own. */
export function Tabs({ of, title, parts }: { of: string; title: string; parts: [at: string, name: string][] }) {
  const here = place.value.path[1] ?? '';
  return (
    <nav class="menu tabs" aria-label={title}>
      {parts.map(([at, name]) => (
        <a key={at} href={at ? link(of, at) : link(of)} aria-current={at === here ? 'page' : undefined}>
          {name}
        </a>
      ))}
    </nav>
  );
}

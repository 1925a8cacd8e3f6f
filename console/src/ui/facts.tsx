/** What is known of something, each by its name; what is empty is left out. */
export function Facts({ of }: { of: [name: string, value: string][] }) {
  return (
    <dl class="facts">
      {of
        .filter(([, value]) => value)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

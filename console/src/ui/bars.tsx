// Figures beside one another: a table with a bar in each row, so that whoever sees no bars has the figures.
export interface Bar {
  name: string;
  /** Of one: how long the bar is. */
  share: number;
  /** The figure itself. */
  said: string;
}

export function Bars({ title, of }: { title: string; of: Bar[] }) {
  return (
    <table class="bars">
      <caption>{title}</caption>
      <tbody>
        {of.map(({ name, share, said }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>
              <svg width="100%" height="16" aria-hidden="true">
                <rect class="whole" width="100%" height="16" rx="3" />
                <rect width={`${Math.min(1, Math.max(0, share)) * 100}%`} height="16" rx="3" />
              </svg>
            </td>
            <td class="figure">{said}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

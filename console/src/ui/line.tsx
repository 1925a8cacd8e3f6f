/** How a figure went, oldest first, against the largest of them. What it is now is said beside it, in words. */
export function Line({ values, title }: { values: number[]; title: string }) {
  const [width, height] = [240, 36];
  const most = Math.max(...values, Number.MIN_VALUE);
  const at = (value: number, place: number) =>
    `${((place / Math.max(1, values.length - 1)) * width).toFixed(1)},${(height - 2 - (value / most) * (height - 4)).toFixed(1)}`;
  return (
    <svg class="line" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={title} preserveAspectRatio="none">
      <polyline points={values.map(at).join(' ')} />
    </svg>
  );
}

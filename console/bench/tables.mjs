export function row(what, bound, expected, came, unit) {
  const isReached = bound === 'at most' ? came <= expected : expected <= came;
  const said = (it) => `${figure(it)}${unit && ` ${unit}`}`;
  return `| ${what} | ${bound} ${said(expected)} | ${said(came)} | ${isReached ? 'reached' : '**missed**'} |`;
}

/** Three digits, or all of a whole number. */
export function figure(it) {
  return Number.isInteger(it) || 1_000 <= it ? Math.round(it).toLocaleString('en') : it.toPrecision(3);
}

/** The median, with the least and the most beside it. */
export function spread(all) {
  const sorted = [...all].sort((a, b) => a - b);
  return `${figure(part(sorted, 0.5))} (${figure(sorted[0])}–${figure(sorted.at(-1))})`;
}

/** Of sorted figures, the one that this part of them does not exceed. */
export function part(sorted, share) {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}

export function median(all) {
  return part([...all].sort((a, b) => a - b), 0.5);
}

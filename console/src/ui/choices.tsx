import type { Signal } from '@preact/signals';
import { useId } from 'preact/hooks';

interface Props {
  legend: string;
  of: [value: string, label: string][];
  /** What is ticked; what is not among the choices stays. */
  chosen: Signal<string[]>;
  hint?: string;
}

/** Any of a few things. */
export function Choices({ legend, of, chosen, hint }: Props) {
  const id = useId();
  function choose(value: string, isChosen: boolean) {
    const rest = chosen.value.filter((it) => it !== value);
    chosen.value = isChosen ? [...rest, value] : rest;
  }
  return (
    <fieldset class="choices" aria-describedby={hint && id}>
      <legend class="label">{legend}</legend>
      {of.map(([value, label]) => (
        <label key={value}>
          <input
            type="checkbox"
            checked={chosen.value.includes(value)}
            onChange={(it) => choose(value, it.currentTarget.checked)}
          />{' '}
          {label}
        </label>
      ))}
      {hint && (
        <p class="hint" id={id}>
          {hint}
        </p>
      )}
    </fieldset>
  );
}

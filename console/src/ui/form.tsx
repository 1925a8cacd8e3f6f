// Forms: a field with its label and what is wrong with it, and a button that waits for its answer.
import { useSignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { useId, useRef } from 'preact/hooks';
import { explain, fault } from '../problems';

export interface Field {
  name: string;
  label: string;
  type?: string;
  value?: string;
  hint?: string | undefined;
  autocomplete?: string;
  inputmode?: string;
  optional?: boolean;
  minlength?: number;
  maxlength?: number;
  min?: string;
  max?: string;
  pattern?: string;
  options?: [value: string, label: string][];
}

interface Props {
  fields: Field[];
  action: string;
  /** What is done with what was typed; what it throws is said. */
  send: (typed: Record<string, string>) => Promise<void>;
  /** Hears what is typed or chosen as it is: for what the other fields then offer. */
  heard?: (name: string, value: string) => void;
  danger?: boolean;
  /** What is chosen in another way than a field's, between the fields and the button. */
  extra?: ComponentChildren;
  children?: ComponentChildren;
}

/** A form that says of each field what the server said of it. */
export function Form({ fields, action, send, heard, danger, extra, children }: Props) {
  const busy = useSignal(false);
  const error = useSignal<unknown>(undefined);
  const form = useRef<HTMLFormElement>(null);

  async function submit(event: Event) {
    event.preventDefault();
    if (busy.value || !form.current) return;
    const typed: Record<string, string> = {};
    for (const [name, value] of new FormData(form.current)) typed[name] = String(value);
    busy.value = true;
    error.value = undefined;
    try {
      await send(typed);
    } catch (it) {
      error.value = it;
      const first = fields.find(({ name }) => fault(it, name));
      if (first) form.current.querySelector<HTMLElement>(`[name="${first.name}"]`)?.focus();
    } finally {
      busy.value = false;
    }
  }

  function hear({ target }: Event) {
    const { name, value } = target as HTMLInputElement | HTMLSelectElement;
    heard?.(name, value);
  }

  const placed = fields.some(({ name }) => fault(error.value, name));
  return (
    <form ref={form} onSubmit={submit} onInput={hear}>
      {fields.map((it) => (
        <Input key={it.name} field={it} fault={fault(error.value, it.name)} />
      ))}
      {extra}
      {error.value !== undefined && !placed && <Wrong>{explain(error.value)}</Wrong>}
      <div class="actions">
        <button class={danger ? 'danger' : 'primary'} aria-busy={busy.value}>
          {action}
        </button>
        {children}
      </div>
    </form>
  );
}

function Input({ field, fault }: { field: Field; fault: string | undefined }) {
  const id = useId();
  const { label, hint, optional, options, value, ...rest } = field;
  const said = [fault && `${id}-fault`, hint && `${id}-hint`].filter(Boolean).join(' ');
  const shared = {
    id,
    required: !optional,
    'aria-describedby': said || undefined,
    'aria-invalid': fault ? true : undefined,
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {options ? (
        // Chosen at first: a form that is shown anew keeps what somebody chose since.
        <select {...shared} name={field.name}>
          {options.map(([option, label]) => (
            <option key={option} value={option} selected={option === value}>
              {label}
            </option>
          ))}
        </select>
      ) : (
        <input {...(rest as JSX.IntrinsicElements['input'])} {...shared} defaultValue={value} />
      )}
      {fault && (
        <p class="fault" id={`${id}-fault`}>
          {fault}
        </p>
      )}
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

export function Wrong({ children }: { children: ComponentChildren }) {
  return (
    <p class="note wrong" role="alert">
      {children}
    </p>
  );
}

/** A button that waits for what it does, and says what came of it if that is nothing good. */
export function Act(props: { act: () => Promise<unknown>; kind?: string; disabled?: boolean; children: ComponentChildren }) {
  const busy = useSignal(false);
  const wrong = useSignal('');
  async function click() {
    if (busy.value) return;
    busy.value = true;
    wrong.value = '';
    try {
      await props.act();
    } catch (error) {
      wrong.value = explain(error);
    } finally {
      busy.value = false;
    }
  }
  return (
    <>
      <button type="button" class={props.kind} disabled={props.disabled} aria-busy={busy.value} onClick={click}>
        {props.children}
      </button>
      {wrong.value && <Wrong>{wrong.value}</Wrong>}
    </>
  );
}

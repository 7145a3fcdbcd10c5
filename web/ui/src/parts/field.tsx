import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

interface Around {
  label: string;
  hint?: string;
  fault?: string | undefined;
}

/** A label over what is filled in, with what is to be known of it and what is wrong with it. */
function Labelled({ id, label, hint, fault, children }: Around & { id: string; children: ComponentChildren }) {
  return (
    <div class="field">
      <label class="label" for={id}>
        {label}
      </label>
      {children}
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {fault && (
        <p class="fault" id={`${id}-fault`} role="alert">
          {fault}
        </p>
      )}
    </div>
  );
}

const described = (id: string, { hint, fault }: Pick<Around, 'hint' | 'fault'>) => {
  const by = [hint && `${id}-hint`, fault && `${id}-fault`].filter(Boolean).join(' ');
  return { ...(by ? { 'aria-describedby': by } : {}), ...(fault ? { 'aria-invalid': true } : {}) };
};

/** What may be said of any text that is filled in. */
interface Typed {
  name?: string;
  placeholder?: string;
  required?: boolean;
  disabled?: boolean;
  minLength?: number;
  maxLength?: number;
  spellcheck?: boolean;
  autoComplete?: string;
  autoCapitalize?: 'off' | 'on';
}

/** What may be said of a line besides. */
interface TypedLine extends Typed {
  type?: 'text' | 'password' | 'search' | 'number' | 'tel' | 'url' | 'datetime-local';
  inputMode?: 'numeric' | 'tel' | 'url';
  pattern?: string;
  min?: number;
  max?: number;
}

/** A line of text. */
export function TextField({
  label,
  hint,
  fault,
  value,
  onInput,
  ...input
}: Around & TypedLine & { value: string; onInput: (value: string) => void }) {
  const id = useId();
  return (
    <Labelled id={id} label={label} {...(hint ? { hint } : {})} fault={fault}>
      <input
        class="input"
        {...(input as object)}
        {...described(id, hint ? { hint, fault } : { fault })}
        id={id}
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </Labelled>
  );
}

/** Several lines of text. */
export function AreaField({
  label,
  hint,
  fault,
  value,
  onInput,
  ...area
}: Around & Typed & { rows?: number } & { value: string; onInput: (value: string) => void }) {
  const id = useId();
  return (
    <Labelled id={id} label={label} {...(hint ? { hint } : {})} fault={fault}>
      <textarea
        class="textarea"
        rows={3}
        {...area}
        {...described(id, hint ? { hint, fault } : { fault })}
        id={id}
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </Labelled>
  );
}

/** One of several. */
export function SelectField<T extends string>({
  label,
  hint,
  value,
  options,
  onChange,
}: Around & { value: T; options: readonly (readonly [value: T, text: string])[]; onChange: (value: T) => void }) {
  const id = useId();
  return (
    <Labelled id={id} label={label} {...(hint ? { hint } : {})}>
      <select
        class="select"
        id={id}
        value={value}
        {...described(id, hint ? { hint } : {})}
        onChange={(event) => onChange(event.currentTarget.value as T)}
      >
        {options.map(([option, text]) => (
          <option key={option} value={option}>
            {text}
          </option>
        ))}
      </select>
    </Labelled>
  );
}

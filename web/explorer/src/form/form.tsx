import { useWords } from '@muster/ui';
import type { Parameter } from '../contract/operation.ts';
import type { Value } from '../contract/schema.ts';
import { ValueField } from './field.tsx';
import { words } from './form.words.ts';

export type Values = Record<string, Value>;

/** Fields of parameters, what is required first. */
export function Form({
  parameters,
  values,
  onChange,
}: {
  parameters: Parameter[];
  values: Values;
  onChange: (values: Values) => void;
}) {
  const say = useWords(words);
  const put = (name: string, value: Value | undefined) => {
    const { [name]: _, ...rest } = values;
    onChange(value === undefined ? rest : { ...rest, [name]: value });
  };
  const fields = (shown: Parameter[]) =>
    shown.map((parameter) => (
      <ValueField
        key={parameter.name}
        {...parameter}
        value={values[parameter.name]}
        onChange={(value) => put(parameter.name, value)}
      />
    ));
  const required = parameters.filter((parameter) => parameter.required);
  const optional = parameters.filter((parameter) => !parameter.required);
  if (parameters.length === 0) return <p class="hint">{say.none}</p>;
  return (
    <>
      {required.length > 0 && (
        <div class="stack">
          <h3>{say.required}</h3>
          {fields(required)}
        </div>
      )}
      {optional.length > 0 && (
        <div class="stack">
          <h3>{say.optional}</h3>
          {fields(optional)}
        </div>
      )}
    </>
  );
}

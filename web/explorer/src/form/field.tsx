import { AreaField, Button, SelectField, TextField, useWords } from '@muster/ui';
import type { ComponentChildren } from 'preact';
import { choicesOf, kindOf, type Schema, type Value } from '../contract/schema.ts';
import { boundsOf, faultOf } from './bounds.ts';
import { words } from './form.words.ts';

interface Field {
  name: string;
  schema: Schema;
  required: boolean;
  description?: string | undefined;
  value: Value | undefined;
  onChange: (value: Value | undefined) => void;
}

/** Above so many characters a text has room for lines. */
const LONG = 1_000;

/** A value of any kind, filled in. */
export function ValueField(field: Field) {
  const choices = choicesOf(field.schema);
  switch (kindOf(field.schema)) {
    case 'boolean':
      return <BooleanField {...field} />;
    case 'list':
      return <ListField {...field} />;
    case 'map':
      return <MapField {...field} />;
    case 'object':
      return <ObjectField {...field} />;
    case 'objects':
      return <ObjectsField {...field} />;
    default:
      return choices.length > 0 ? <ChoiceField {...field} /> : <PlainField {...field} />;
  }
}

function useHint({ schema, description }: Pick<Field, 'schema' | 'description'>): string {
  const say = useWords(words);
  const told = (description ?? schema.description ?? '').replaceAll(/\s+/g, ' ').replaceAll('`', '');
  return [told, ...boundsOf(schema, say)].filter(Boolean).join(' · ');
}

function PlainField(field: Field) {
  const { name, schema, value, onChange } = field;
  const say = useWords(words);
  const hint = useHint(field);
  const shared = {
    label: name,
    ...(hint ? { hint } : {}),
    fault: faultOf(schema, value, say),
    value: value === undefined ? '' : String(value),
    onInput: (text: string) => onChange(text === '' ? undefined : text),
    spellcheck: false,
    autoComplete: 'off',
    autoCapitalize: 'off' as const,
  };
  if ((schema.maxLength ?? 0) > LONG || /^(Content|Body|Policy|Data)$/i.test(name))
    return <AreaField {...shared} rows={2} />;
  return <TextField {...shared} {...(kindOf(schema) === 'integer' ? { inputMode: 'numeric' as const } : {})} />;
}

function ChoiceField(field: Field) {
  const { name, schema, value, onChange } = field;
  const say = useWords(words);
  const hint = useHint(field);
  const options = choicesOf(schema).map(
    (choice) => [choice.value, choice.meaning ? `${choice.value}: ${choice.meaning}` : choice.value] as const,
  );
  return (
    <SelectField
      label={name}
      {...(hint ? { hint } : {})}
      value={value === undefined ? '' : String(value)}
      options={[['', say.unset], ...options]}
      onChange={(chosen) => onChange(chosen === '' ? undefined : chosen)}
    />
  );
}

function BooleanField(field: Field) {
  const { name, value, onChange } = field;
  const say = useWords(words);
  const hint = useHint(field);
  return (
    <SelectField
      label={name}
      {...(hint ? { hint } : {})}
      value={value === undefined ? '' : String(value)}
      options={[
        ['', say.unset],
        ['true', say.yes],
        ['false', say.no],
      ]}
      onChange={(chosen) => onChange(chosen === '' ? undefined : chosen === 'true')}
    />
  );
}

function Group({ field, children }: { field: Field; children: ComponentChildren }) {
  const hint = useHint(field);
  return (
    <fieldset class="group">
      <legend>{field.name}</legend>
      {hint && <p class="hint">{hint}</p>}
      {children}
    </fieldset>
  );
}

/** Items one by one. */
function ListField(field: Field) {
  const { name, schema, value, onChange } = field;
  const say = useWords(words);
  const items = Array.isArray(value) ? value : [];
  const put = (changed: Value[]) => onChange(changed.length > 0 ? changed : undefined);
  return (
    <Group field={field}>
      {items.map((item, at) => (
        <div key={at} class="row">
          <input
            class="input"
            aria-label={`${name} ${at + 1}`}
            value={String(item)}
            spellcheck={false}
            onInput={(event) => put(items.with(at, event.currentTarget.value))}
          />
          <Button
            kind="quiet"
            icon="close"
            label={say.remove(`${name} ${at + 1}`)}
            onClick={() => put(items.toSpliced(at, 1))}
          />
        </div>
      ))}
      <div>
        <Button
          icon="plus"
          disabled={items.length >= (schema.maxItems ?? Infinity)}
          onClick={() => put([...items, ''])}
        >
          {say.add}
        </Button>
      </div>
    </Group>
  );
}

/** Names and values of one's own. */
function MapField(field: Field) {
  const { name, value, onChange } = field;
  const say = useWords(words);
  const pairs = typeof value === 'object' && !Array.isArray(value) ? Object.entries(value) : [];
  const put = (changed: [string, Value][]) => onChange(changed.length > 0 ? Object.fromEntries(changed) : undefined);
  return (
    <Group field={field}>
      {pairs.map(([key, told], at) => (
        <div key={at} class="row">
          <input
            class="input"
            aria-label={say.name(`${name} ${at + 1}`)}
            value={key}
            spellcheck={false}
            onInput={(event) => put(pairs.with(at, [event.currentTarget.value, told]))}
          />
          <input
            class="input"
            aria-label={say.value(`${name} ${at + 1}`)}
            value={String(told)}
            spellcheck={false}
            onInput={(event) => put(pairs.with(at, [key, event.currentTarget.value]))}
          />
          <Button
            kind="quiet"
            icon="close"
            label={say.remove(`${name} ${at + 1}`)}
            onClick={() => put(pairs.toSpliced(at, 1))}
          />
        </div>
      ))}
      <div>
        <Button icon="plus" onClick={() => put([...pairs, [freeName(pairs.map(([key]) => key)), '']])}>
          {say.add}
        </Button>
      </div>
    </Group>
  );
}

/** A name that is not taken yet. */
function freeName(taken: string[]): string {
  let number = taken.length + 1;
  while (taken.includes(`key${number}`)) number += 1;
  return `key${number}`;
}

function Members({ schema, value, onChange }: Pick<Field, 'schema' | 'value' | 'onChange'>) {
  const members = typeof value === 'object' && !Array.isArray(value) ? value : {};
  const put = (name: string, member: Value | undefined) => {
    const { [name]: _, ...rest } = members;
    const changed = member === undefined ? rest : { ...rest, [name]: member };
    onChange(Object.keys(changed).length > 0 ? changed : undefined);
  };
  return Object.entries(schema.properties ?? {}).map(([name, member]) => (
    <ValueField
      key={name}
      name={name}
      schema={member}
      required={schema.required?.includes(name) ?? false}
      value={members[name]}
      onChange={(changed) => put(name, changed)}
    />
  ));
}

function ObjectField(field: Field) {
  return (
    <Group field={field}>
      <Members schema={field.schema} value={field.value} onChange={field.onChange} />
    </Group>
  );
}

function ObjectsField(field: Field) {
  const { name, schema, value, onChange } = field;
  const say = useWords(words);
  const items = Array.isArray(value) ? value : [];
  const put = (changed: Value[]) => onChange(changed.length > 0 ? changed : undefined);
  return (
    <Group field={field}>
      {items.map((item, at) => (
        <div key={at} class="row">
          <div class="grow stack">
            <Members
              schema={schema.items ?? {}}
              value={item}
              onChange={(changed) => put(items.with(at, changed ?? {}))}
            />
          </div>
          <Button
            kind="quiet"
            icon="close"
            label={say.remove(`${name} ${at + 1}`)}
            onClick={() => put(items.toSpliced(at, 1))}
          />
        </div>
      ))}
      <div>
        <Button
          icon="plus"
          disabled={items.length >= (schema.maxItems ?? Infinity)}
          onClick={() => put([...items, {}])}
        >
          {say.add}
        </Button>
      </div>
    </Group>
  );
}

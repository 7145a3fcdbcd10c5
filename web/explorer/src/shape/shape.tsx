import { useWords } from '@muster/ui';
import { type Schema, typeOf } from '../contract/schema.ts';
import { words } from './shape.words.ts';

const plain = (text: string | undefined): string => (text ?? '').replaceAll(/\s+/g, ' ').replaceAll('`', '');

/** The members of what is sent or answered, with their types and what they mean. */
export function Shape({ schema }: { schema: Schema }) {
  const say = useWords(words);
  const members = Object.entries(schema.properties ?? {});
  if (members.length === 0) return <p class="hint">{say.nothing}</p>;
  return (
    <ul class="shape">
      {members.map(([name, member]) => (
        <Member key={name} name={name} schema={member} required={schema.required?.includes(name) ?? false} />
      ))}
    </ul>
  );
}

function Member({ name, schema, required }: { name: string; schema: Schema; required: boolean }) {
  const say = useWords(words);
  const inner = typeOf(schema) === 'array' ? schema.items : schema;
  return (
    <li>
      <code class="member">{name}</code> <span class="unit">{useType(schema)}</span>
      {!required && <span class="chip">{say.optional}</span>}
      <p class="hint" lang="en">
        {plain(schema.description ?? inner?.description)}
      </p>
      {inner?.properties && <Shape schema={inner} />}
    </li>
  );
}

function useType(schema: Schema): string {
  const say = useWords(words);
  const type = typeOf(schema);
  if (type === 'array') return say.list(typeOf(schema.items ?? {}));
  if (type === 'object' && !schema.properties) return say.map;
  return type;
}

import { useWords } from '@muster/ui';
import { words } from './operation.words.ts';

/** Below so many members an object or a list is open at first. */
const OPEN = 12;

/** A value of JSON as a tree whose branches fold. */
export function Tree({ value, name }: { value: unknown; name?: string }) {
  const say = useWords(words);
  if (typeof value !== 'object' || value === null) {
    return (
      <p class="leaf">
        {name !== undefined && <span class="member">{name}</span>}
        <code class={typeof value}>{JSON.stringify(value)}</code>
      </p>
    );
  }
  const members = Object.entries(value);
  const branches = members.map(([key, member]) => <Tree key={key} name={key} value={member} />);
  if (name === undefined) return <div class="branch">{branches}</div>;
  return (
    <details open={members.length < OPEN}>
      <summary>
        <span class="member">{name}</span> <span class="unit">{say.items(members.length)}</span>
      </summary>
      <div class="branch">{branches}</div>
    </details>
  );
}

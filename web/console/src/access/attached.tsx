import { useWords } from '@muster/ui';
import { words } from './access.words.ts';

/** The policies of a user or a role, to be detached, and the others, to be attached. */
export function Attached({
  of,
  policies,
  all,
  onAttach,
  onDetach,
}: {
  of: string;
  policies: readonly string[];
  /** Every policy that there is. */
  all: readonly string[];
  onAttach: (policy: string) => void;
  onDetach: (policy: string) => void;
}) {
  const say = useWords(words);
  const free = all.filter((name) => !policies.includes(name));
  return (
    <div class="line">
      {policies.map((policy) => (
        <span key={policy} class="chip">
          {policy}
          <button
            type="button"
            class="chip-out"
            aria-label={say.detach(policy, of)}
            title={say.detach(policy, of)}
            onClick={() => onDetach(policy)}
          >
            ×
          </button>
        </span>
      ))}
      {free.length > 0 && (
        <select
          class="select slim small"
          aria-label={`${say.attach}: ${of}`}
          value=""
          onChange={(event) => onAttach(event.currentTarget.value)}
        >
          <option value="">{say.attach}</option>
          {free.map((policy) => (
            <option key={policy} value={policy}>
              {policy}
            </option>
          ))}
        </select>
      )}
    </div>
  );
}

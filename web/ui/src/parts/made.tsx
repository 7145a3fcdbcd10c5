import { useState } from 'preact/hooks';
import type { Made } from '../call.ts';
import { written } from '../code.ts';
import { counted } from '../format.ts';
import { curl } from '../samples/curl.ts';
import { PYTHON_RUNTIME, python } from '../samples/python.ts';
import { useWords } from '../words.ts';
import { Button } from './button.tsx';
import { partWords } from './parts.words.ts';
import { Code } from './told.tsx';

/** The API call that an action has made: a line that unfolds into code. */
export function MadeCall({ made }: { made: Made | undefined }) {
  const say = useWords(partWords);
  if (!made) return null;
  return (
    <MadeLine
      kind={say.made}
      name={made.action}
      code={made.code}
      millis={made.millis}
      forms={[
        ['curl', () => curl(written(made, location.origin))],
        ['Python', () => `# ${PYTHON_RUNTIME}\n${python(written(made, location.origin))}`],
      ]}
    />
  );
}

/** What an action has made, and came to: a line that unfolds into the same in several forms. */
export function MadeLine({
  kind,
  name,
  code,
  millis,
  forms,
}: {
  kind: string;
  name: string;
  /** `OK`, or the server's code. */
  code: string;
  millis: number;
  /** The name of each form, and its text. */
  forms: readonly (readonly [name: string, text: () => string])[];
}) {
  const say = useWords(partWords);
  const [chosen, setChosen] = useState(forms[0]?.[0]);
  const text = forms.find(([form]) => form === chosen)?.[1];
  return (
    <details class="made">
      <summary>
        <span>{kind}</span>
        <code class="cut">{name}</code>
        <span class={code === 'OK' ? 'chip good' : 'chip bad'}>{code}</span>
        <span class="number">{say.millis(counted(Math.round(millis)))}</span>
      </summary>
      <div class="stack">
        <div class="tabs">
          {forms.map(([form]) => (
            <Button key={form} kind="quiet" pressed={form === chosen} onClick={() => setChosen(form)}>
              {form}
            </Button>
          ))}
        </div>
        {text && <Code text={text()} />}
      </div>
    </details>
  );
}

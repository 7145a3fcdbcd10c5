import { useState } from 'preact/hooks';
import type { Made } from '../call.ts';
import { written } from '../code.ts';
import { counted } from '../format.ts';
import { curl } from '../samples/curl.ts';
import { PYTHON_RUNTIME, python } from '../samples/python.ts';
import type { WrittenCall } from '../samples/written.ts';
import { useWords } from '../words.ts';
import { Button } from './button.tsx';
import { partWords } from './parts.words.ts';
import { Code } from './told.tsx';

const FORMS = { curl, Python: (call: WrittenCall) => `# ${PYTHON_RUNTIME}\n${python(call)}` } as const;

/** The API call that an action has made: a line that unfolds into code. */
export function MadeCall({ made }: { made: Made | undefined }) {
  const say = useWords(partWords);
  const [form, setForm] = useState<keyof typeof FORMS>('curl');
  if (!made) return null;
  return (
    <details class="made">
      <summary>
        <span>{say.made}</span>
        <code class="cut">{made.action}</code>
        <span class={made.code === 'OK' ? 'chip good' : 'chip bad'}>{made.code}</span>
        <span class="number">{say.millis(counted(Math.round(made.millis)))}</span>
      </summary>
      <div class="stack">
        <div class="tabs">
          {(['curl', 'Python'] as const).map((name) => (
            <Button key={name} kind="quiet" pressed={form === name} onClick={() => setForm(name)}>
              {name}
            </Button>
          ))}
        </div>
        <Code text={FORMS[form](written(made, location.origin))} />
      </div>
    </details>
  );
}

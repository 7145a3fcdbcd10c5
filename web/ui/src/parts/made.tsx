import { useState } from 'preact/hooks';
import { type Made, session } from '../call.ts';
import { curl, python } from '../code.ts';
import { counted } from '../format.ts';
import { useWords } from '../words.ts';
import { Button } from './button.tsx';
import { partWords } from './parts.words.ts';
import { Code } from './told.tsx';

const FORMS = { curl, Python: python } as const;

/** The API call that an action has made: a line that unfolds into code. */
export function MadeCall({ made }: { made: Made | undefined }) {
  const say = useWords(partWords);
  const [form, setForm] = useState<keyof typeof FORMS>('curl');
  if (!made) return null;
  const key = session.value?.accessKeyId ?? '';
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
        <Code text={FORMS[form](made, location.origin, key)} />
      </div>
    </details>
  );
}

import { type Answer, Button, Code, CopyId, counted, useWords } from '@muster/ui';
import { useState } from 'preact/hooks';
import type { DocumentedError } from '../contract/operation.ts';
import { said } from '../contract/said.ts';
import { words } from './operation.words.ts';
import { Tree } from './tree.tsx';
import { readXml } from './xml.ts';

const VIEWS = ['tree', 'text', 'headers'] as const;

/** What an answer says, and its text with a member a line; nothing where it is neither JSON nor XML. */
function read(text: string): { body: unknown; lines: string } | undefined {
  if (text.startsWith('<')) return readXml(text);
  try {
    const body: unknown = JSON.parse(text);
    return { body, lines: JSON.stringify(body, undefined, 2) };
  } catch {
    return undefined;
  }
}

/** An answer: its status, time and id, its content as a tree and as text, and its headers. */
export function AnswerView({ answer, errors }: { answer: Answer; errors: DocumentedError[] }) {
  const say = useWords(words);
  const [view, setView] = useState<(typeof VIEWS)[number]>('tree');
  const { made } = answer;
  const good = answer.status < 400 && made.code === 'OK';
  const told = read(answer.text);
  const body = told?.body;
  const cause = good ? undefined : errors.find(({ code }) => code === made.code);
  const message = (body as { Message?: unknown } | undefined)?.Message;
  return (
    <div class="stack">
      <h2>{say.answer}</h2>
      <div class="line">
        <span class={good ? 'chip good' : 'chip bad'}>
          {answer.status} {made.code}
        </span>
        <span class="number">{say.millis(counted(Math.round(made.millis)))}</span>
        {made.serverMillis !== undefined && <span class="unit">{say.server(String(made.serverMillis))}</span>}
        {made.requestId && <CopyId value={made.requestId} name={say.requestId} characters={24} />}
      </div>
      {!good && (
        <div class="failure">
          <p class="what">
            <b>{made.code}</b> <span lang="en">{typeof message === 'string' ? message : ''}</span>
            {cause && said(cause.when) && (
              <span class="why">
                {say.known}: {said(cause.when)}
              </span>
            )}
          </p>
        </div>
      )}
      <div class="tabs">
        {VIEWS.map((one) => (
          <Button key={one} kind="quiet" pressed={view === one} onClick={() => setView(one)}>
            {say[one]}
          </Button>
        ))}
      </div>
      {view === 'tree' && body !== undefined && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
        <section class="card padded tree" tabIndex={0} aria-label={say.answer}>
          <Tree value={body} />
        </section>
      )}
      {(view === 'text' || (view === 'tree' && body === undefined)) && <Code text={told?.lines ?? answer.text} />}
      {view === 'headers' && <Code text={answer.headers.map(([name, value]) => `${name}: ${value}`).join('\n')} />}
    </div>
  );
}

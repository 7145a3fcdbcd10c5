import {
  type Answer,
  Button,
  ConfirmButton,
  CopyId,
  counted,
  exchange,
  Failure,
  language,
  SelectField,
  session,
  useWords,
} from '@muster/ui';
import type { Format } from '@muster/ui/samples';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import { type DocumentedError, exampleOf, type Operation } from '../contract/operation.ts';
import { said } from '../contract/said.ts';
import { Form, type Values } from '../form/form.tsx';
import { Pick } from '../form/pick.tsx';
import { sampledCall, wireTexts } from '../samples/call.ts';
import { Shape } from '../shape/shape.tsx';
import { AnswerView } from './answer.tsx';
import { CodeView, ENDPOINT } from './code.tsx';
import { Errors } from './errors.tsx';
import { keep, kept } from './kept.ts';
import { words } from './operation.words.ts';

const FORMATS: readonly Format[] = ['JSON', 'XML'];

/** What the answer is asked for in, which stands in the address. */
function useFormat(): [format: Format, choose: (format: Format) => void] {
  const { path, query, route } = useLocation();
  const choose = (format: Format) => {
    const rest = new URLSearchParams(query);
    if (format === 'XML') rest.set('format', format);
    else rest.delete('format');
    route(`${path}${rest.size > 0 ? `?${rest}` : ''}`, true);
  };
  return [query.format === 'XML' ? 'XML' : 'JSON', choose];
}

/** The operation's example with what was chosen before. What nothing was chosen for yet is left to be filled in. */
function begun(operation: Operation): Values {
  const filled = Object.entries(exampleOf(operation, kept()));
  return Object.fromEntries(filled.filter(([, value]) => !JSON.stringify(value).includes('{#')));
}

const textsOf = (values: Values): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );

/** One operation: what it does, a form to try it, its answer, the same call as code, and its errors. */
export function OperationScreen({
  operation,
  common,
  onSignIn,
}: {
  operation: Operation;
  common: DocumentedError[];
  onSignIn: () => void;
}) {
  const say = useWords(words);
  const [values, setValues] = useState<Values>(() => begun(operation));
  const [answer, setAnswer] = useState<Answer>();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const change = (changed: Values) => {
    keep(textsOf(changed));
    setValues(changed);
  };
  const [format, setFormat] = useFormat();
  const called = sampledCall(operation, values, ENDPOINT, format);
  const run = async () => {
    setBusy(true);
    setError(undefined);
    try {
      const product = operation.product as 'live' | 'cams' | 'sts';
      const { Format: _, ...texts } = Object.fromEntries(wireTexts(called));
      setAnswer(await exchange(product, operation.name, texts, { version: operation.version, form: format }));
    } catch (fault) {
      setAnswer(undefined);
      setError(fault);
    }
    setBusy(false);
  };
  return (
    <article class="operation">
      <About operation={operation} />
      <section class="stack asks">
        <div class="line">
          <h2 class="grow">{say.request}</h2>
          <Button kind="quiet" onClick={() => change(begun(operation))}>
            {say.example}
          </Button>
          <Button kind="quiet" onClick={() => setValues({})}>
            {say.clear}
          </Button>
        </div>
        <form
          class="stack"
          onSubmit={(event) => {
            event.preventDefault();
            if (session.value && operation.level !== 'delete') void run();
          }}
        >
          <Pick
            product={operation.product}
            tag={operation.tag.en}
            parameters={operation.parameters.map(({ name }) => name)}
            chosen={textsOf(values)}
            onPick={(name, value) => change({ ...values, [name]: value })}
          />
          <Form parameters={operation.parameters} values={values} onChange={change} />
          <SelectField
            label={say.format}
            value={format}
            options={FORMATS.map((one) => [one, one] as const)}
            onChange={setFormat}
          />
          <div class="line go">
            <TryButton operation={operation} busy={busy} onSignIn={onSignIn} onRun={() => void run()} />
          </div>
        </form>
      </section>
      <section class="stack gets">
        <Outcome answer={answer} error={error} errors={[...operation.errors, ...common]} />
        <CodeView call={called} />
      </section>
      <section class="stack tells">
        <h2>{say.returns}</h2>
        <Shape schema={operation.answer} />
        <h2>{say.errors}</h2>
        <Errors own={operation.errors} common={common} />
      </section>
    </article>
  );
}

function About({ operation }: { operation: Operation }) {
  const say = useWords(words);
  const facts: [string, string][] = [
    [say.ramAction, operation.ramAction],
    ...operation.resources.map((resource): [string, string] => [say.resource, resource]),
  ];
  return (
    <header class="stack about">
      <div class="line">
        <h1 lang="en">{operation.name}</h1>
        {operation.level !== 'none' && (
          <span class={operation.level === 'delete' ? 'chip bad' : 'chip good'}>{operation.level}</span>
        )}
        <span class="chip">{said(operation.tag)}</span>
      </div>
      <p class="measure">{said(operation.summary)}</p>
      {language.value === 'zh' && <p class="hint">{say.inEnglish}</p>}
      <div class="stack measure" lang="en">
        {operation.notes.map((note) => (
          <p key={note}>{note.replaceAll('`', '')}</p>
        ))}
      </div>
      <dl class="facts">
        <div>
          <dt>{say.version}</dt>
          <dd>{operation.version}</dd>
        </div>
        <div>
          <dt>{say.quota}</dt>
          <dd>{operation.quota === null ? say.noQuota : say.perSecond(counted(operation.quota))}</dd>
        </div>
        {facts.map(([name, value]) => (
          <div key={value}>
            <dt>{name}</dt>
            <dd>
              <CopyId value={value} name={name} characters={52} />
            </dd>
          </div>
        ))}
      </dl>
    </header>
  );
}

function TryButton({
  operation,
  busy,
  onSignIn,
  onRun,
}: {
  operation: Operation;
  busy: boolean;
  onSignIn: () => void;
  onRun: () => void;
}) {
  const say = useWords(words);
  if (!session.value) {
    return (
      <Button kind="main" onClick={onSignIn}>
        {say.signIn}
      </Button>
    );
  }
  if (operation.level === 'delete') {
    return (
      <>
        <ConfirmButton disabled={busy} onConfirm={onRun}>
          {say.tryIt}
        </ConfirmButton>
        <span class="hint">{say.destroys}</span>
      </>
    );
  }
  return (
    <Button kind="main" submit disabled={busy}>
      {busy ? say.trying : say.tryIt}
    </Button>
  );
}

/** What a try gave. It is brought into view, which matters on a phone. */
function Outcome({ answer, error, errors }: { answer: Answer | undefined; error: unknown; errors: DocumentedError[] }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (answer !== undefined || error !== undefined) place.current?.scrollIntoView({ block: 'nearest' });
  }, [answer, error]);
  return (
    <div ref={place} class="outcome" aria-live="polite">
      {error !== undefined && <Failure error={error} />}
      {answer && <AnswerView answer={answer} errors={errors} />}
    </div>
  );
}

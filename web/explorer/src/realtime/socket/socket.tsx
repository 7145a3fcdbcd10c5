import { Button, SelectField, TextField, useWords } from '@muster/ui';
import { useEffect, useState } from 'preact/hooks';
import type { Parameter } from '../../contract/operation.ts';
import type { Realtime } from '../../contract/realtime.ts';
import type { Schema, Value } from '../../contract/schema.ts';
import { Form, type Values } from '../../form/form.tsx';
import { Pick } from '../../form/pick.tsx';
import { keep, kept } from '../../operation/kept.ts';
import { typedValue } from '../../samples/call.ts';
import { words as contractWords } from '../realtime.words.ts';
import { Connect, login } from './connect.tsx';
import { callOver, disconnect, join, joined, leave, stage } from './connection.ts';
import { Log } from './log.tsx';
import { words } from './socket.words.ts';

/** A connection to try the contract on; `call` is the one call that is offered, or all are. */
export function Socket({
  realtime,
  call,
  onSignIn,
}: {
  realtime: Realtime;
  call?: string | undefined;
  onSignIn: () => void;
}) {
  const say = useWords(words);
  const [group, setGroup] = useState(() => kept().GroupId ?? '');
  const put = (id: string) => {
    keep({ GroupId: id });
    setGroup(id);
  };
  return (
    <section class="socket" aria-label={say.title}>
      <div class="stack">
        <h2>{say.title}</h2>
        <p class="hint">{say.intro}</p>
        <Connect onSignIn={onSignIn} />
        {stage.value === 'open' && <Groups group={group} onGroup={put} />}
        <Call key={call} realtime={realtime} fixed={call} group={group} />
      </div>
      <Log realtime={realtime} />
    </section>
  );
}

/** Ends the connection when the page is left, or what is looked at is no longer the realtime contract. */
export function useEnds(): void {
  useEffect(() => {
    addEventListener('pagehide', disconnect);
    return () => {
      removeEventListener('pagehide', disconnect);
      disconnect();
    };
  }, []);
}

/** The groups that one is in, and joins. */
function Groups({ group, onGroup }: { group: string; onGroup: (id: string) => void }) {
  const say = useWords(words);
  const { app } = login.value;
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (group !== '') join(group);
      }}
    >
      {app && (
        <Pick
          product="live"
          tag={String(app.generation)}
          parameters={['GroupId']}
          chosen={{ AppId: app.id, GroupId: group }}
          onPick={(_, id) => onGroup(id)}
        />
      )}
      <div class="line end">
        <div class="grow">
          <TextField label={say.group} value={group} onInput={onGroup} spellcheck={false} autoComplete="off" />
        </div>
        <Button submit disabled={group === '' || joined.value.includes(group)}>
          {say.join}
        </Button>
      </div>
      <div class="tabs wrapped">
        {joined.value.map((id) => (
          <Button key={id} icon="close" onClick={() => leave(id)}>
            {say.leave(id)}
          </Button>
        ))}
      </div>
    </form>
  );
}

/** The parameters of a call, as those of an operation. */
function parametersOf({ properties = {}, required = [] }: Schema): Parameter[] {
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    schema,
    required: required.includes(name),
    description: schema.description ?? '',
  }));
}

const DEFAULT = 'sendGroupMessage';

function Call({ realtime, fixed, group }: { realtime: Realtime; fixed: string | undefined; group: string }) {
  const say = useWords(words);
  const [chosen, setChosen] = useState(fixed ?? DEFAULT);
  const [values, setValues] = useState<Values>({});
  const [busy, setBusy] = useState(false);
  const about = useWords(contractWords);
  const call = realtime.calls[chosen];
  const parameters = parametersOf(call?.parameters ?? {});
  const ofGroup = parameters.some(({ name }) => name === 'groupId');
  // The group that is joined is most often the one that a call is about.
  useEffect(() => {
    if (ofGroup && group !== '') setValues((held) => ({ ...held, groupId: group }));
  }, [group, ofGroup]);
  const run = async () => {
    const sent = parameters.flatMap(({ name, schema }): [string, Value][] => {
      const value = values[name];
      return value === undefined ? [] : [[name, typedValue(schema, value)]];
    });
    setBusy(true);
    await callOver(chosen, Object.fromEntries(sent));
    setBusy(false);
  };
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (stage.value === 'open') void run();
      }}
    >
      {!fixed && (
        <SelectField
          label={say.call}
          {...(call ? { hint: about.who(call.who) } : {})}
          value={chosen}
          options={Object.keys(realtime.calls).map((name) => [name, name] as const)}
          onChange={(name) => {
            setChosen(name);
            setValues(({ groupId }) => (groupId === undefined ? {} : { groupId }));
          }}
        />
      )}
      <Form parameters={parameters} values={values} onChange={setValues} />
      <div class="line">
        <Button kind="main" submit disabled={busy || stage.value !== 'open'}>
          {busy ? say.calling : say.make}
        </Button>
        {stage.value !== 'open' && <span class="hint">{say.notYet}</span>}
      </div>
    </form>
  );
}

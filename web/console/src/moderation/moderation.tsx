import {
  Ago,
  AreaField,
  Button,
  ConfirmButton,
  Empty,
  Failure,
  SelectField,
  Skeleton,
  session,
  TextField,
  useLoaded,
  useWords,
} from '@muster/ui';
import { useState } from 'preact/hooks';
import { useQuery } from '../address.ts';
import { type AppRow, loadApps } from '../apps/load.ts';
import { type Command, command } from '../command.ts';
import { MadeCommands, useCommands } from '../commands.tsx';
import { Listed } from '../frame/listed.tsx';
import { Screen } from '../frame/screen.tsx';
import { words } from './moderation.words.ts';

interface Entry {
  entry: string;
  addedAt: number;
}

/** The word lists of applications: what messages may not say. */
export function ModerationScreen() {
  const say = useWords(words);
  const { value: apps, error, reload } = useLoaded('apps', loadApps);
  const isOwner = session.value?.userName === null;
  return (
    <Screen title={say.title}>
      <p class="unit measure">{say.intro}</p>
      {error !== undefined && <Failure error={error} onRetry={reload} />}
      {!isOwner && (
        <div class="card">
          <Empty title={say.title}>
            <p>{say.ownerOnly}</p>
          </Empty>
        </div>
      )}
      {isOwner && !apps && error === undefined && <Skeleton />}
      {isOwner && apps?.rows.length === 0 && (
        <div class="card">
          <Empty title={say.noApps} />
        </div>
      )}
      {isOwner && apps && apps.rows.length > 0 && <Words apps={apps.rows} />}
    </Screen>
  );
}

function Words({ apps }: { apps: AppRow[] }) {
  const say = useWords(words);
  const [query, change] = useQuery();
  const app = query.app || (apps[0]?.id ?? '');
  const list = (signal: AbortSignal) => command<Entry[]>({ Word: { List: { app } } }, signal);
  const { value, error, reload } = useLoaded(`words ${app}`, list);
  const { act, fault, given } = useCommands(reload);
  const [text, setText] = useState('');
  const add = async (event: SubmitEvent) => {
    event.preventDefault();
    const entries = text.split('\n').map((line) => line.trim());
    const asked: Command = { Word: { Add: { app, entries: entries.filter(Boolean) } } };
    if ((await act(asked)) !== undefined) setText('');
  };
  const options = apps.map(({ id, name }) => [id, name ? `${name} (${id})` : id] as const);
  return (
    <div class="halves wide-left">
      <div class="stack">
        <SelectField label={say.app} value={app} options={options} onChange={(app) => change({ app })} />
        {fault !== undefined && <Failure error={fault} />}
        <MadeCommands given={given} />
        <Listed
          loaded={{ error, reload }}
          rows={value}
          none={say.none}
          more={say.noneMore}
          keyOf={({ entry }) => entry}
          columns={[
            { head: say.entry, kind: 'mono', cell: ({ entry }) => entry },
            { head: say.added, kind: 'moment', cell: ({ addedAt }) => <Ago at={addedAt * 1000} /> },
            {
              kind: 'number',
              cell: ({ entry }) => (
                <ConfirmButton
                  kind="quiet danger"
                  icon="trash"
                  label={say.remove(entry)}
                  onConfirm={() => void act({ Word: { Remove: { app, entry } } })}
                />
              ),
            },
          ]}
        />
      </div>
      <div class="stack">
        <form class="card padded stack" onSubmit={(event) => void add(event)}>
          <AreaField label={say.entries} hint={say.addHint} value={text} onInput={setText} required />
          <Button kind="main" icon="plus" submit>
            {say.add}
          </Button>
        </form>
        <Test app={app} />
      </div>
    </div>
  );
}

function Test({ app }: { app: string }) {
  const say = useWords(words);
  const [text, setText] = useState('');
  const [found, setFound] = useState<{ entry: string | null }>();
  const { act, fault, given } = useCommands(() => {});
  const test = async (event: SubmitEvent) => {
    event.preventDefault();
    setFound(await act<{ entry: string | null }>({ Word: { Test: { app, text } } }));
  };
  return (
    <form class="card padded stack" onSubmit={(event) => void test(event)}>
      <TextField label={say.test} value={text} onInput={setText} required />
      <Button submit>{say.testIt}</Button>
      {fault !== undefined && <Failure error={fault} />}
      {found && (
        <p role="status" class={found.entry ? 'chip bad verdict' : 'chip good verdict'}>
          {found.entry ? say.caught(found.entry) : say.clean}
        </p>
      )}
      <MadeCommands given={given} />
    </form>
  );
}

import {
  Ago,
  Button,
  CallError,
  ConfirmButton,
  CopyId,
  call,
  counted,
  Failure,
  type Made,
  MadeCall,
  Sheet,
  Skeleton,
  TextField,
  useLoaded,
  useWords,
} from '@muster/ui';
import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import { groupPath, useQuery } from '../address.ts';
import { Listed, Pager } from '../frame/listed.tsx';
import { tellAt } from '../frame/made.ts';
import { Screen } from '../frame/screen.tsx';
import { words } from './app.words.ts';
import { type App, GROUPS_A_PAGE, loadApp, loadGroups, makeGroup, type Status } from './load.ts';

const STATUSES: readonly Status[] = ['all', 'open', 'deleted'];

/** An application and its groups. */
export function AppScreen({ app: id = '' }: { app?: string }) {
  const say = useWords(words);
  const { value: app, error, reload } = useLoaded(`app ${id}`, (signal) => loadApp(id, signal));
  const [making, setMaking] = useState(false);
  const crumbs = [{ text: say.apps, href: '/console/apps' }];
  const make = (
    <Button kind="main" icon="plus" disabled={!app || app.disabled} onClick={() => setMaking(true)}>
      {say.make}
    </Button>
  );
  return (
    <Screen title={app?.name || id} crumbs={crumbs} action={make}>
      {error !== undefined && <Failure error={error} onRetry={reload} />}
      {app && <Facts app={app} onChanged={reload} />}
      {app && <GroupList app={app} />}
      {!app && error === undefined && <Skeleton />}
      {app && making && <NewGroup app={app} onClose={() => setMaking(false)} />}
    </Screen>
  );
}

function Facts({ app, onChanged }: { app: App; onChanged: () => void }) {
  const say = useWords(words);
  const [error, setError] = useState<unknown>();
  const [made, setMade] = useState<Made>();
  const set = async (Disable: boolean) => {
    setError(undefined);
    try {
      setMade((await call('live', 'ModifyLiveMessageAppDisable', { AppId: app.id, Disable })).made);
      onChanged();
    } catch (fault) {
      setError(fault);
      setMade(fault instanceof CallError ? fault.made : undefined);
    }
  };
  return (
    <div class="stack">
      {app.disabled && <p class="notice">{say.disabled}</p>}
      {error !== undefined && <Failure error={error} />}
      <MadeCall made={made} />
      <div class="line">
        <CopyId value={app.id} name="App ID" characters={40} />
        {app.sign && (
          <span class="line">
            <span class="unit">{say.sign}</span>
            <CopyId value={app.sign} name={say.sign} characters={24} />
          </span>
        )}
        <span class="grow" />
        {app.generation === 2 &&
          (app.disabled ? (
            <Button onClick={() => void set(false)}>{say.enable}</Button>
          ) : (
            <ConfirmButton kind="quiet danger" onConfirm={() => void set(true)}>
              {say.disable}
            </ConfirmButton>
          ))}
      </div>
    </div>
  );
}

function GroupList({ app }: { app: App }) {
  const say = useWords(words);
  const [query, change] = useQuery();
  const page = Math.max(1, Number(query.page) || 1);
  const status = STATUSES.find((one) => one === query.status) ?? 'all';
  const load = (signal: AbortSignal) => loadGroups(app, page, status, signal);
  const { value, error, reload } = useLoaded(`groups ${app.id} ${page} ${status}`, load, 10_000);
  const pages = Math.max(1, Math.ceil((value?.total ?? 0) / GROUPS_A_PAGE));
  return (
    <>
      <div class="line">
        <h2>{say.groups}</h2>
        {value && <span class="unit number">{counted(value.total)}</span>}
        <span class="grow" />
        {app.generation === 2 && (
          // biome-ignore lint/a11y/useSemanticElements: a fieldset would be heavier than what it holds
          <div class="tabs" role="group" aria-label={say.show}>
            {STATUSES.map((one) => (
              <Button
                key={one}
                kind="quiet"
                pressed={status === one}
                onClick={() => change({ status: one === 'all' ? '' : one, page: '' })}
              >
                {{ all: say.all, open: say.onlyOpen, deleted: say.onlyDeleted }[one]}
              </Button>
            ))}
          </div>
        )}
        <OpenGroup app={app} />
      </div>
      <Listed
        loaded={{ error, reload }}
        rows={value?.rows}
        none={status === 'all' ? say.none : say.noneFound}
        more={status === 'all' && say.noneMore}
        keyOf={(group) => group.id}
        linked
        columns={[
          {
            head: say.name,
            cell: (group) => (
              <a href={groupPath(app.id, group.id)}>{group.name || (app.generation === 1 ? group.id : say.unnamed)}</a>
            ),
          },
          { head: say.id, cell: (group) => <CopyId value={group.id} name={say.id} characters={28} /> },
          { head: say.creator, cell: (group) => group.creator },
          {
            head: say.state,
            cell: (group) => (
              <span class={group.deleted ? 'chip' : 'chip good'}>{group.deleted ? say.deleted : say.exists}</span>
            ),
          },
          { head: say.created, kind: 'moment', cell: (group) => <Ago at={group.created} /> },
        ]}
      />
      <Pager page={page} pages={pages} onTurn={(page) => change({ page: String(page) })} />
      <MadeCall made={value?.made} />
    </>
  );
}

/** Goes to a group by its id: a list of thousands is not searched by eye. */
function OpenGroup({ app }: { app: App }) {
  const say = useWords(words);
  const { route } = useLocation();
  const [id, setId] = useState('');
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (id.trim()) route(groupPath(app.id, id.trim()));
  };
  return (
    <form onSubmit={submit}>
      <input
        class="input"
        type="search"
        aria-label={say.open}
        placeholder={`${say.open} ( / )`}
        value={id}
        onInput={(event) => setId(event.currentTarget.value)}
      />
    </form>
  );
}

function NewGroup({ app, onClose }: { app: App; onClose: () => void }) {
  const say = useWords(words);
  const { route } = useLocation();
  const [id, setId] = useState('');
  const [name, setName] = useState('');
  const [creator, setCreator] = useState('');
  const [error, setError] = useState<unknown>();
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    try {
      const asked = { id: id.trim(), name: name.trim(), creator: creator.trim() };
      const { id: group, made } = await makeGroup(app, asked);
      tellAt(groupPath(app.id, group), made);
      route(groupPath(app.id, group));
    } catch (fault) {
      setError(fault);
    }
  };
  return (
    <Sheet title={say.make} onClose={onClose}>
      <form class="stack" onSubmit={(event) => void submit(event)}>
        {app.generation === 2 && (
          <>
            <TextField label={say.id} hint={say.idHint} value={id} onInput={setId} maxLength={64} required />
            <TextField label={say.name} value={name} onInput={setName} />
          </>
        )}
        <TextField
          label={say.creator}
          hint={say.creatorHint}
          value={creator}
          onInput={setCreator}
          required={app.generation === 1}
        />
        {error !== undefined && <Failure error={error} />}
        <Button kind="main" submit>
          {say.makeIt}
        </Button>
      </form>
    </Sheet>
  );
}

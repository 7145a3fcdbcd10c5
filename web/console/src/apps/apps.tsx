import { Ago, Button, CopyId, call, Failure, MadeCall, Sheet, TextField, useLoaded, useWords } from '@muster/ui';
import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import { appPath } from '../address.ts';
import { Listed } from '../frame/listed.tsx';
import { tellAt } from '../frame/made.ts';
import { Screen } from '../frame/screen.tsx';
import { words } from './apps.words.ts';
import { loadApps } from './load.ts';

/** Every application of the account. */
export function AppsScreen() {
  const say = useWords(words);
  const [making, setMaking] = useState(false);
  const { value, error, reload } = useLoaded('apps', loadApps);
  const make = (
    <Button kind="main" icon="plus" onClick={() => setMaking(true)}>
      {say.make}
    </Button>
  );
  return (
    <Screen title={say.title} action={make}>
      <Listed
        loaded={{ error, reload }}
        rows={value?.rows}
        none={say.none}
        more={say.noneMore}
        keyOf={(app) => `${app.generation}${app.id}`}
        linked
        columns={[
          { head: say.name, cell: (app) => <a href={appPath(app.id)}>{app.name || say.unnamed}</a> },
          { head: say.id, cell: (app) => <CopyId value={app.id} name={say.id} characters={24} /> },
          { head: say.generation, cell: (app) => (app.generation === 1 ? say.generation1 : say.generation2) },
          {
            head: say.state,
            cell: (app) => (
              <span class={app.disabled ? 'chip warn' : 'chip good'}>{app.disabled ? say.disabled : say.inUse}</span>
            ),
          },
          { head: say.created, kind: 'moment', cell: (app) => <Ago at={app.created} /> },
        ]}
      />
      <MadeCall made={value?.made} />
      {making && <NewApp onClose={() => setMaking(false)} />}
    </Screen>
  );
}

function NewApp({ onClose }: { onClose: () => void }) {
  const say = useWords(words);
  const { route } = useLocation();
  const [name, setName] = useState('');
  const [error, setError] = useState<unknown>();
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    try {
      const { body, made } = await call('live', 'CreateLiveMessageApp', { AppName: name.trim() });
      tellAt(appPath(body.AppId), made);
      route(appPath(body.AppId));
    } catch (fault) {
      setError(fault);
    }
  };
  return (
    <Sheet title={say.make} onClose={onClose}>
      <form class="stack" onSubmit={(event) => void submit(event)}>
        <TextField
          label={say.name}
          hint={say.nameHint}
          value={name}
          onInput={setName}
          minLength={2}
          maxLength={16}
          required
        />
        {error !== undefined && <Failure error={error} />}
        <div class="line">
          <Button kind="main" submit>
            {say.makeIt}
          </Button>
        </div>
      </form>
    </Sheet>
  );
}

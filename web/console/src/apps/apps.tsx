import {
  Ago,
  Button,
  CopyId,
  call,
  Empty,
  Failure,
  MadeCall,
  Sheet,
  Skeleton,
  TextField,
  useLoaded,
  useWords,
} from '@muster/ui';
import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import { appPath } from '../address.ts';
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
      {error !== undefined && <Failure error={error} onRetry={reload} />}
      <div class="card scroll">
        {!value && error === undefined && <Skeleton />}
        {value?.rows.length === 0 && (
          <Empty title={say.none}>
            <p>{say.noneMore}</p>
          </Empty>
        )}
        {value && value.rows.length > 0 && (
          <table class="table linked">
            <thead>
              <tr>
                <th>{say.name}</th>
                <th>{say.id}</th>
                <th>{say.generation}</th>
                <th>{say.state}</th>
                <th class="number">{say.created}</th>
              </tr>
            </thead>
            <tbody>
              {value.rows.map((app) => (
                <tr key={`${app.generation}${app.id}`}>
                  <td>
                    <a href={appPath(app.id)}>{app.name || say.unnamed}</a>
                  </td>
                  <td>
                    <CopyId value={app.id} name={say.id} characters={24} />
                  </td>
                  <td>{app.generation === 1 ? say.generation1 : say.generation2}</td>
                  <td>
                    <span class={app.disabled ? 'chip warn' : 'chip good'}>
                      {app.disabled ? say.disabled : say.inUse}
                    </span>
                  </td>
                  <td class="number unit">
                    <Ago at={app.created} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </div>
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

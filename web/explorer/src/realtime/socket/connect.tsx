import { AreaField, Button, Failure, SelectField, session, TextField, useLoaded, useWords } from '@muster/ui';
import { signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { connect, disconnect, stage, user } from './connection.ts';
import { words } from './socket.words.ts';
import { type App, type Login, listApps, makeToken } from './token.ts';

type Chosen = { [Part in keyof Login]?: Login[Part] | undefined };

/** Who logs in next, or has logged in; kept while the page is open. */
export const login = signal<Chosen>({});

/** Logs in, or says who is logged in. */
export function Connect({ onSignIn }: { onSignIn: () => void }) {
  const say = useWords(words);
  if (stage.value !== 'closed') {
    return (
      <div class="line">
        <p class="grow" role="status">
          <span class={stage.value === 'open' ? 'chip good' : 'chip warn'}>
            {stage.value === 'open' ? say.connected(user.value) : say.connecting}
          </span>
        </p>
        <Button onClick={disconnect}>{say.disconnect}</Button>
      </div>
    );
  }
  return <Ways onSignIn={onSignIn} />;
}

function Ways({ onSignIn }: { onSignIn: () => void }) {
  const say = useWords(words);
  const [chosen, setPasted] = useState<boolean>();
  // Who has signed in most likely wants a token made, and may have signed in just now.
  const pasted = chosen ?? !session.value;
  return (
    <>
      <fieldset class="tabs" aria-label={say.how}>
        <Button kind="quiet" pressed={!pasted} onClick={() => setPasted(false)}>
          {say.made}
        </Button>
        <Button kind="quiet" pressed={pasted} onClick={() => setPasted(true)}>
          {say.pasted}
        </Button>
      </fieldset>
      {pasted ? (
        <Pasted />
      ) : session.value ? (
        <Made />
      ) : (
        <div>
          <Button kind="main" onClick={onSignIn}>
            {say.signIn}
          </Button>
        </div>
      )}
    </>
  );
}

function Pasted() {
  const say = useWords(words);
  const [token, setToken] = useState('');
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        login.value = {};
        connect(token.trim());
      }}
    >
      <AreaField label={say.token} hint={say.tokenHint} value={token} onInput={setToken} spellcheck={false} />
      <div>
        <Button kind="main" submit disabled={token.trim() === ''}>
          {say.connect}
        </Button>
      </div>
    </form>
  );
}

const keyOf = ({ generation, id }: App): string => `${generation} ${id}`;

function Made() {
  const say = useWords(words);
  const { value: apps } = useLoaded('apps', listApps);
  const [error, setError] = useState<unknown>();
  const { app, userId = '', admin = false } = login.value;
  const put = (changed: Chosen) => {
    login.value = { ...login.value, ...changed };
  };
  const options = (apps ?? []).map((one): [string, string] => [
    keyOf(one),
    say.generation(one.name ? `${one.name} (${one.id})` : one.id, one.generation),
  ]);
  const open = async () => {
    if (!app) return;
    const who: Login = { app, userId, admin };
    setError(undefined);
    try {
      connect(await makeToken(who), () => makeToken(who));
    } catch (fault) {
      setError(fault);
    }
  };
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void open();
      }}
    >
      <div class="picks">
        <SelectField
          label={say.app}
          value={app ? keyOf(app) : ''}
          options={[['', apps && options.length === 0 ? say.appNothing : say.appNone], ...options]}
          onChange={(chosen) => put({ app: apps?.find((one) => keyOf(one) === chosen) })}
        />
        <TextField
          label={say.userId}
          value={userId}
          onInput={(text) => put({ userId: text })}
          spellcheck={false}
          autoComplete="off"
          autoCapitalize="off"
        />
        {app?.generation === 2 && (
          <SelectField
            label={say.role}
            value={admin ? 'admin' : ''}
            options={[
              ['', say.roleUser],
              ['admin', say.roleAdmin],
            ]}
            onChange={(role) => put({ admin: role === 'admin' })}
          />
        )}
      </div>
      {error !== undefined && <Failure error={error} />}
      <div>
        <Button kind="main" submit disabled={!app || userId === ''}>
          {say.connect}
        </Button>
      </div>
    </form>
  );
}

import { Button, CallError, Failure, LanguageChoice, signIn, TextField, ThemeChoice, useWords } from '@muster/ui';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Mark } from '../frame/mark.tsx';
import { words } from './sign-in.words.ts';

/** Signs in with an access key. The secret goes to the server once and is kept nowhere. */
export function SignIn() {
  const say = useWords(words);
  const [id, setId] = useState('');
  const [secret, setSecret] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    document.title = say.title;
    form.current?.querySelector('input')?.focus();
  }, [say]);
  const told =
    error instanceof CallError ? { WrongAccessKey: say.wrong, TooManyTries: say.tooMany }[error.code] : undefined;
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      await signIn(id.trim(), secret.trim());
    } catch (fault) {
      setError(fault);
      setBusy(false);
    }
  };
  return (
    <main class="alone">
      <form ref={form} class="card sign-in" onSubmit={(event) => void submit(event)}>
        <div class="line">
          <Mark />
          <h1 class="grow">{say.title}</h1>
        </div>
        <p class="unit">{say.intro}</p>
        <TextField
          label={say.id}
          value={id}
          onInput={setId}
          name="username"
          autoComplete="username"
          autoCapitalize="off"
          spellcheck={false}
          required
        />
        <TextField
          label={say.secret}
          value={secret}
          onInput={setSecret}
          type="password"
          name="password"
          autoComplete="current-password"
          required
          fault={told}
        />
        {error !== undefined && !told && <Failure error={error} />}
        <Button kind="main" submit disabled={busy}>
          {say.go}
        </Button>
        <p class="hint">{say.hint}</p>
      </form>
      <div class="line">
        <LanguageChoice />
        <ThemeChoice />
      </div>
    </main>
  );
}

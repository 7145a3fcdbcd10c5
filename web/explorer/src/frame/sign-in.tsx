import { Button, CallError, Failure, Sheet, signIn, TextField, useWords } from '@muster/ui';
import { useState } from 'preact/hooks';
import { words } from './frame.words.ts';

/** Signs in with an access key, for the console and the explorer alike. */
export function SignIn({ onClose }: { onClose: () => void }) {
  const say = useWords(words);
  const [id, setId] = useState('');
  const [secret, setSecret] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const told =
    error instanceof CallError ? { WrongAccessKey: say.wrong, TooManyTries: say.tooMany }[error.code] : undefined;
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      await signIn(id.trim(), secret.trim());
      onClose();
    } catch (fault) {
      setError(fault);
      setBusy(false);
    }
  };
  return (
    <Sheet title={say.signInTitle} onClose={onClose}>
      <form class="stack" onSubmit={(event) => void submit(event)}>
        <p class="hint">{say.signInIntro}</p>
        <TextField
          label={say.key}
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
      </form>
    </Sheet>
  );
}

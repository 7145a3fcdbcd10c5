import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { CallError, signIn } from '../call.ts';
import { useWords } from '../words.ts';
import { Button } from './button.tsx';
import { TextField } from './field.tsx';
import { keyFormWords } from './key-form.words.ts';
import { Failure } from './told.tsx';

interface KeyFormProps {
  class: string;
  /** What stands above the fields. */
  children: ComponentChildren;
  /** What stands below the button. */
  below?: ComponentChildren;
  onSignedIn?: () => void;
}

/** Signs in with an access key, for all pages alike. The secret goes to the server once and is kept nowhere. */
export function KeyForm({ class: classes, children, below, onSignedIn }: KeyFormProps) {
  const say = useWords(keyFormWords);
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
      onSignedIn?.();
    } catch (fault) {
      setError(fault);
      setBusy(false);
    }
  };
  return (
    <form class={classes} onSubmit={(event) => void submit(event)}>
      {children}
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
      {below}
    </form>
  );
}

import { Button, Code, Failure, Sheet, session, TextField, useWords } from '@muster/ui';
import { useState } from 'preact/hooks';
import type { Commands } from '../commands.tsx';
import { words } from './chats.words.ts';

/** Binds a business number to a channel, which is the account's own to do; to whoever is not it, says how it is done. */
export function NewNumber({
  channel,
  commands: { act, fault },
  onDone,
  onClose,
}: {
  channel: string;
  commands: Commands;
  onDone: (number: string) => void;
  onClose: () => void;
}) {
  const say = useWords(words);
  const [text, setText] = useState('');
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    // As people write it: with a plus, spaces and hyphens.
    const digits = text.replace(/[\s+()-]/g, '');
    if ((await act({ Number: { Add: { digits, channel } } })) !== undefined) onDone(digits);
  };
  return (
    <Sheet title={say.newNumber} onClose={onClose}>
      {session.value?.userName === null ? (
        <form class="stack" onSubmit={(event) => void submit(event)}>
          <TextField label={say.number} hint={say.numberHint} value={text} onInput={setText} maxLength={24} required />
          {fault !== undefined && <Failure error={fault} />}
          <Button kind="main" submit>
            {say.addNumber}
          </Button>
        </form>
      ) : (
        <>
          <p>{say.numberOfOwner}</p>
          <Code text={`muster number add --channel ${channel} 8613800138000`} />
        </>
      )}
    </Sheet>
  );
}

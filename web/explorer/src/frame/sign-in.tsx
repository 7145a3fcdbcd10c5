import { KeyForm, Sheet, useWords } from '@muster/ui';
import { words } from './frame.words.ts';

/** Signs in with an access key, for the console and the explorer alike. */
export function SignIn({ onClose }: { onClose: () => void }) {
  const say = useWords(words);
  return (
    <Sheet title={say.signInTitle} onClose={onClose}>
      <KeyForm class="stack" onSignedIn={onClose}>
        <p class="hint">{say.signInIntro}</p>
      </KeyForm>
    </Sheet>
  );
}

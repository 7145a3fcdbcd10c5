import { KeyForm, LanguageChoice, ThemeChoice, useWords } from '@muster/ui';
import { useEffect, useRef } from 'preact/hooks';
import { Mark } from '../frame/mark.tsx';
import { words } from './sign-in.words.ts';

/** The page of who is not signed in. */
export function SignIn() {
  const say = useWords(words);
  const page = useRef<HTMLElement>(null);
  useEffect(() => {
    document.title = say.title;
    page.current?.querySelector('input')?.focus();
  }, [say]);
  return (
    <main ref={page} class="alone">
      <KeyForm class="card sign-in" below={<p class="hint">{say.hint}</p>}>
        <div class="line">
          <Mark />
          <h1 class="grow">{say.title}</h1>
        </div>
        <p class="unit">{say.intro}</p>
      </KeyForm>
      <div class="line">
        <LanguageChoice />
        <ThemeChoice />
      </div>
    </main>
  );
}

import { Button, LanguageChoice, session, signOut, ThemeChoice, useWords } from '@muster/ui';
import { lazy, Suspense } from 'preact/compat';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import type { Contract } from '../contract/load.ts';
import { OperationScreen } from '../operation/operation.tsx';
import { entriesOf } from '../search/search.ts';
import { words } from './frame.words.ts';
import { List } from './list.tsx';
import { SignIn } from './sign-in.tsx';
import { Welcome } from './welcome.tsx';

// Loaded by whoever looks at it.
const RealtimeScreen = lazy(() => import('../realtime/realtime.tsx'));

/** The list of everything, and what is chosen from it. On a phone one of them at a time. */
export function Frame({ contract }: { contract: Contract }) {
  const say = useWords(words);
  const { path } = useLocation();
  const entries = useMemo(() => entriesOf(contract), [contract]);
  const [signing, setSigning] = useState(false);
  const home = /^\/explorer\/?$/.test(path);
  return (
    <div class={home ? 'explorer home' : 'explorer'}>
      <a class="skip button" href="#content">
        {say.skip}
      </a>
      <header class="top">
        <a class="brand" href="/explorer/">
          <img src={iconAddress()} alt="" width="24" height="24" />
          <span>Muster</span> <span class="unit">{say.title}</span>
        </a>
        <div class="grow" />
        <a class="button quiet wide" href="/explorer/realtime">
          {say.realtime}
        </a>
        <a class="button quiet wide" href="/console/">
          {say.console}
        </a>
        <LanguageChoice />
        <ThemeChoice />
        {session.value ? (
          <Button kind="quiet" icon="out" label={say.signOut} onClick={() => void signOut()} />
        ) : (
          <Button onClick={() => setSigning(true)}>{say.signIn}</Button>
        )}
      </header>
      <List entries={entries} />
      <main id="content" tabIndex={-1}>
        <Screen contract={contract} path={path} onSignIn={() => setSigning(true)} />
      </main>
      {signing && <SignIn onClose={() => setSigning(false)} />}
    </div>
  );
}

/** The page's own icon, which the build has given a name of its content. */
const iconAddress = (): string => document.querySelector<HTMLLinkElement>('link[rel=icon]')?.href ?? '';

function Screen({ contract, path, onSignIn }: { contract: Contract; path: string; onSignIn: () => void }) {
  const say = useWords(words);
  const [, , product = '', name = ''] = path.split('/');
  const operation = contract.products
    .find(({ code }) => code === product)
    ?.operations.find((one) => one.name.toLowerCase() === name.toLowerCase());
  useEffect(() => {
    document.title = `${operation?.name ?? (name || say.title)} · Muster`;
  }, [operation, name, say]);
  if (product === '') return <Welcome contract={contract} />;
  if (product === 'realtime') {
    return (
      <Suspense fallback={null}>
        <RealtimeScreen contract={contract} name={name} onSignIn={onSignIn} />
      </Suspense>
    );
  }
  if (!operation) {
    return (
      <div class="empty">
        <h1>{say.nonePlace}</h1>
        <a class="button" href="/explorer/">
          {say.all}
        </a>
      </div>
    );
  }
  const common = contract.products.find(({ code }) => code === product)?.errors ?? [];
  return <OperationScreen key={operation.name} operation={operation} common={common} onSignIn={onSignIn} />;
}

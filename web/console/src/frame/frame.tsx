import { Button, Icon, LanguageChoice, Sheet, session, signOut, ThemeChoice, useWords } from '@muster/ui';
import { useEffect, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import { Screens } from '../screens.tsx';
import { words } from './frame.words.ts';
import { listenToKeys } from './keys.ts';
import { Mark } from './mark.tsx';
import { HOME, SECTIONS, sectionAt } from './sections.ts';

/** The rail, or the bar of a phone, and the screen beside it. */
export function Frame() {
  const say = useWords(words);
  const { path, route } = useLocation();
  const [help, setHelp] = useState(false);
  useEffect(() => {
    const go = (to: string) => (to.startsWith('/console') ? route(to) : location.assign(to));
    return listenToKeys({ go, help: () => setHelp(true) });
  }, [route]);
  return (
    <div class="frame">
      <a class="skip button" href="#content">
        {say.skip}
      </a>
      <header class="rail">
        <a class="brand" href={HOME}>
          <Mark size={24} />
          <span>Muster</span>
        </a>
        <nav aria-label={say.sections}>
          {SECTIONS.map((section) => (
            <a
              key={section.path}
              class="section"
              href={section.path}
              {...(sectionAt(path) === section ? { 'aria-current': 'page' as const } : {})}
            >
              <Icon name={section.icon} />
              <span>{say[section.name]}</span>
            </a>
          ))}
        </nav>
        <Account onHelp={() => setHelp(true)} />
      </header>
      <main id="content" tabIndex={-1}>
        <Screens />
      </main>
      {help && <Keys onClose={() => setHelp(false)} />}
    </div>
  );
}

/** Who is signed in, and what this browser's pages look like. */
function Account({ onHelp }: { onHelp: () => void }) {
  const say = useWords(words);
  const held = session.value;
  return (
    <div class="account">
      <div class="who">
        <b class="cut" title={held?.accessKeyId}>
          {held?.userName ?? say.root}
        </b>
        <span class="hint number">{held?.accountId}</span>
      </div>
      <div class="line">
        <LanguageChoice />
        <ThemeChoice />
        <Button kind="quiet" icon="info" label={say.keys} onClick={onHelp} />
        <Button kind="quiet" icon="out" label={say.signOut} onClick={() => void signOut()} />
      </div>
    </div>
  );
}

function Keys({ onClose }: { onClose: () => void }) {
  const say = useWords(words);
  const rows: [keys: string[], text: string][] = [
    [['/'], say.keysSearch],
    ...SECTIONS.map(({ key, name }): [string[], string] => [['g', key], say.keysGo(say[name])]),
    [['?'], say.keysHelp],
    [['Esc'], say.keysClose],
  ];
  return (
    <Sheet title={say.keys} onClose={onClose}>
      <dl class="keys">
        {rows.map(([keys, text]) => (
          <div key={text}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </Sheet>
  );
}

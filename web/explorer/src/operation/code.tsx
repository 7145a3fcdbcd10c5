import { Button, Code, remember, remembered, useWords } from '@muster/ui';
import type { Endpoint } from '@muster/ui/samples';
import { useState } from 'preact/hooks';
import type { SampledCall } from '../samples/call.ts';
import { LANGUAGES } from '../samples/index.ts';
import { words } from './operation.words.ts';

/** Where this page came from is where its calls go. */
export const ENDPOINT: Endpoint = {
  scheme: location.protocol === 'https:' ? 'https' : 'http',
  authority: location.host,
};

const CHOICE = 'muster-explorer-language';

/** The call as code, in the language that was chosen last. */
export function CodeView({ call }: { call: SampledCall }) {
  const say = useWords(words);
  const [chosen, setChosen] = useState(() => remembered(CHOICE));
  const language = LANGUAGES.find(({ id }) => id === chosen) ?? LANGUAGES[0];
  if (!language) return null;
  const { code, means, install, jsonAlone } = language.sample(call);
  return (
    <>
      <h2>{say.code}</h2>
      <fieldset class="tabs wrapped" aria-label={say.language}>
        {LANGUAGES.map(({ id, name }) => (
          <Button
            key={id}
            kind="quiet"
            pressed={id === language.id}
            onClick={() => {
              remember(CHOICE, id);
              setChosen(id);
            }}
          >
            {name}
          </Button>
        ))}
      </fieldset>
      <Code text={code} />
      <p class="hint">
        {install && (
          <>
            {say.install} <code>{install}</code>
            {' · '}
          </>
        )}
        {say[means]}
        {jsonAlone && call.format === 'XML' && ` · ${say.jsonAlone}`}
        {' · '}
        {say.keys}
      </p>
    </>
  );
}

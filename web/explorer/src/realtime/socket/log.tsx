import { Button, Code, clockTime, counted, exactly, useWords } from '@muster/ui';
import type { Realtime } from '../../contract/realtime.ts';
import { Shape } from '../../shape/shape.tsx';
import { clearEntries, type Entry, entries } from './connection.ts';
import { meaningOf } from './meaning.ts';
import { words } from './socket.words.ts';

/** What happened, the newest first, each with what the contract says of it. */
export function Log({ realtime }: { realtime: Realtime }) {
  const say = useWords(words);
  return (
    <section class="stack log" aria-label={say.log}>
      <div class="line">
        <h3 class="grow">{say.log}</h3>
        <Button kind="quiet" disabled={entries.value.length === 0} onClick={clearEntries}>
          {say.clear}
        </Button>
      </div>
      {entries.value.length === 0 && <p class="hint">{say.logNone}</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
      <div class="happened" role="log" tabIndex={0} aria-label={say.log}>
        {entries.value.map((entry) => (
          <Line key={entry.id} entry={entry} realtime={realtime} />
        ))}
      </div>
    </section>
  );
}

const KINDS = {
  connected: ['kindConnected', 'good'],
  joined: ['kindJoined', 'good'],
  reply: ['kindReply', 'good'],
  event: ['kindEvent', ''],
  left: ['kindLeft', ''],
  closed: ['kindClosed', 'warn'],
  failed: ['kindFailed', 'bad'],
  refused: ['kindRefused', 'bad'],
} as const;

function Line({ entry, realtime }: { entry: Entry; realtime: Realtime }) {
  const say = useWords(words);
  const { text, schema, path } = meaningOf(entry, realtime);
  const [kind, look] = KINDS[entry.kind];
  const told = [
    entry.code === undefined ? '' : `${entry.code} ${entry.reason ?? ''}`,
    entry.channel ?? '',
    entry.offset === undefined ? '' : say.offset(String(entry.offset)),
    entry.millis === undefined ? '' : say.millis(counted(Math.round(entry.millis))),
  ];
  return (
    <details class="card padded">
      <summary>
        <time class="unit" dateTime={new Date(entry.at).toISOString()} title={exactly(entry.at)}>
          {clockTime(entry.at)}
        </time>{' '}
        <span class={`chip ${look}`}>{say[kind]}</span> <b>{entry.name}</b>{' '}
        <span class="unit">{told.filter(Boolean).join(' · ')}</span>
        {text && (
          <span class="hint means" lang="en">
            {text}
          </span>
        )}
        {entry.data !== undefined && <code class="cut came">{JSON.stringify(entry.data)}</code>}
      </summary>
      <div class="beside">
        {entry.data !== undefined && <Code text={JSON.stringify(entry.data, undefined, 2)} />}
        {schema && (
          <div class="stack">
            <h4>{say.members}</h4>
            <Shape schema={schema} />
          </div>
        )}
        {path && (
          <p>
            <a href={path}>{say.documented}</a>
          </p>
        )}
      </div>
    </details>
  );
}

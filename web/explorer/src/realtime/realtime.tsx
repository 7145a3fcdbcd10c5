import { language, useWords } from '@muster/ui';
import type { Contract } from '../contract/load.ts';
import type { Realtime, RealtimeCall, RealtimeEvent } from '../contract/realtime.ts';
import { realtimePath } from '../search/search.ts';
import { Shape } from '../shape/shape.tsx';
import { words } from './realtime.words.ts';
import { Socket, useEnds } from './socket/socket.tsx';

/** The realtime contract, or one call or event of it; with a connection to try it on, which ends with the screen. */
export default function RealtimeScreen({
  contract: { realtime },
  name,
  onSignIn,
}: {
  contract: Contract;
  name: string;
  onSignIn: () => void;
}) {
  const say = useWords(words);
  useEnds();
  if (name === '') return <Whole realtime={realtime} onSignIn={onSignIn} />;
  const call = realtime.calls[name];
  const event = realtime.events[name];
  return (
    <article class="stack realtime">
      <p>
        <a href="/explorer/realtime">{say.back}</a>
      </p>
      {call && <OneCall name={name} call={call} errors={realtime.errors} />}
      {event && <OneEvent name={name} event={event} />}
      {!call && !event && <h1>{say.none}</h1>}
      {language.value === 'zh' && <p class="hint">{say.inEnglish}</p>}
      <Socket realtime={realtime} call={call && name} onSignIn={onSignIn} />
    </article>
  );
}

function Whole({ realtime, onSignIn }: { realtime: Realtime; onSignIn: () => void }) {
  const say = useWords(words);
  const told = (part: Record<string, unknown>) => (
    <ul class="index" lang="en">
      {Object.keys(part).map((name) => (
        <li key={name}>
          <a href={realtimePath(name)}>{name}</a>
        </li>
      ))}
    </ul>
  );
  const yes = (is: boolean) => (is ? say.yes : say.no);
  return (
    <article class="stack realtime">
      <h1>{say.title}</h1>
      <p class="measure">{say.intro}</p>
      <p class="hint" lang="en">
        {realtime.protocol}
      </p>
      {language.value === 'zh' && <p class="hint">{say.inEnglish}</p>}
      <Socket realtime={realtime} onSignIn={onSignIn} />
      <h2>{say.calls}</h2>
      {told(realtime.calls)}
      <h2>{say.events}</h2>
      {told(realtime.events)}
      <h2>{say.errors}</h2>
      <Table
        title={say.errors}
        heads={[say.code, say.meaning, say.temporary]}
        rows={realtime.errors.map(({ code, meaning, temporary }) => [String(code), meaning, yes(temporary)])}
      />
      <h2>{say.closes}</h2>
      <Table
        title={say.closes}
        heads={[say.code, say.meaning, say.reconnects]}
        rows={realtime.closes.map(({ code, meaning, reconnects }) => [String(code), meaning, yes(reconnects)])}
      />
    </article>
  );
}

function Table({ title, heads, rows }: { title: string; heads: string[]; rows: string[][] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <section class="card scroll" tabIndex={0} aria-label={title}>
      <table class="table errors">
        <thead>
          <tr>
            {heads.map((head, at) => (
              <th key={head} class={at === 0 ? 'number' : ''}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.join(' ')}>
              {row.map((cell, at) => (
                <td key={heads[at]} class={at === 0 ? 'number' : ''}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function OneCall({ name, call, errors }: { name: string; call: RealtimeCall; errors: Realtime['errors'] }) {
  const say = useWords(words);
  const own = errors.filter(({ code }) => call.errors.includes(code));
  return (
    <>
      <h1 lang="en">{name}</h1>
      <p>{say.who(call.who)}</p>
      <h2>{say.takes}</h2>
      <Shape schema={call.parameters} />
      <h2>{say.gives}</h2>
      <Shape schema={call.result} />
      {own.length > 0 && (
        <>
          <h2>{say.errors}</h2>
          <Table
            title={say.errors}
            heads={[say.code, say.meaning]}
            rows={own.map(({ code, meaning }) => [String(code), meaning])}
          />
        </>
      )}
    </>
  );
}

function OneEvent({ name, event }: { name: string; event: RealtimeEvent }) {
  const say = useWords(words);
  return (
    <>
      <h1 lang="en">{name}</h1>
      <dl class="facts" lang="en">
        <div>
          <dt>{say.channels}</dt>
          <dd>{event.channels.join(', ')}</dd>
        </div>
        <div>
          <dt>{say.offset}</dt>
          <dd>{event.offset}</dd>
        </div>
      </dl>
      <h2>{say.carries}</h2>
      <Shape schema={event.data} />
    </>
  );
}

import {
  AreaField,
  Button,
  ConfirmButton,
  clockTime,
  counted,
  Empty,
  exactly,
  Failure,
  type Made,
  remember,
  remembered,
  Skeleton,
  TextField,
  useWords,
} from '@muster/ui';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useQuery } from '../address.ts';
import { words } from './group.words.ts';
import type { Facts, Message, Room } from './room.ts';
import { MOST, useMessages } from './stream.ts';

/** How near to its end a list is followed. */
const NEAR_PIXELS = 48;
/** The type of messages that people write. */
const COMMENT = 10001;

/** What is said: the newest below, older ones above, and a line to say something. */
export function MessagesPart({
  room,
  facts,
  onMade,
}: {
  room: Room;
  facts: Facts;
  onMade: (made: Promise<Made>) => void;
}) {
  const say = useWords(words);
  const [query, change] = useQuery();
  const type = query.type ? Number(query.type) : undefined;
  const until = query.until ? Number(query.until) : undefined;
  const { stream, draw } = useMessages(room, { type, until });
  const list = useRef<HTMLDivElement>(null);
  // How far the end of the list lies below what is seen. It stays when something is added above, and is 0 for who follows.
  const below = useRef(0);
  const [follows, setFollows] = useState(true);
  useLayoutEffect(() => {
    const { current } = list;
    if (!current) return;
    if (follows) current.scrollTop = current.scrollHeight;
  }, [stream.rows, follows]);
  const readBack = async () => {
    const { current } = list;
    if (!current) return;
    stream.isReadingBack = true;
    below.current = current.scrollHeight - current.scrollTop;
    if (!(await stream.readBack(new AbortController().signal))) return;
    draw();
    requestAnimationFrame(() => {
      current.scrollTop = current.scrollHeight - below.current;
    });
  };
  const scrolled = () => {
    const { current } = list;
    if (!current) return;
    const near = current.scrollHeight - current.scrollTop - current.clientHeight < NEAR_PIXELS;
    setFollows(near);
    if (near) stream.isReadingBack = false;
    if (current.scrollTop < NEAR_PIXELS && stream.leadsBack) void readBack();
  };
  const erase = (message: Message) => {
    if (!room.erase) return;
    const erased = room.erase(message.id);
    onMade(erased);
    erased.then(
      () => {
        stream.drop(message.id);
        draw();
      },
      () => {},
    );
  };
  const isFiltered = type !== undefined || until !== undefined;
  return (
    <section class="part messages" aria-label={say.messages}>
      <div class="part-head">
        <h2>{say.messages}</h2>
        {until === undefined && <span class="chip good">{say.live}</span>}
        <span class="grow" />
        <TypeFilter facts={facts} value={query.type ?? ''} onChange={(type) => change({ type })} />
        {room.erase && <UntilFilter value={until} onChange={(until) => change({ until })} />}
      </div>
      {stream.error !== undefined && <Failure error={stream.error} />}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
      <div class="said" ref={list} onScroll={scrolled} role="log" aria-label={say.messages} tabIndex={0}>
        {!stream.isKnown && <Skeleton />}
        {stream.isKnown && stream.rows.length === 0 && stream.error === undefined && (
          <Empty title={isFiltered ? say.noneFound : say.noMessages}>
            {!isFiltered && <p>{say.noMessagesMore}</p>}
          </Empty>
        )}
        {stream.rows.length > 0 && (
          <p class="hint beginning">
            {stream.older === undefined && say.beginning}
            {stream.older !== undefined && !stream.leadsBack && say.most(counted(MOST))}
            {stream.leadsBack && (
              <Button kind="quiet" onClick={() => void readBack()}>
                {say.older}
              </Button>
            )}
          </p>
        )}
        {stream.rows.map((message) => (
          <MessageRow
            key={message.id}
            message={message}
            facts={facts}
            {...(room.erase ? { onErase: () => erase(message) } : {})}
          />
        ))}
      </div>
      {!follows && (
        <div class="to-newest">
          <Button icon="down" onClick={() => setFollows(true)}>
            {say.toNewest}
          </Button>
        </div>
      )}
      {!facts.deleted && <Speak room={room} facts={facts} onMade={onMade} />}
    </section>
  );
}

/** What a body says to a person: the text of what is known to be one. */
export function textOf(body: string): { text: string; json: string | undefined } {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return { text: body, json: undefined };
  }
  const json = JSON.stringify(value, undefined, 2);
  if (typeof value === 'string') return { text: value, json };
  if (typeof value !== 'object' || value === null) return { text: body, json: undefined };
  const fields = Object.entries(value);
  const said = fields.find(
    ([name, text]) => /^(text|content|msg|message|body)$/i.test(name) && typeof text === 'string',
  );
  return { text: said ? String(said[1]) : body, json };
}

function MessageRow({ message, facts, onErase }: { message: Message; facts: Facts; onErase?: () => void }) {
  const say = useWords(words);
  const [asJson, setAsJson] = useState(false);
  const { text, json } = textOf(message.body);
  return (
    <article class="message">
      <header>
        <b class="mono cut">{message.sender}</b>
        {message.sender === facts.creator && <span class="chip">{say.creatorMark}</span>}
        {message.type !== COMMENT && <span class="chip number">{message.type}</span>}
        {message.at !== undefined && (
          <time class="hint" dateTime={new Date(message.at).toISOString()} title={exactly(message.at)}>
            {clockTime(message.at)}
          </time>
        )}
        <span class="grow" />
        <span class="deeds">
          {json && (
            <Button
              kind="quiet"
              icon="explorer"
              label={asJson ? say.asText : say.asJson}
              pressed={asJson}
              onClick={() => setAsJson(!asJson)}
            />
          )}
          {onErase && (
            <ConfirmButton kind="quiet danger" icon="trash" label={say.erase(message.id)} onConfirm={onErase} />
          )}
        </span>
      </header>
      {asJson && json ? <pre class="body">{json}</pre> : <p class="body">{text}</p>}
    </article>
  );
}

function TypeFilter({ facts, value, onChange }: { facts: Facts; value: string; onChange: (type: string) => void }) {
  const say = useWords(words);
  const types = Object.keys(facts.counts);
  if (value && !types.includes(value)) types.push(value);
  if (types.length === 0) return null;
  return (
    <select
      class="select slim"
      aria-label={say.type}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    >
      <option value="">{say.allTypes}</option>
      {types.map((type) => (
        <option key={type} value={type}>
          {type}
        </option>
      ))}
    </select>
  );
}

/** A moment as the field for it has it: local time, to the minute. */
const local = (millis: number): string => {
  const shifted = millis - new Date(millis).getTimezoneOffset() * 60_000;
  return new Date(shifted).toISOString().slice(0, 16);
};

function UntilFilter({ value, onChange }: { value: number | undefined; onChange: (until: string) => void }) {
  const say = useWords(words);
  return (
    <input
      class="input slim"
      type="datetime-local"
      aria-label={say.until}
      title={say.until}
      value={value === undefined ? '' : local(value)}
      onChange={(event) =>
        onChange(event.currentTarget.value ? String(new Date(event.currentTarget.value).getTime()) : '')
      }
    />
  );
}

/** Says something as the operator. */
function Speak({ room, facts, onMade }: { room: Room; facts: Facts; onMade: (made: Promise<Made>) => void }) {
  const say = useWords(words);
  const [sender, setSender] = useState(remembered('sender') ?? (facts.creator || 'operator'));
  const [text, setText] = useState('');
  const [type, setType] = useState(String(COMMENT));
  const submit = () => {
    if (!text.trim() || !sender.trim()) return;
    remember('sender', sender.trim());
    const sent = room.send(sender.trim(), text, Number(type) || COMMENT);
    onMade(sent);
    sent.then(
      () => setText(''),
      () => {},
    );
  };
  return (
    <form
      class="speak"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
      onKeyDown={(event) => {
        if (
          event.key !== 'Enter' ||
          event.shiftKey ||
          event.isComposing ||
          !(event.target instanceof HTMLTextAreaElement)
        )
          return;
        event.preventDefault();
        submit();
      }}
    >
      <TextField label={say.sender} value={sender} onInput={setSender} maxLength={64} required />
      <TextField label={say.sentType} value={type} onInput={setType} inputMode="numeric" />
      <AreaField label={say.say} value={text} onInput={setText} placeholder={say.sayTo} rows={2} />
      <Button kind="main" icon="send" submit disabled={!text.trim()}>
        {say.send}
      </Button>
      <p class="hint">{say.voice}</p>
    </form>
  );
}

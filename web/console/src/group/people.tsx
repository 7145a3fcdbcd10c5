import { Ago, Button, CallError, Code, ConfirmButton, counted, Empty, Failure, useWords } from '@muster/ui';
import { useEffect, useMemo, useReducer, useState } from 'preact/hooks';
import { useQuery } from '../address.ts';
import { words } from './group.words.ts';
import { PeoplePages } from './pages.ts';
import type { Facts, Order, Person, Room } from './room.ts';
import { VirtualList } from './virtual.tsx';

const ROW = 36;

/** What can be done to somebody. */
export interface Deeds {
  mute(user: string): void;
  unmute(user: string): void;
  kick(user: string): void;
}

/** Who is here: count, both orders, a list of any length, and a user looked up. */
export function PeoplePart({ app, room, facts, deeds }: { app: string; room: Room; facts: Facts; deeds: Deeds }) {
  const say = useWords(words);
  const [query, change] = useQuery();
  const order: Order = query.order === 'latest' ? 'latest' : 'first';
  const [round, renew] = useReducer((held: number) => held + 1, 0);
  const [, draw] = useReducer((held: number) => held + 1, 0);
  const pages = useMemo(() => new PeoplePages(room, order), [room, order, round]);
  useEffect(() => {
    pages.onChange = () => draw(undefined);
    pages.look(0, 0);
    return () => pages.end();
  }, [pages]);
  // A short list follows who comes and goes; a long one is read again when somebody wants it to be.
  const small = pages.isWhole && pages.length <= room.page;
  useEffect(() => {
    if (small && facts.online !== undefined && facts.online !== pages.length) renew(undefined);
  }, [facts.online, small, pages]);
  const look = useMemo(() => (first: number, last: number) => pages.look(first, last), [pages]);
  const isSuper = pages.error instanceof CallError && pages.error.code === 'SuperLargeGroup';
  return (
    <section class="part people" aria-label={say.people}>
      <div class="part-head">
        <h2>{say.here}</h2>
        <b class="number big">{facts.online === undefined ? '' : counted(facts.online)}</b>
        <span class="grow" />
        <Button
          kind="quiet"
          icon={order === 'first' ? 'down' : 'up'}
          label={order === 'first' ? say.orderFirst : say.orderLatest}
          onClick={() => change({ order: order === 'first' ? 'latest' : '' })}
        />
        <Button kind="quiet" icon="refresh" label={say.renew} onClick={() => renew(undefined)} />
      </div>
      <FindUser room={room} facts={facts} deeds={deeds} />
      {isSuper && <p class="notice">{say.superLarge}</p>}
      {pages.error !== undefined && !isSuper && <Failure error={pages.error} onRetry={() => renew(undefined)} />}
      {pages.isWhole && pages.length === 0 && (
        <Empty title={say.nobody}>
          <p>{say.nobodyMore}</p>
          <Code text={`muster token --app ${app} --user ann`} />
        </Empty>
      )}
      {pages.error === undefined && pages.length > 0 && (
        <VirtualList count={pages.length} row={ROW} label={say.here} onLook={look}>
          {(index) => {
            const person = pages.at(index);
            return person ? <PersonRow person={person} facts={facts} deeds={deeds} /> : <span class="waiting" />;
          }}
        </VirtualList>
      )}
    </section>
  );
}

function PersonRow({ person, facts, deeds }: { person: Person; facts: Facts; deeds: Deeds }) {
  const say = useWords(words);
  const { id } = person;
  const isMuted = facts.muted.includes(id);
  return (
    <div class="person">
      <span class="cut mono" title={person.info ? `${id}\n${person.info}` : id}>
        {id}
      </span>
      {id === facts.creator && <span class="chip">{say.creatorMark}</span>}
      {facts.admins.includes(id) && <span class="chip">{say.admin}</span>}
      {isMuted && <span class="chip warn">{say.muted}</span>}
      <span class="grow" />
      {person.joined !== undefined && (
        <span class="hint joined">
          <Ago at={person.joined} />
        </span>
      )}
      <span class="deeds">
        {isMuted ? (
          <Button kind="quiet" icon="voice" label={say.unmute(id)} onClick={() => deeds.unmute(id)} />
        ) : (
          <Button kind="quiet" icon="mute" label={say.mute(id)} onClick={() => deeds.mute(id)} />
        )}
        <ConfirmButton kind="quiet danger" icon="kick" label={say.kick(id)} onConfirm={() => deeds.kick(id)} />
      </span>
    </div>
  );
}

/** Looks up one user, who stands in the address: a list of a million is not searched by eye. */
function FindUser({ room, facts, deeds }: { room: Room; facts: Facts; deeds: Deeds }) {
  const say = useWords(words);
  const [query, change] = useQuery();
  const user = query.user ?? '';
  const [typed, setTyped] = useState(user);
  const [found, setFound] = useState<boolean>();
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    setFound(undefined);
    setError(undefined);
    if (!user) return;
    const ending = new AbortController();
    room.isHere(user, ending.signal).then(setFound, (fault) => !ending.signal.aborted && setError(fault));
    return () => ending.abort();
  }, [room, user, facts.online]);
  return (
    <div class="find stack">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          change({ user: typed.trim() });
        }}
      >
        <input
          class="input"
          type="search"
          aria-label={say.find}
          placeholder={`${say.find} ( / )`}
          title={say.findHint}
          value={typed}
          onInput={(event) => {
            setTyped(event.currentTarget.value);
            if (!event.currentTarget.value) change({ user: '' });
          }}
        />
      </form>
      {error !== undefined && <Failure error={error} />}
      {user && found !== undefined && (
        <div class="card found" role="status">
          {found ? (
            <PersonRow person={{ id: user, joined: undefined, info: '' }} facts={facts} deeds={deeds} />
          ) : (
            <p class="unit">
              <b class="mono">{user}</b> {say.isNotHere}
            </p>
          )}
        </div>
      )}
    </div>
  );
}

import {
  Button,
  CallError,
  ConfirmButton,
  Failure,
  type Made,
  MadeCall,
  Skeleton,
  useLoaded,
  useWords,
} from '@muster/ui';
import { useMemo, useState } from 'preact/hooks';
import { appPath, useQuery } from '../address.ts';
import { type App, loadApp } from '../app/load.ts';
import { Screen } from '../frame/screen.tsx';
import { FactsPart } from './facts.tsx';
import { words } from './group.words.ts';
import { MessagesPart } from './messages.tsx';
import { type Deeds, PeoplePart } from './people.tsx';
import { roomOf } from './room.ts';

const FACTS_EVERY_MILLIS = 2_000;
/** What a phone shows one at a time. */
const PARTS = ['messages', 'people', 'facts'] as const;

/** A group's room, once its application is known. */
export function GroupScreen({ app: appId = '', group = '' }: { app?: string; group?: string }) {
  const say = useWords(words);
  const { value: app, error, reload } = useLoaded(`app ${appId}`, (signal) => loadApp(appId, signal));
  if (app) return <GroupRoom key={`${appId} ${group}`} app={app} group={group} />;
  return (
    <Screen title={group} crumbs={[{ text: say.apps, href: '/console/apps' }]}>
      {error === undefined ? <Skeleton /> : <Failure error={error} onRetry={reload} />}
    </Screen>
  );
}

/** People, messages, facts, and what is done in it. */
function GroupRoom({ app, group }: { app: App; group: string }) {
  const say = useWords(words);
  const room = useMemo(() => roomOf(app, group), [app, group]);
  const {
    value: facts,
    error,
    reload,
  } = useLoaded(`${app.id} ${group}`, (signal) => room.facts(signal), FACTS_EVERY_MILLIS);
  const [query, change] = useQuery();
  const [made, setMade] = useState<Made>();
  const [fault, setFault] = useState<unknown>();
  const part = PARTS.find((one) => one === query.part) ?? 'messages';
  const act = (doing: Promise<Made>) => {
    setFault(undefined);
    doing.then(
      (made) => {
        setMade(made);
        reload();
      },
      (error) => {
        setFault(error);
        setMade(error instanceof CallError ? error.made : undefined);
      },
    );
  };
  const deeds: Deeds = {
    mute: (user) => act(room.mute(user)),
    unmute: (user) => act(room.unmute(user)),
    kick: (user) => act(room.kick(user)),
  };
  const crumbs = [
    { text: say.apps, href: '/console/apps' },
    { text: app.name || app.id, href: appPath(app.id) },
  ];
  const { remove, recover } = room;
  const action =
    recover &&
    facts &&
    (facts.deleted ? (
      <Button kind="main" onClick={() => act(recover())}>
        {say.recover}
      </Button>
    ) : (
      <ConfirmButton kind="quiet danger" icon="trash" onConfirm={() => act(remove())}>
        {say.remove}
      </ConfirmButton>
    ));
  return (
    <Screen title={facts?.name || group} crumbs={crumbs} action={action} wide>
      <div class="room" data-part={part}>
        <div class="told">
          {facts?.deleted && <p class="notice">{say.removed}</p>}
          {fault !== undefined && <Failure error={fault} />}
          {error !== undefined && <Failure error={error} onRetry={reload} />}
          <MadeCall made={made} />
          <div class="tabs parts">
            {PARTS.map((one) => (
              <Button
                key={one}
                kind="quiet"
                pressed={part === one}
                onClick={() => change({ part: one === 'messages' ? '' : one })}
              >
                {{ messages: say.messages, people: say.people, facts: say.facts }[one]}
              </Button>
            ))}
          </div>
        </div>
        {!facts && error === undefined && <Skeleton rows={10} />}
        {facts && (
          <>
            {!facts.deleted && <PeoplePart app={app.id} room={room} facts={facts} deeds={deeds} />}
            <MessagesPart room={room} facts={facts} onMade={act} />
            <FactsPart id={group} room={room} facts={facts} onMade={act} onUnmute={deeds.unmute} />
          </>
        )}
      </div>
    </Screen>
  );
}

import {
  Ago,
  Button,
  CopyId,
  call,
  counted,
  Empty,
  Failure,
  MadeCall,
  SelectField,
  Sheet,
  Skeleton,
  TextField,
  useLoaded,
  useWords,
} from '@muster/ui';
import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import { useQuery } from '../address.ts';
import { MadeCommands, useCommands } from '../commands.tsx';
import { Listed } from '../frame/listed.tsx';
import { tellAt } from '../frame/made.ts';
import { Screen } from '../frame/screen.tsx';
import { words } from './chats.words.ts';
import { type Group, loadChannels, loadGroups, loadNumbers } from './load.ts';
import { NewNumber } from './number.tsx';

const EVERY_MILLIS = 5_000;

const channelPath = (channel: string): string => `/console/chats/${encodeURIComponent(channel)}`;
const chatPath = (channel: string, group: Group): string =>
  `${channelPath(channel)}/${encodeURIComponent(group.GroupId)}?number=${group.BusinessNumber}`;

/** The channels and their business numbers. */
export function ChannelsScreen() {
  const say = useWords(words);
  const { value, error, reload } = useLoaded('channels', loadChannels);
  const [making, setMaking] = useState(false);
  const make = (
    <Button kind="main" icon="plus" onClick={() => setMaking(true)}>
      {say.newChannel}
    </Button>
  );
  return (
    <Screen title={say.title} action={make}>
      <Listed
        loaded={{ error, reload }}
        rows={value?.rows}
        none={say.none}
        more={say.noneMore}
        keyOf={({ id }) => id}
        linked
        columns={[
          { head: say.channel, cell: ({ id, name }) => <a href={channelPath(id)}>{name}</a> },
          { head: say.id, cell: ({ id }) => <CopyId value={id} name={say.id} characters={24} /> },
          {
            head: say.numbers,
            kind: 'mono',
            cell: ({ numbers }) => numbers.join(', ') || <span class="unit">{say.noNumber}</span>,
          },
          { head: say.made, kind: 'moment', cell: ({ made }) => <Ago at={made} /> },
        ]}
      />
      <MadeCall made={value?.made} />
      {making && <NewChannel onClose={() => setMaking(false)} />}
    </Screen>
  );
}

function NewChannel({ onClose }: { onClose: () => void }) {
  const say = useWords(words);
  const { route } = useLocation();
  const [name, setName] = useState('');
  const [error, setError] = useState<unknown>();
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    try {
      const asked = { ChannelType: 'WHATSAPP', InstanceName: name.trim() } as const;
      const { body, made } = await call('cams', 'CreateInstance', asked);
      tellAt(channelPath(body.Data.InstanceId), made);
      route(channelPath(body.Data.InstanceId));
    } catch (fault) {
      setError(fault);
    }
  };
  return (
    <Sheet title={say.newChannel} onClose={onClose}>
      <form class="stack" onSubmit={(event) => void submit(event)}>
        <TextField label={say.name} value={name} onInput={setName} maxLength={128} required />
        {error !== undefined && <Failure error={error} />}
        <Button kind="main" submit>
          {say.makeChannel}
        </Button>
      </form>
    </Sheet>
  );
}

/** A channel: its numbers, and the groups of one of them. */
export function ChannelScreen({ channel = '' }: { channel?: string }) {
  const say = useWords(words);
  const [query, change] = useQuery();
  const { value: numbers, error, reload } = useLoaded(`numbers ${channel}`, (signal) => loadNumbers(channel, signal));
  const number = query.number || numbers?.[0];
  const commands = useCommands(reload);
  const [making, setMaking] = useState<'group' | 'number'>();
  const close = () => setMaking(undefined);
  const make = (
    <div class="line">
      <Button icon="plus" onClick={() => setMaking('number')}>
        {say.newNumber}
      </Button>
      <Button kind="main" icon="plus" disabled={!number} onClick={() => setMaking('group')}>
        {say.newGroup}
      </Button>
    </div>
  );
  return (
    <Screen title={channel} crumbs={[{ text: say.title, href: '/console/chats' }]} action={make}>
      {error !== undefined && <Failure error={error} onRetry={reload} />}
      <MadeCommands given={commands.given} />
      {!numbers && error === undefined && <Skeleton />}
      {numbers?.length === 0 && (
        <div class="card">
          <Empty title={say.noNumberYet}>
            <p>{say.needsNumber}</p>
          </Empty>
        </div>
      )}
      {numbers && numbers.length > 1 && (
        <SelectField
          label={say.number}
          value={number ?? ''}
          options={numbers.map((one) => [one, one] as const)}
          onChange={(number) => change({ number })}
        />
      )}
      {number && <GroupList channel={channel} number={number} />}
      {number && making === 'group' && <NewGroup channel={channel} number={number} onClose={close} />}
      {making === 'number' && (
        <NewNumber
          channel={channel}
          commands={commands}
          onDone={(number) => {
            close();
            change({ number });
          }}
          onClose={close}
        />
      )}
    </Screen>
  );
}

/** The chip of a group's state: what passes by itself is shown as such. */
export function GroupState({ status }: { status: Group['GroupStatus'] }) {
  const say = useWords(words);
  const passes = status.endsWith('ING');
  return (
    <span class={status === 'ACTIVE' ? 'chip good' : 'chip warn'} {...(passes ? { title: say.passing } : {})}>
      {say[status]}
      {passes && '…'}
    </span>
  );
}

function GroupList({ channel, number }: { channel: string; number: string }) {
  const say = useWords(words);
  const list = (signal: AbortSignal) => loadGroups(channel, number, signal);
  const { value, error, reload } = useLoaded(`chats ${channel} ${number}`, list, EVERY_MILLIS);
  return (
    <>
      <Listed
        loaded={{ error, reload }}
        rows={value?.rows}
        none={say.noGroups}
        more={say.noGroupsMore}
        keyOf={(group) => group.GroupId}
        linked
        columns={[
          { head: say.group, cell: (group) => <a href={chatPath(channel, group)}>{group.Subject}</a> },
          { head: say.groupId, cell: (group) => <CopyId value={group.GroupId} name={say.groupId} characters={20} /> },
          { head: say.state, cell: (group) => <GroupState status={group.GroupStatus} /> },
          { head: say.people, kind: 'number', cell: (group) => counted(group.TotalParticipantCount) },
          { head: say.changed, kind: 'moment', cell: (group) => <Ago at={group.GmtModifier} /> },
        ]}
      />
      <MadeCall made={value?.made} />
    </>
  );
}

function NewGroup({ channel, number, onClose }: { channel: string; number: string; onClose: () => void }) {
  const say = useWords(words);
  const [subject, setSubject] = useState('');
  const [about, setAbout] = useState('');
  const [error, setError] = useState<unknown>();
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const Description = about.trim();
    const request = { CustSpaceId: channel, BusinessNumber: number, Subject: subject.trim() };
    try {
      const { made } = await call('cams', 'AddChatGroup', Description ? { ...request, Description } : request);
      tellAt(channelPath(channel), made);
      onClose();
    } catch (fault) {
      setError(fault);
    }
  };
  return (
    <Sheet title={say.newGroup} onClose={onClose}>
      <form class="stack" onSubmit={(event) => void submit(event)}>
        <TextField label={say.subject} value={subject} onInput={setSubject} maxLength={128} required />
        <TextField label={say.about} value={about} onInput={setAbout} maxLength={2048} />
        {error !== undefined && <Failure error={error} />}
        <Button kind="main" submit>
          {say.makeGroup}
        </Button>
      </form>
    </Sheet>
  );
}

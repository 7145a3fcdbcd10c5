import {
  AreaField,
  Button,
  ConfirmButton,
  CopyId,
  call,
  clockTime,
  Empty,
  exactly,
  Failure,
  type Made,
  MadeCall,
  Skeleton,
  useLoaded,
  useWords,
} from '@muster/ui';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useQuery } from '../address.ts';
import { Screen } from '../frame/screen.tsx';
import { textOf } from '../group/messages.tsx';
import { GroupState } from './chats.tsx';
import { words } from './chats.words.ts';
import { type Chat, loadChat, type Said } from './load.ts';
import { QrCode } from './qr.tsx';

const EVERY_MILLIS = 2_000;

/** A customer group: the conversation, the link with its QR code, who is in it. */
export function ChatScreen({ channel = '', group = '' }: { channel?: string; group?: string }) {
  const say = useWords(words);
  const [{ number = '' }] = useQuery();
  const load = (signal: AbortSignal) => loadChat(channel, number, group, signal);
  const { value: chat, error, reload } = useLoaded(`chat ${channel} ${number} ${group}`, load, EVERY_MILLIS);
  const [made, setMade] = useState<Made>();
  const [fault, setFault] = useState<unknown>();
  const act = (doing: Promise<{ made: Made }>) => {
    setFault(undefined);
    return doing.then(({ made }) => {
      setMade(made);
      reload();
    }, setFault);
  };
  const at = { CustSpaceId: channel, BusinessNumber: number, GroupId: group };
  const crumbs = [
    { text: say.title, href: '/console/chats' },
    { text: channel, href: `/console/chats/${encodeURIComponent(channel)}?number=${number}` },
  ];
  const remove = chat?.group && (
    <ConfirmButton kind="quiet danger" icon="trash" onConfirm={() => void act(call('cams', 'DeleteChatGroup', at))}>
      {say.removeGroup}
    </ConfirmButton>
  );
  return (
    <Screen title={chat?.group?.Subject ?? group} crumbs={crumbs} action={remove} wide>
      <div class="chat">
        <div class="told">
          {fault !== undefined && <Failure error={fault} />}
          {error !== undefined && <Failure error={error} onRetry={reload} />}
          <MadeCall made={made} />
        </div>
        {!chat && error === undefined && <Skeleton rows={10} />}
        {chat && (
          <>
            <Conversation
              chat={chat}
              onSend={(text) =>
                act(
                  call('cams', 'SendChatappMessage', {
                    CustSpaceId: channel,
                    ChannelType: 'WHATSAPP',
                    Type: 'message',
                    MessageType: 'text',
                    RecipientType: 'group',
                    From: number,
                    To: group,
                    Content: JSON.stringify({ text }),
                  }),
                )
              }
            />
            <section class="part facts" aria-label={say.group}>
              {chat.group && (
                <div class="line">
                  <GroupState status={chat.group.GroupStatus} />
                  <CopyId value={group} name={say.groupId} characters={18} />
                </div>
              )}
              {chat.group?.Description && <p class="about">{chat.group.Description}</p>}
              <Invite
                link={chat.group?.InviteLink ?? ''}
                onMake={() => void act(call('cams', 'AddChatGroupInviteLink', at))}
                onRevoke={() => void act(call('cams', 'DeleteChatGroupInviteLink', at))}
              />
              <Participants
                numbers={chat.participants}
                onRemove={(one) =>
                  void act(call('cams', 'DeleteChatGroupParticipants', { ...at, List: [{ ParticipantNumber: one }] }))
                }
              />
            </section>
          </>
        )}
      </div>
    </Screen>
  );
}

function Conversation({ chat, onSend }: { chat: Chat; onSend: (text: string) => Promise<void> }) {
  const say = useWords(words);
  const [text, setText] = useState('');
  const list = useRef<HTMLDivElement>(null);
  const { length } = chat.said;
  useEffect(() => {
    if (list.current) list.current.scrollTop = list.current.scrollHeight;
  }, [length]);
  const send = () => {
    if (text.trim()) void onSend(text).then(() => setText(''));
  };
  return (
    <section class="part messages" aria-label={say.conversation}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
      <div class="said" ref={list} role="log" aria-label={say.conversation} tabIndex={0}>
        {length === 0 && (
          <Empty title={say.quiet}>
            <p>{say.quietMore}</p>
          </Empty>
        )}
        {chat.said.map((said) => (
          <Bubble key={said.MessageId} said={said} />
        ))}
      </div>
      <form
        class="speak alone-line"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <AreaField label={say.write} value={text} onInput={setText} placeholder={say.writeHint} rows={2} />
        <Button kind="main" icon="send" submit disabled={!text.trim()}>
          {say.send}
        </Button>
      </form>
    </section>
  );
}

function Bubble({ said }: { said: Said }) {
  const say = useWords(words);
  const ours = said.EventAction === 'DOWN';
  const at = Number(said.SendTime);
  return (
    <article class={ours ? 'bubble ours' : 'bubble'}>
      <header class="line">
        <b>{ours ? say.business : said.UserNumber}</b>
        <time class="hint" dateTime={new Date(at).toISOString()} title={exactly(at)}>
          {clockTime(at)}
        </time>
        {said.FailReason && <span class="chip bad">{said.FailReason}</span>}
      </header>
      <p class="body">{textOf(said.Message).text}</p>
    </article>
  );
}

function Invite({ link, onMake, onRevoke }: { link: string; onMake: () => void; onRevoke: () => void }) {
  const say = useWords(words);
  return (
    <div class="stack tight">
      <h2>{say.link}</h2>
      {link ? (
        <>
          <QrCode text={link} label={say.qr} />
          <CopyId value={link} name={say.link} characters={28} />
          <div class="line">
            <ConfirmButton kind="quiet danger" onConfirm={onRevoke}>
              {say.renewLink}
            </ConfirmButton>
          </div>
        </>
      ) : (
        <>
          <p class="unit">{say.noLink}</p>
          <div class="line">
            <Button icon="link" onClick={onMake}>
              {say.makeLink}
            </Button>
          </div>
        </>
      )}
    </div>
  );
}

function Participants({ numbers, onRemove }: { numbers: string[]; onRemove: (number: string) => void }) {
  const say = useWords(words);
  return (
    <div class="stack tight">
      <h2>
        {say.participants} <span class="unit number">{numbers.length}</span>
      </h2>
      {numbers.length === 0 && <p class="unit">{say.nobody}</p>}
      <ul>
        {numbers.map((number) => (
          <li key={number} class="line">
            <span class="mono grow">{number}</span>
            <ConfirmButton
              kind="quiet danger"
              icon="kick"
              label={say.remove(number)}
              onConfirm={() => onRemove(number)}
            />
          </li>
        ))}
      </ul>
    </div>
  );
}

import { call, type Made, type ResponseOf } from '@muster/ui';

export type Group = ResponseOf<'cams', 'ListChatGroup'>['Data']['List'][number];
export type Said = ResponseOf<'cams', 'ListChatappMessage'>['Data'][number];

/** A channel and its business numbers. */
export interface Channel {
  id: string;
  name: string;
  /** In milliseconds. */
  made: number;
  numbers: string[];
}

const PAGE = 100;

/** The channels of the account, each with its numbers. */
export async function loadChannels(signal: AbortSignal): Promise<{ rows: Channel[]; made: Made }> {
  const { body, made } = await call('cams', 'ListInstance', { PageSize: PAGE }, { signal });
  const rows = await Promise.all(
    body.Data.map(async ({ InstanceId, InstanceName, SubmitTime }) => ({
      id: InstanceId,
      name: InstanceName,
      made: Date.parse(SubmitTime),
      numbers: await loadNumbers(InstanceId, signal),
    })),
  );
  return { rows, made };
}

/** The business numbers of a channel. */
export async function loadNumbers(channel: string, signal: AbortSignal): Promise<string[]> {
  const { body } = await call('cams', 'QueryChatappPhoneNumbers', { CustSpaceId: channel }, { signal });
  return body.PhoneNumbers.map(({ PhoneNumber }) => PhoneNumber);
}

/** The groups of a business number. */
export async function loadGroups(
  channel: string,
  number: string,
  signal: AbortSignal,
): Promise<{ rows: Group[]; made: Made }> {
  const request = { CustSpaceId: channel, BusinessNumber: number, Page: { Index: 1, Size: PAGE } };
  const { body, made } = await call('cams', 'ListChatGroup', request, { signal });
  return { rows: body.Data.List, made };
}

/** A group with who is in it and what was said, the oldest first. */
export interface Chat {
  group: Group | undefined;
  participants: string[];
  said: Said[];
}

/** A group of a business number. */
export async function loadChat(channel: string, number: string, group: string, signal: AbortSignal): Promise<Chat> {
  const at = { CustSpaceId: channel, BusinessNumber: number };
  const Page = { Index: 1, Size: PAGE };
  const [groups, participants, said] = await Promise.all([
    loadGroups(channel, number, signal),
    call('cams', 'ListChatGroupParticipants', { ...at, GroupId: group, Page }, { signal }),
    call('cams', 'ListChatappMessage', { ...at, ChannelType: 'WHATSAPP', UserNumber: group, Page }, { signal }),
  ]);
  return {
    group: groups.rows.find(({ GroupId }) => GroupId === group),
    participants: participants.body.Data.List.map(({ ParticipantNumber }) => ParticipantNumber),
    said: said.body.Data.toSorted((one, other) => Number(one.SendTime) - Number(other.SendTime)),
  };
}

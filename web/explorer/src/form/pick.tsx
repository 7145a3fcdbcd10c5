import { call, SelectField, session, useLoaded, useWords } from '@muster/ui';
import { words } from './form.words.ts';

type Option = [value: string, text: string];
/** What one parameter may be filled in with, by what is chosen for those before it. */
interface Choice {
  parameter: string;
  label: 'pickApp' | 'pickGroup' | 'pickChannel' | 'pickNumber';
  /** Parameters that must be chosen first. */
  needs: string[];
  load: (chosen: Record<string, string>, signal: AbortSignal) => Promise<Option[]>;
}

const PAGE = 50;
const named = (id: string, name: string | undefined): Option => [id, name ? `${name} (${id})` : id];

const SECOND: Choice[] = [
  {
    parameter: 'AppId',
    label: 'pickApp',
    needs: [],
    load: async (_, signal) => {
      const { body } = await call('live', 'ListLiveMessageApps', { SortType: 2 }, { signal });
      return body.AppList.map(({ AppId, AppName }) => named(AppId, AppName));
    },
  },
  {
    parameter: 'GroupId',
    label: 'pickGroup',
    needs: ['AppId'],
    load: async ({ AppId = '' }, signal) => {
      const { body } = await call('live', 'ListLiveMessageGroups', { AppId, SortType: 2 }, { signal });
      return body.GroupList.map(({ GroupId, GroupName }) => named(GroupId, GroupName));
    },
  },
];

const FIRST: Choice[] = [
  {
    parameter: 'AppId',
    label: 'pickApp',
    needs: [],
    load: async (_, signal) => {
      const asked = { PageNum: 1, PageSize: PAGE, SortType: 1 } as const;
      const { body } = await call('live', 'ListMessageApp', asked, { signal });
      return body.Result.AppList.map(({ AppId, AppName }) => named(AppId, AppName));
    },
  },
  {
    parameter: 'GroupId',
    label: 'pickGroup',
    needs: ['AppId'],
    load: async ({ AppId = '' }, signal) => {
      const asked = { AppId, PageNum: 1, PageSize: PAGE, SortType: 1 } as const;
      const { body } = await call('live', 'ListMessageGroup', asked, { signal });
      return body.Result.GroupList.map(({ GroupId }) => named(GroupId, undefined));
    },
  },
];

const CHANNELS: Choice['load'] = async (_, signal) => {
  const { body } = await call('cams', 'ListInstance', { PageIndex: 1, PageSize: PAGE }, { signal });
  return body.Data.map(({ InstanceId, InstanceName }) => named(InstanceId, InstanceName));
};
const NUMBERS: Choice['load'] = async ({ CustSpaceId = '' }, signal) => {
  const { body } = await call('cams', 'QueryChatappPhoneNumbers', { CustSpaceId }, { signal });
  return body.PhoneNumbers.map(({ PhoneNumber, VerifiedName }) => named(PhoneNumber, VerifiedName));
};
const CAMS: Choice[] = [
  { parameter: 'CustSpaceId', label: 'pickChannel', needs: [], load: CHANNELS },
  { parameter: 'InstanceId', label: 'pickChannel', needs: [], load: CHANNELS },
  { parameter: 'BusinessNumber', label: 'pickNumber', needs: ['CustSpaceId'], load: NUMBERS },
  { parameter: 'From', label: 'pickNumber', needs: ['CustSpaceId'], load: NUMBERS },
  { parameter: 'PhoneNumber', label: 'pickNumber', needs: ['CustSpaceId'], load: NUMBERS },
  {
    parameter: 'GroupId',
    label: 'pickGroup',
    needs: ['CustSpaceId', 'BusinessNumber'],
    load: async ({ CustSpaceId = '', BusinessNumber = '' }, signal) => {
      const asked = { CustSpaceId, BusinessNumber, Page: { Index: 1, Size: PAGE } };
      const { body } = await call('cams', 'ListChatGroup', asked, { signal });
      return body.Data.List.map(({ GroupId, Subject }) => named(GroupId, Subject));
    },
  },
];

function choicesOf(product: string, tag: string): Choice[] {
  if (product === 'cams') return CAMS;
  if (product !== 'live') return [];
  return tag.endsWith('1') ? FIRST : SECOND;
}

/** Fills in applications, groups, channels and numbers from those that the account has. */
export function Pick({
  product,
  tag,
  parameters,
  chosen,
  onPick,
}: {
  product: string;
  tag: string;
  parameters: string[];
  chosen: Record<string, string>;
  onPick: (parameter: string, value: string) => void;
}) {
  const say = useWords(words);
  const offered = choicesOf(product, tag).filter(({ parameter }) => parameters.includes(parameter));
  if (offered.length === 0 || !session.value) return null;
  return (
    <fieldset class="group pick">
      <legend>{say.pick}</legend>
      <div class="picks">
        {offered.map((choice) => (
          <PickOne key={choice.parameter} choice={choice} chosen={chosen} onPick={onPick} />
        ))}
      </div>
    </fieldset>
  );
}

function PickOne({
  choice,
  chosen,
  onPick,
}: {
  choice: Choice;
  chosen: Record<string, string>;
  onPick: (parameter: string, value: string) => void;
}) {
  const say = useWords(words);
  const given = choice.needs.map((name) => chosen[name] ?? '');
  const { value } = useLoaded<Option[]>(`${choice.parameter} ${given.join(' ')}`, async (signal) =>
    // What cannot be listed, by whom it is not allowed, is typed.
    given.includes('') ? [] : choice.load(chosen, signal).catch(() => []),
  );
  const options = value ?? [];
  const held = chosen[choice.parameter] ?? '';
  return (
    <SelectField
      label={say[choice.label]}
      value={options.some(([id]) => id === held) ? held : ''}
      options={[['', value && options.length === 0 ? say.pickNothing : say.pickNone], ...options]}
      onChange={(id) => id !== '' && onPick(choice.parameter, id)}
    />
  );
}

import { Button, CallError, Empty, Failure, Skeleton, session, useLoaded, useWords } from '@muster/ui';
import { useQuery } from '../address.ts';
import { type Command, command } from '../command.ts';
import { MadeCommands, useCommands } from '../commands.tsx';
import { Screen } from '../frame/screen.tsx';
import { words } from './access.words.ts';
import { KeysPart } from './keys.tsx';
import { PoliciesPart } from './policies.tsx';
import { RolesPart } from './roles.tsx';
import { TrialPart } from './trial.tsx';
import { UsersPart } from './users.tsx';

export interface User {
  userName: string;
  userId: string;
  policies: string[];
  createdAt: number;
}

export interface Key {
  accessKeyId: string;
  /** `(root)` for the account's own. */
  user: string;
  active: boolean;
  createdAt: number;
}

export interface Policy {
  policyName: string;
  attachedTo: string[];
  modifiedAt: number;
}

export interface Role {
  roleName: string;
  policies: string[];
  maxSessionSeconds: number;
  createdAt: number;
}

/** Who may act, by what, and what they may do. */
export interface Directory {
  users: User[];
  keys: Key[];
  policies: Policy[];
  roles: Role[];
}

/** What the parts of this screen are given: what there is, and how something of it is changed. */
export interface Part {
  directory: Directory;
  /** Has a command done and reads everything again; what it gave, or `undefined` when it failed, which the screen tells. */
  change: <T>(asked: Command) => Promise<T | undefined>;
}

const PARTS = ['users', 'keys', 'policies', 'roles', 'trial'] as const;

async function load(signal: AbortSignal): Promise<Directory> {
  const [users, keys, policies, roles] = await Promise.all([
    command<User[]>({ User: 'List' }, signal),
    command<Key[]>({ Key: 'List' }, signal),
    command<Policy[]>({ Policy: 'List' }, signal),
    command<Role[]>({ Role: 'List' }, signal),
  ]);
  return { users, keys, policies, roles };
}

/** Users, keys, policies, roles, and a trial of policies. They are the account's own. */
export function AccessScreen() {
  const say = useWords(words);
  const [query, change] = useQuery();
  const part = PARTS.find((one) => one === query.part) ?? 'users';
  const { value, error, reload } = useLoaded('access', load);
  const { act, fault, given } = useCommands(reload);
  const isRefused = session.value?.userName !== null || (error instanceof CallError && error.code === 'NoAuth');
  return (
    <Screen title={say.title}>
      {isRefused ? (
        <div class="card">
          <Empty title={say.title}>
            <p>{say.ownerOnly}</p>
          </Empty>
        </div>
      ) : (
        <>
          <div class="tabs">
            {PARTS.map((one) => (
              <Button
                key={one}
                kind="quiet"
                pressed={part === one}
                onClick={() => change({ part: one === 'users' ? '' : one, open: '' })}
              >
                {say[one]}
              </Button>
            ))}
          </div>
          {error !== undefined && <Failure error={error} onRetry={reload} />}
          {fault !== undefined && <Failure error={fault} />}
          <MadeCommands given={given} />
          {!value && error === undefined && <Skeleton />}
          {value && part === 'users' && <UsersPart directory={value} change={act} />}
          {value && part === 'keys' && <KeysPart directory={value} change={act} />}
          {value && part === 'policies' && <PoliciesPart directory={value} change={act} />}
          {value && part === 'roles' && <RolesPart directory={value} change={act} />}
          {value && part === 'trial' && <TrialPart directory={value} />}
        </>
      )}
    </Screen>
  );
}

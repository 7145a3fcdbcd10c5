import {
  Ago,
  AreaField,
  Button,
  ConfirmButton,
  CopyId,
  counted,
  Failure,
  session,
  TextField,
  useLoaded,
  useWords,
} from '@muster/ui';
import { useEffect, useState } from 'preact/hooks';
import { useQuery } from '../address.ts';
import { command } from '../command.ts';
import { Listed } from '../frame/listed.tsx';
import type { Part } from './access.tsx';
import { words } from './access.words.ts';
import { Attached } from './attached.tsx';

/** What stands in the address in the place of a name while a role is new. */
const NEW = '+';
const SHORTEST_SECONDS = 3_600;
const LONGEST_SECONDS = 43_200;

/** A role with whom it trusts. */
interface Shown {
  arn: string;
  trust: unknown;
  maxSessionSeconds: number;
}

/** The roles, which users become for a time by AssumeRole: what each may do, and who may become it. */
export function RolesPart({ directory, change }: Part) {
  const say = useWords(words);
  const [query, go] = useQuery();
  const open = query.open ?? '';
  const all = directory.policies.map(({ policyName }) => policyName);
  return (
    <>
      <div class="line">
        <Button kind="main" icon="plus" onClick={() => go({ open: NEW })}>
          {say.newRole}
        </Button>
      </div>
      {open && <Editor key={open} name={open === NEW ? '' : open} change={change} />}
      <Listed
        rows={directory.roles}
        none={say.noRoles}
        more={say.noRolesMore}
        keyOf={(role) => role.roleName}
        columns={[
          { head: say.role, cell: ({ roleName }) => <b>{roleName}</b> },
          {
            head: say.attached,
            cell: ({ roleName: role, policies }) => (
              <Attached
                of={role}
                policies={policies}
                all={all}
                onAttach={(policy) => void change({ Role: { Attach: { policy, role } } })}
                onDetach={(policy) => void change({ Role: { Detach: { policy, role } } })}
              />
            ),
          },
          {
            head: say.longest,
            kind: 'number',
            cell: ({ maxSessionSeconds }) => (
              <>
                {counted(maxSessionSeconds)} <span class="unit">{say.seconds}</span>
              </>
            ),
          },
          { head: say.made, kind: 'moment', cell: ({ createdAt }) => <Ago at={createdAt * 1000} /> },
          {
            kind: 'number',
            cell: ({ roleName: role }) => (
              <div class="line end">
                <Button kind="quiet" pressed={open === role} onClick={() => go({ open: role })}>
                  {say.edit}
                </Button>
                <ConfirmButton
                  kind="quiet danger"
                  icon="trash"
                  label={say.removeRole(role)}
                  onConfirm={() => void change({ Role: { Delete: { name: role } } }).then(() => go({ open: '' }))}
                />
              </div>
            ),
          },
        ]}
      />
    </>
  );
}

/** Whom a role trusts, and for how long one is it. `name` is empty for a new one. */
function Editor({ name: opened, change }: { name: string; change: Part['change'] }) {
  const say = useWords(words);
  const [, go] = useQuery();
  const [name, setName] = useState(opened);
  const [trust, setTrust] = useState(opened ? '' : ofAccount());
  const [seconds, setSeconds] = useState(String(SHORTEST_SECONDS));
  const [saved, setSaved] = useState(false);
  const { value, error } = useLoaded(`role ${opened}`, async (signal) =>
    opened ? await command<Shown>({ Role: { Show: { name: opened } } }, signal) : undefined,
  );
  useEffect(() => {
    if (value === undefined) return;
    setTrust(JSON.stringify(value.trust, undefined, 2));
    setSeconds(String(value.maxSessionSeconds));
  }, [value]);
  const save = async (event: SubmitEvent) => {
    event.preventDefault();
    const given = { name: name.trim(), document: trust, max_session: Number(seconds) };
    const done = await change(opened ? { Role: { Update: given } } : { Role: { Add: given } });
    setSaved(done !== undefined);
    if (done !== undefined && !opened) go({ open: given.name });
  };
  return (
    <form class="card padded halves" onSubmit={(event) => void save(event)}>
      <div class="stack">
        {error !== undefined && <Failure error={error} />}
        {!opened && <TextField label={say.roleName} value={name} onInput={setName} required />}
        {opened && <h2>{opened}</h2>}
        <AreaField label={say.trust} value={trust} onInput={setTrust} rows={12} spellcheck={false} />
      </div>
      <div class="stack">
        {value && (
          <div class="line">
            <span class="unit">{say.arn}</span>
            <CopyId value={value.arn} name={say.arn} characters={36} />
          </div>
        )}
        <p class="unit">{say.trustMeans}</p>
        <TextField
          label={say.longestSession}
          hint={say.longestHint(counted(SHORTEST_SECONDS), counted(LONGEST_SECONDS))}
          value={seconds}
          onInput={setSeconds}
          type="number"
          min={SHORTEST_SECONDS}
          max={LONGEST_SECONDS}
          required
        />
        <div class="line">
          <Button kind="main" submit>
            {say.saveRole}
          </Button>
          {saved && <span class="unit">{say.saved}</span>}
        </div>
      </div>
    </form>
  );
}

/** The trust policy of a new role: users of the account, whom a policy of theirs allows to. */
const ofAccount = (): string =>
  JSON.stringify(
    {
      Version: '1',
      Statement: [
        {
          Effect: 'Allow',
          Action: 'sts:AssumeRole',
          Principal: { RAM: [`acs:ram::${session.value?.accountId}:root`] },
        },
      ],
    },
    undefined,
    2,
  );

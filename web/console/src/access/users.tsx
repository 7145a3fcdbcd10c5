import { Ago, Button, ConfirmButton, CopyId, useWords } from '@muster/ui';
import { useState } from 'preact/hooks';
import { Listed } from '../frame/listed.tsx';
import type { Part } from './access.tsx';
import { words } from './access.words.ts';
import { Attached } from './attached.tsx';

/** The users, and what is attached to them. */
export function UsersPart({ directory, change }: Part) {
  const say = useWords(words);
  const [name, setName] = useState('');
  const add = async (event: SubmitEvent) => {
    event.preventDefault();
    if (await change({ User: { Add: { name: name.trim() } } })) setName('');
  };
  return (
    <>
      <form class="line" onSubmit={(event) => void add(event)}>
        <input
          class="input slim"
          aria-label={say.userName}
          placeholder={say.userName}
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
          required
        />
        <Button kind="main" icon="plus" submit>
          {say.addUser}
        </Button>
      </form>
      <Listed
        rows={directory.users}
        none={say.noUsers}
        more={say.noUsersMore}
        keyOf={(user) => user.userId}
        columns={[
          { head: say.user, cell: ({ userName }) => <b>{userName}</b> },
          { head: 'ID', cell: ({ userId }) => <CopyId value={userId} characters={12} /> },
          {
            head: say.attached,
            cell: ({ userName: user, policies }) => (
              <Attached
                of={user}
                policies={policies}
                all={directory.policies.map(({ policyName }) => policyName)}
                onAttach={(name) => void change({ Policy: { Attach: { name, user } } })}
                onDetach={(name) => void change({ Policy: { Detach: { name, user } } })}
              />
            ),
          },
          { head: say.made, kind: 'moment', cell: ({ createdAt }) => <Ago at={createdAt * 1000} /> },
          {
            kind: 'number',
            cell: ({ userName: name }) => (
              <ConfirmButton
                kind="quiet danger"
                icon="trash"
                label={say.removeUser(name)}
                onConfirm={() => void change({ User: { Remove: { name } } })}
              />
            ),
          },
        ]}
      />
    </>
  );
}

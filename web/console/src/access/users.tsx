import { Ago, Button, ConfirmButton, CopyId, Empty, useWords } from '@muster/ui';
import { useState } from 'preact/hooks';
import type { Part, User } from './access.tsx';
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
      <div class="card scroll">
        {directory.users.length === 0 ? (
          <Empty title={say.noUsers}>
            <p>{say.noUsersMore}</p>
          </Empty>
        ) : (
          <table class="table">
            <thead>
              <tr>
                <th>{say.user}</th>
                <th>ID</th>
                <th>{say.attached}</th>
                <th class="number">{say.made}</th>
                <td />
              </tr>
            </thead>
            <tbody>
              {directory.users.map((user) => (
                <UserRow key={user.userId} user={user} directory={directory} change={change} />
              ))}
            </tbody>
          </table>
        )}
      </div>
    </>
  );
}

function UserRow({ user, directory, change }: Part & { user: User }) {
  const say = useWords(words);
  return (
    <tr>
      <td>
        <b>{user.userName}</b>
      </td>
      <td>
        <CopyId value={user.userId} characters={12} />
      </td>
      <td>
        <Attached
          of={user.userName}
          policies={user.policies}
          all={directory.policies.map(({ policyName }) => policyName)}
          onAttach={(name) => void change({ Policy: { Attach: { name, user: user.userName } } })}
          onDetach={(name) => void change({ Policy: { Detach: { name, user: user.userName } } })}
        />
      </td>
      <td class="number unit">
        <Ago at={user.createdAt * 1000} />
      </td>
      <td class="number">
        <ConfirmButton
          kind="quiet danger"
          icon="trash"
          label={say.removeUser(user.userName)}
          onConfirm={() => void change({ User: { Remove: { name: user.userName } } })}
        />
      </td>
    </tr>
  );
}

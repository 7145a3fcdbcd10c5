import { Ago, Button, Code, ConfirmButton, CopyId, SelectField, Sheet, useWords } from '@muster/ui';
import { useState } from 'preact/hooks';
import { Listed } from '../frame/listed.tsx';
import type { Part } from './access.tsx';
import { words } from './access.words.ts';

/** What a new key is shown with, this once. */
interface NewKey {
  accessKeyId: string;
  accessKeySecret: string;
}

const ROOT = '(root)';

/** The access keys. */
export function KeysPart({ directory, change }: Part) {
  const say = useWords(words);
  const [making, setMaking] = useState(false);
  return (
    <>
      <div class="line">
        <Button kind="main" icon="key" onClick={() => setMaking(true)}>
          {say.newKey}
        </Button>
      </div>
      <Listed
        rows={directory.keys}
        none=""
        keyOf={(key) => key.accessKeyId}
        columns={[
          { head: say.key, cell: ({ accessKeyId: id }) => <CopyId value={id} name={say.key} characters={28} /> },
          { head: say.owner, cell: ({ user }) => (user === ROOT ? say.root : user) },
          {
            head: say.state,
            cell: ({ active }) => (
              <span class={active ? 'chip good' : 'chip warn'}>{active ? say.active : say.off}</span>
            ),
          },
          { head: say.made, kind: 'moment', cell: ({ createdAt }) => <Ago at={createdAt * 1000} /> },
          {
            kind: 'number',
            cell: ({ accessKeyId: id, active }) => (
              <div class="line end">
                <Button
                  kind="quiet"
                  onClick={() => void change({ Key: active ? { Disable: { id } } : { Enable: { id } } })}
                >
                  {active ? say.disable : say.enable}
                </Button>
                <ConfirmButton
                  kind="quiet danger"
                  icon="trash"
                  label={say.removeKey(id)}
                  onConfirm={() => void change({ Key: { Remove: { id } } })}
                />
              </div>
            ),
          },
        ]}
      />
      {making && <NewKeySheet directory={directory} change={change} onClose={() => setMaking(false)} />}
    </>
  );
}

function NewKeySheet({ directory, change, onClose }: Part & { onClose: () => void }) {
  const say = useWords(words);
  const [owner, setOwner] = useState(directory.users[0]?.userName ?? ROOT);
  const [made, setMade] = useState<NewKey>();
  const owners = [...directory.users.map(({ userName }) => [userName, userName] as const), [ROOT, say.root] as const];
  const make = async () => {
    const root = owner === ROOT;
    setMade(await change<NewKey>({ Key: { Add: { user: root ? null : owner, root } } }));
  };
  return (
    <Sheet title={say.newKey} onClose={onClose}>
      {made ? (
        <>
          <p class="notice">{say.secretOnce}</p>
          <Code text={`${made.accessKeyId}\n${made.accessKeySecret}`} />
        </>
      ) : (
        <>
          <SelectField label={say.newKeyFor} value={owner} options={owners} onChange={setOwner} />
          <Button kind="main" icon="key" onClick={() => void make()}>
            {say.newKey}
          </Button>
        </>
      )}
    </Sheet>
  );
}

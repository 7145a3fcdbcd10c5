import { Ago, AreaField, Button, ConfirmButton, Failure, TextField, useLoaded, useWords } from '@muster/ui';
import { useEffect, useState } from 'preact/hooks';
import { useQuery } from '../address.ts';
import { command } from '../command.ts';
import { Listed } from '../frame/listed.tsx';
import type { Part } from './access.tsx';
import { words } from './access.words.ts';
import { type Statement, statementsOf } from './statements.ts';

/** What a new policy begins with. */
const FIRST = {
  Version: '1',
  Statement: [{ Effect: 'Allow', Action: ['live:List*', 'live:Describe*', 'live:Get*'], Resource: '*' }],
};
/** What stands in the address in the place of a name while a policy is new. */
const NEW = '+';

/** The policies, and an editor that says what the open one means. */
export function PoliciesPart({ directory, change }: Part) {
  const say = useWords(words);
  const [query, go] = useQuery();
  const open = query.open ?? '';
  return (
    <>
      <div class="line">
        <Button kind="main" icon="plus" onClick={() => go({ open: NEW })}>
          {say.newPolicy}
        </Button>
      </div>
      {open && <Editor key={open} name={open === NEW ? '' : open} change={change} />}
      <Listed
        rows={directory.policies}
        none={say.noPolicies}
        more={say.noPoliciesMore}
        keyOf={(policy) => policy.policyName}
        columns={[
          { head: say.policy, cell: ({ policyName }) => <b>{policyName}</b> },
          {
            head: say.attachedTo,
            cell: ({ attachedTo }) => attachedTo.join(', ') || <span class="unit">{say.nobody}</span>,
          },
          { head: say.made, kind: 'moment', cell: ({ modifiedAt }) => <Ago at={modifiedAt * 1000} /> },
          {
            kind: 'number',
            cell: ({ policyName }) => (
              <div class="line end">
                <Button kind="quiet" pressed={open === policyName} onClick={() => go({ open: policyName })}>
                  {say.edit}
                </Button>
                <ConfirmButton
                  kind="quiet danger"
                  icon="trash"
                  label={say.removePolicy(policyName)}
                  onConfirm={() => void change({ Policy: { Remove: { name: policyName } } })}
                />
              </div>
            ),
          },
        ]}
      />
    </>
  );
}

/** A policy's text at the left, what it means at the right. `name` is empty for a new one. */
function Editor({ name: opened, change }: { name: string; change: Part['change'] }) {
  const say = useWords(words);
  const [, go] = useQuery();
  const [name, setName] = useState(opened);
  const [document, setDocument] = useState(opened ? '' : JSON.stringify(FIRST, undefined, 2));
  const [told, setTold] = useState<string[]>();
  const { value, error } = useLoaded(`policy ${opened}`, async (signal) =>
    opened ? await command<unknown>({ Policy: { Show: { name: opened } } }, signal) : undefined,
  );
  useEffect(() => {
    if (value !== undefined) setDocument(JSON.stringify(value, undefined, 2));
  }, [value]);
  const save = async (event: SubmitEvent) => {
    event.preventDefault();
    const put = await change<{ warnings: string[] }>({ Policy: { Put: { name: name.trim(), document } } });
    setTold(put?.warnings);
    if (put && !opened) go({ open: name.trim() });
  };
  return (
    <form class="card padded halves" onSubmit={(event) => void save(event)}>
      <div class="stack">
        {error !== undefined && <Failure error={error} />}
        {!opened && <TextField label={say.policyName} value={name} onInput={setName} required />}
        {opened && <h2>{opened}</h2>}
        <AreaField label={say.document} value={document} onInput={setDocument} rows={14} spellcheck={false} />
        <div class="line">
          <Button kind="main" submit>
            {say.save}
          </Button>
          {told?.length === 0 && <span class="unit">{say.saved}</span>}
        </div>
        {told?.map((warning) => (
          <p key={warning} class="notice">
            {warning}
          </p>
        ))}
      </div>
      <div class="stack">
        <h3>{say.means}</h3>
        <Meaning statements={statementsOf(document)} />
      </div>
    </form>
  );
}

function Meaning({ statements }: { statements: Statement[] | undefined }) {
  const say = useWords(words);
  if (!statements) return <p class="unit">{say.unreadable}</p>;
  return (
    <ol class="stack meaning">
      {statements.map((statement) => (
        <li key={JSON.stringify(statement)} class="stack tight">
          <p>
            <span class={statement.denies ? 'chip bad' : 'chip good'}>{statement.denies ? say.deny : say.allow}</span>{' '}
            {statement.allBut && say.allBut}
          </p>
          <Names names={statement.actions} />
          <p class="unit">{say.on}</p>
          <Names names={statement.resources} />
          {statement.conditions.length > 0 && <p class="unit">{say.when}</p>}
          {statement.conditions.length > 0 && <Names names={statement.conditions} />}
        </li>
      ))}
    </ol>
  );
}

function Names({ names }: { names: string[] }) {
  const say = useWords(words);
  return (
    <ul class="names">
      {names.map((name) => (
        <li key={name} class="mono">
          {name === '*' ? say.everything : name}
        </li>
      ))}
    </ul>
  );
}

import { ask, Button, counted, Failure, SelectField, session, TextField, useWords } from '@muster/ui';
import { useState } from 'preact/hooks';
import { useQuery } from '../address.ts';
import type { Directory } from './access.tsx';
import { words } from './access.words.ts';

/** What a trial came to. */
interface Verdict {
  principal: string;
  decision: 'Allowed' | 'ImplicitDeny' | 'ExplicitDeny';
  by: { policy: string; statement: number; effect: 'Allow' | 'Deny' }[];
}

/** Who, what, on which resource: allowed or denied, and by which statement. What is tried stands in the address. */
export function TrialPart({ directory }: { directory: Directory }) {
  const say = useWords(words);
  const [query, change] = useQuery();
  const [who, setWho] = useState(query.who ?? directory.users[0]?.userName ?? '');
  const [action, setAction] = useState(query.action ?? 'live:ListLiveMessageApps');
  const [resource, setResource] = useState(query.resource ?? `acs:live:*:${session.value?.accountId}:*`);
  const [verdict, setVerdict] = useState<Verdict>();
  const [error, setError] = useState<unknown>();
  const users = [...directory.users.map(({ userName }) => [userName, userName] as const), ['', say.root] as const];
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    change({ who, action, resource });
    setError(undefined);
    const asked = { ...(who ? { user: who } : {}), action: action.trim(), resource: resource.trim() };
    try {
      setVerdict(await ask<Verdict>('trial', { method: 'POST', body: asked }));
    } catch (fault) {
      setVerdict(undefined);
      setError(fault);
    }
  };
  return (
    <form class="card padded halves" onSubmit={(event) => void submit(event)}>
      <div class="stack">
        <SelectField label={say.who} value={who} options={users} onChange={setWho} />
        <TextField
          label={say.action}
          hint={say.actionHint}
          value={action}
          onInput={setAction}
          spellcheck={false}
          required
        />
        <TextField
          label={say.resource}
          hint={say.resourceHint}
          value={resource}
          onInput={setResource}
          spellcheck={false}
          required
        />
        <Button kind="main" submit>
          {say.tryIt}
        </Button>
      </div>
      <div class="stack" role="status">
        {error !== undefined && <Failure error={error} />}
        {verdict && (
          <>
            <p class={verdict.decision === 'Allowed' ? 'chip good verdict' : 'chip bad verdict'}>
              {say[verdict.decision]}
            </p>
            <p class="mono unit">{verdict.principal}</p>
            {!who && <p>{say.rootAllowed}</p>}
            <ul class="stack tight">
              {verdict.by.map(({ policy, statement, effect }) => (
                <li key={`${policy} ${statement}`} class="line">
                  <span class={effect === 'Deny' ? 'chip bad' : 'chip good'}>
                    {effect === 'Deny' ? say.deny : say.allow}
                  </span>
                  {say.statement(policy, counted(statement))}
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
    </form>
  );
}

import {
  Ago,
  Button,
  CallError,
  Code,
  ConfirmButton,
  CopyId,
  counted,
  Empty,
  Failure,
  Sheet,
  Skeleton,
  useLoaded,
  useWords,
} from '@muster/ui';
import { useQuery } from '../address.ts';
import { command } from '../command.ts';
import { type Commands, MadeCommands, useCommands } from '../commands.tsx';
import { Screen } from '../frame/screen.tsx';
import { words } from './callbacks.words.ts';

interface Row {
  number: number;
  transactionId: string;
  appId: string;
  attempts: number;
  fault: string | null;
  madeAt: number;
  nextAt: number;
}

interface Page {
  total: number;
  callbacks: Row[];
}

const SIZE = 50;
const EVERY_MILLIS = 5_000;

/** Callbacks that applications are owed, and those that were given up: dead letters, which can be sent again. */
export function CallbacksScreen() {
  const say = useWords(words);
  const [query, change] = useQuery();
  const owed = query.which === 'owed';
  const page = Math.max(1, Number(query.page) || 1);
  const list = (signal: AbortSignal) =>
    command<Page>({ Callbacks: { List: { owed, part: { page, size: SIZE } } } }, signal);
  const { value, error, reload } = useLoaded(`callbacks ${owed} ${page}`, list, EVERY_MILLIS);
  const { act, fault, given } = useCommands(reload);
  const isRefused = error instanceof CallError && error.code === 'NoAuth';
  const pages = Math.max(1, Math.ceil((value?.total ?? 0) / SIZE));
  const again = !owed && value && value.callbacks.length > 1 && (
    <Button onClick={() => void act(...value.callbacks.map(({ number }) => ({ Callbacks: { Retry: { number } } })))}>
      {say.allAgain}
    </Button>
  );
  if (isRefused) {
    return (
      <Screen title={say.title}>
        <div class="card">
          <Empty title={say.title}>
            <p>{say.ownerOnly}</p>
          </Empty>
        </div>
      </Screen>
    );
  }
  return (
    <Screen title={say.title} action={again}>
      <div class="tabs">
        <Button kind="quiet" pressed={!owed} onClick={() => change({ which: '', page: '' })}>
          {say.dead}
        </Button>
        <Button kind="quiet" pressed={owed} onClick={() => change({ which: 'owed', page: '' })}>
          {say.owed}
        </Button>
        {value && <span class="unit number tab-note">{counted(value.total)}</span>}
      </div>
      {error !== undefined && <Failure error={error} onRetry={reload} />}
      {fault !== undefined && <Failure error={fault} />}
      <MadeCommands given={given} />
      <div class="card scroll">
        {!value && error === undefined && <Skeleton />}
        {value?.callbacks.length === 0 && (
          <Empty title={owed ? say.noOwed : say.noDead}>
            <p>{owed ? say.noOwedMore : say.noDeadMore}</p>
          </Empty>
        )}
        {value && value.callbacks.length > 0 && (
          <CallbackTable
            rows={value.callbacks}
            owed={owed}
            act={act}
            onShow={(number) => change({ open: String(number) })}
          />
        )}
      </div>
      {pages > 1 && (
        <div class="line pager">
          <Button
            icon="left"
            label={say.before}
            disabled={page <= 1}
            onClick={() => change({ page: String(page - 1) })}
          />
          <span class="number">{say.page(counted(page), counted(pages))}</span>
          <Button
            icon="right"
            label={say.after}
            disabled={page >= pages}
            onClick={() => change({ page: String(page + 1) })}
          />
        </div>
      )}
      {query.open && <CallbackSheet number={Number(query.open)} onClose={() => change({ open: '' })} />}
    </Screen>
  );
}

function CallbackTable({
  rows,
  owed,
  act,
  onShow,
}: {
  rows: Row[];
  owed: boolean;
  act: Commands['act'];
  onShow: (number: number) => void;
}) {
  const say = useWords(words);
  return (
    <table class="table">
      <thead>
        <tr>
          <th class="number">{say.number}</th>
          <th>{say.app}</th>
          <th>{say.why}</th>
          <th class="number">{say.tries}</th>
          <th class="number">{say.made}</th>
          {owed && <th class="number">{say.next}</th>}
          <td />
        </tr>
      </thead>
      <tbody>
        {rows.map(({ number, appId, fault, attempts, madeAt, nextAt }) => (
          <tr key={number}>
            <td class="number">{number}</td>
            <td>
              <CopyId value={appId} name={say.app} characters={16} />
            </td>
            <td>{fault}</td>
            <td class="number">{counted(attempts)}</td>
            <td class="number unit">
              <Ago at={madeAt * 1000} />
            </td>
            {owed && (
              <td class="number unit">
                <Ago at={nextAt * 1000} />
              </td>
            )}
            <td class="number">
              <div class="line end">
                <Button kind="quiet" icon="info" label={say.show(String(number))} onClick={() => onShow(number)} />
                {!owed && (
                  <Button kind="quiet" icon="send" onClick={() => void act({ Callbacks: { Retry: { number } } })}>
                    {say.again}
                  </Button>
                )}
                <ConfirmButton
                  kind="quiet danger"
                  icon="trash"
                  label={say.drop(String(number))}
                  onConfirm={() => void act({ Callbacks: { Drop: { number } } })}
                />
              </div>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A callback with what is sent and where to. */
function CallbackSheet({ number, onClose }: { number: number; onClose: () => void }) {
  const say = useWords(words);
  const show = (signal: AbortSignal) =>
    command<Row & { url: string | null; body: unknown }>({ Callbacks: { Show: { number } } }, signal);
  const { value, error } = useLoaded(`callback ${number}`, show);
  return (
    <Sheet title={say.one(String(number))} onClose={onClose}>
      {error !== undefined && <Failure error={error} />}
      {value && (
        <>
          <dl class="pairs">
            <dt>{say.url}</dt>
            <dd class="mono">{value.url}</dd>
            <dt>{say.tries}</dt>
            <dd>{counted(value.attempts)}</dd>
            <dt>{say.why}</dt>
            <dd>{value.fault}</dd>
          </dl>
          <h3>{say.body}</h3>
          <Code text={JSON.stringify(value.body, undefined, 2)} />
        </>
      )}
    </Sheet>
  );
}

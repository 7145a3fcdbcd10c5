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
  useLoaded,
  useWords,
} from '@muster/ui';
import { useQuery } from '../address.ts';
import { command } from '../command.ts';
import { MadeCommands, useCommands } from '../commands.tsx';
import { Listed, Pager } from '../frame/listed.tsx';
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
      {fault !== undefined && <Failure error={fault} />}
      <MadeCommands given={given} />
      <Listed
        loaded={{ error, reload }}
        rows={value?.callbacks}
        none={owed ? say.noOwed : say.noDead}
        more={owed ? say.noOwedMore : say.noDeadMore}
        keyOf={({ number }) => number}
        columns={[
          { head: say.number, kind: 'number', cell: ({ number }) => number },
          { head: say.app, cell: ({ appId }) => <CopyId value={appId} name={say.app} characters={16} /> },
          { head: say.why, cell: ({ fault }) => fault },
          { head: say.tries, kind: 'number', cell: ({ attempts }) => counted(attempts) },
          { head: say.made, kind: 'moment', cell: ({ madeAt }) => <Ago at={madeAt * 1000} /> },
          owed && { head: say.next, kind: 'moment', cell: ({ nextAt }) => <Ago at={nextAt * 1000} /> },
          {
            kind: 'number',
            cell: ({ number }) => (
              <div class="line end">
                <Button
                  kind="quiet"
                  icon="info"
                  label={say.show(String(number))}
                  onClick={() => change({ open: String(number) })}
                />
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
            ),
          },
        ]}
      />
      <Pager page={page} pages={pages} onTurn={(page) => change({ page: String(page) })} />
      {query.open && <CallbackSheet number={Number(query.open)} onClose={() => change({ open: '' })} />}
    </Screen>
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

import { Ago, Button, CopyId, counted, now, shortly, useWords } from '@muster/ui';
import type { Answering, Gone, NodeRow, Overview, Silent } from './load.ts';
import { words } from './overview.words.ts';
import { Course } from './plot.tsx';

/** The nodes side by side, also those that do not answer; one of several can be looked at alone. */
export function Nodes({
  overview,
  chosen,
  onChoose,
}: {
  overview: Overview;
  chosen: string | undefined;
  onChoose: (node: string) => void;
}) {
  const say = useWords(words);
  const several = overview.nodes.length > 1;
  return (
    <section class="stack">
      <div class="line">
        <h2>{several ? say.nodes : say.node}</h2>
        {chosen && (
          <Button kind="quiet" onClick={() => onChoose('')}>
            {say.allNodes}
          </Button>
        )}
      </div>
      <div class="card scroll">
        <table class="table nodes">
          <thead>
            <tr>
              <th>{say.node}</th>
              <th>{say.state}</th>
              <th class="number">{say.connections}</th>
              <th>{say.course}</th>
              <RateHead name={say.said} />
              <RateHead name={say.deliveries} />
              <RateHead name={say.asks} />
              <th class="number">
                {say.slowest} <span class="unit">{say.millis}</span>
              </th>
              <th class="number">{say.started}</th>
              <th>{say.version}</th>
              {several && <td />}
            </tr>
          </thead>
          <tbody>
            {overview.nodes.map((row) =>
              row.state === 'answers' ? (
                <AnsweringRow
                  key={row.node}
                  row={row}
                  asked={several && row.node === overview.answeredBy}
                  several={several}
                  chosen={chosen === row.node}
                  onChoose={onChoose}
                />
              ) : (
                <SilentRow key={row.node} row={row} />
              ),
            )}
          </tbody>
        </table>
      </div>
    </section>
  );
}

/** The head of a column of rates. */
function RateHead({ name }: { name: string }) {
  const say = useWords(words);
  return (
    <th class="number">
      {name} <span class="unit">{say.perSecond}</span>
    </th>
  );
}

function Name({ row: { node } }: { row: NodeRow }) {
  const say = useWords(words);
  return (
    <td>
      <CopyId value={node} name={say.node} characters={18} />
    </td>
  );
}

function AnsweringRow({
  row,
  asked,
  several,
  chosen,
  onChoose,
}: {
  row: Answering;
  asked: boolean;
  several: boolean;
  chosen: boolean;
  onChoose: (node: string) => void;
}) {
  const say = useWords(words);
  const last = row.samples.at(-1);
  const rate = (value: number | undefined) => (value === undefined ? '–' : shortly(value));
  return (
    <tr>
      <Name row={row} />
      <td>
        <span class="chip good" {...(asked ? { title: say.askedMeans } : {})}>
          {asked ? say.asked : say.answers}
        </span>
      </td>
      <td class="number">{last ? counted(last.connections) : '–'}</td>
      <td>
        <Course points={row.samples.map(({ at, connections }) => [at, connections] as const)} />
      </td>
      <td class="number">{rate(last?.messages)}</td>
      <td class="number">{rate(last?.deliveries)}</td>
      <td class="number">{rate(last?.requests)}</td>
      <td class="number">{rate(last?.p99 ?? undefined)}</td>
      <td class="number unit">
        <Ago at={row.startedAt} />
      </td>
      <td>{row.version}</td>
      {several && (
        <td class="number">
          <Button kind="quiet" pressed={chosen} onClick={() => onChoose(chosen ? '' : row.node)}>
            {say.alone}
          </Button>
        </td>
      )}
    </tr>
  );
}

function SilentRow({ row }: { row: Silent | Gone }) {
  const say = useWords(words);
  return (
    <tr>
      <Name row={row} />
      {row.state === 'silent' ? (
        <>
          <td>
            <span class="chip bad">{say.silent}</span>
          </td>
          <td colSpan={9} class="unit">
            {say[row.why]}
          </td>
        </>
      ) : (
        <>
          <td>
            <span class="chip">{say.gone}</span>
          </td>
          <td colSpan={9} class="unit">
            {say.goneSince} <Ago at={now.value - row.forMillis} />
          </td>
        </>
      )}
    </tr>
  );
}

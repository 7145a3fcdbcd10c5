import { Ago, CallError, CopyId, counted, Empty, Failure, Skeleton, shortly, useLoaded, useWords } from '@muster/ui';
import { useRef } from 'preact/hooks';
import { Screen } from '../frame/screen.tsx';
import { HOUR_MILLIS, loadOverview, type Overview, type Sample } from './load.ts';
import { words } from './overview.words.ts';
import { Plot } from './plot.tsx';

const EVERY_MILLIS = 5_000;
const LEAST_SPAN_MILLIS = 120_000;

type Figure = 'connections' | 'subscriptions' | 'joins' | 'messages' | 'deliveries' | 'drops' | 'requests';

/** The figures by the second; the others are counts of a moment. */
const RATES: readonly Figure[] = ['joins', 'messages', 'deliveries', 'drops', 'requests'];
const FIGURES: readonly Figure[] = ['connections', 'subscriptions', ...RATES];

/** How the server does, and how it did in the last hour. */
export function OverviewScreen() {
  const say = useWords(words);
  const held = useRef<Overview | undefined>(undefined);
  const load = async (signal: AbortSignal) => {
    held.current = await loadOverview(held.current, signal);
    return held.current;
  };
  const { value, error, reload } = useLoaded('overview', load, EVERY_MILLIS);
  const isRefused = error instanceof CallError && error.code === 'NoAuth';
  return (
    <Screen title={say.title}>
      {isRefused && (
        <div class="card">
          <Empty title={say.title}>
            <p>{say.notYours}</p>
          </Empty>
        </div>
      )}
      {error !== undefined && !isRefused && <Failure error={error} onRetry={reload} />}
      {!value && error === undefined && <Skeleton rows={8} />}
      {value && <Figures overview={value} />}
      {value && <Node overview={value} />}
    </Screen>
  );
}

function Figures({ overview: { samples } }: { overview: Overview }) {
  const say = useWords(words);
  const last = samples.at(-1);
  // A server that has just started fills its plots all the same.
  const span = Math.min(HOUR_MILLIS, Math.max(LEAST_SPAN_MILLIS, (last?.at ?? 0) - (samples[0]?.at ?? 0)));
  const course = (value: (sample: Sample) => number | null) =>
    samples.map((sample) => [sample.at, value(sample)] as const);
  return (
    <>
      <div class="line">
        <h2>{say.hour}</h2>
      </div>
      {!last && <p class="notice">{say.first}</p>}
      <div class="cards">
        {FIGURES.map((name) => {
          const unit = RATES.includes(name) ? say.perSecond : '';
          return (
            <section key={name} class="card figure">
              <h3>{say[name]}</h3>
              <p class="value">
                {last ? (unit ? shortly(last[name]) : counted(last[name])) : '–'}
                <span class="unit"> {unit}</span>
              </p>
              <Plot
                points={course((sample) => sample[name])}
                label={`${say[name]}: ${say.hour}`}
                unit={unit}
                span={span}
              />
            </section>
          );
        })}
        <section class="card figure">
          <h3>{say.latency}</h3>
          <p class="value">
            {last?.p99 == null ? '–' : shortly(last.p99)}
            <span class="unit"> {say.millis}</span>
          </p>
          <Plot points={course(({ p99 }) => p99)} label={`${say.latency}: ${say.hour}`} unit={say.millis} span={span} />
        </section>
      </div>
    </>
  );
}

function Node({ overview: { node, version, startedAt, failures } }: { overview: Overview }) {
  const say = useWords(words);
  const rows: [name: string, count: number][] = [
    [say.loginsRefused, failures.loginsRefused],
    [say.unrecovered, failures.unrecovered],
    ...failures.dropped.map(([what, count]): [string, number] => [say.dropped(what), count]),
    ...failures.closes.map(([code, count]): [string, number] => [say.closes(String(code)), count]),
  ];
  const told = rows.filter(([, count]) => count > 0);
  return (
    <div class="halves">
      <section class="card padded stack">
        <h2>{say.node}</h2>
        <dl class="pairs">
          <dt>{say.node}</dt>
          <dd>
            <CopyId value={node} name={say.node} characters={18} />
          </dd>
          <dt>{say.version}</dt>
          <dd>{version}</dd>
          <dt>{say.started}</dt>
          <dd>
            <Ago at={startedAt} />
          </dd>
        </dl>
        <p class="hint">{say.oneNode}</p>
      </section>
      <section class="card padded stack">
        <h2>{say.failures}</h2>
        {told.length === 0 && <p class="unit">{say.quiet}</p>}
        <dl class="pairs counts">
          {told.map(([name, count]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd class="number">{counted(count)}</dd>
            </div>
          ))}
        </dl>
      </section>
    </div>
  );
}

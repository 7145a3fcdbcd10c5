import { CallError, counted, Empty, Failure, Skeleton, shortly, useLoaded, useWords } from '@muster/ui';
import { useRef } from 'preact/hooks';
import { useQuery } from '../address.ts';
import { Screen } from '../frame/screen.tsx';
import { BusyGroups } from './groups.tsx';
import { type Answering, answering, HOUR_MILLIS, loadOverview, type Overview, type Sample } from './load.ts';
import { Nodes } from './nodes.tsx';
import { words } from './overview.words.ts';
import { Plot } from './plot.tsx';
import { allFailures, summed } from './sums.ts';

const EVERY_MILLIS = 5_000;
const LEAST_SPAN_MILLIS = 120_000;

type Figure = 'connections' | 'subscriptions' | 'joins' | 'messages' | 'deliveries' | 'drops' | 'requests';

/** The figures by the second; the others are counts of a moment. */
const RATES: readonly Figure[] = ['joins', 'messages', 'deliveries', 'drops', 'requests'];
const FIGURES: readonly Figure[] = ['connections', 'subscriptions', ...RATES];

/** How the nodes do together, and one by one, and how they did in the last hour. */
export function OverviewScreen() {
  const say = useWords(words);
  const [query, change] = useQuery();
  const held = useRef<Overview | undefined>(undefined);
  const load = async (signal: AbortSignal) => {
    held.current = await loadOverview(held.current, signal);
    return held.current;
  };
  const { value, error, reload } = useLoaded('overview', load, EVERY_MILLIS);
  const isRefused = error instanceof CallError && error.code === 'NoAuth';
  const there = value ? answering(value) : [];
  const one = there.find(({ node }) => node === query.node);
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
      {value && (
        <>
          {value.nodes.some(({ state }) => state === 'silent') && <p class="notice">{say.silentNodes}</p>}
          {!value.complete && <p class="notice">{say.incomplete}</p>}
          <Figures nodes={one ? [one] : there} everyMillis={value.everySeconds * 1000} of={one?.node} />
          <Nodes overview={value} chosen={one?.node} onChoose={(node) => change({ node })} />
          <div class="halves">
            <BusyGroups groups={value.groups} />
            <Troubles nodes={one ? [one] : there} />
          </div>
        </>
      )}
    </Screen>
  );
}

function Figures({ nodes, everyMillis, of }: { nodes: Answering[]; everyMillis: number; of: string | undefined }) {
  const say = useWords(words);
  const courses = nodes.map(({ samples }) => samples);
  const samples = summed(courses, everyMillis);
  const last = samples.at(-1);
  // A server that has just started fills its plots all the same.
  const span = Math.min(HOUR_MILLIS, Math.max(LEAST_SPAN_MILLIS, (last?.at ?? 0) - (samples[0]?.at ?? 0)));
  const course = (value: (sample: Sample) => number | null) =>
    samples.map((sample) => [sample.at, value(sample)] as const);
  return (
    <>
      <div class="line">
        <h2>{of ? say.hourOf(of) : say.hour}</h2>
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

function Troubles({ nodes }: { nodes: Answering[] }) {
  const say = useWords(words);
  const failures = allFailures(nodes);
  const rows: [name: string, count: number][] = [
    [say.loginsRefused, failures.loginsRefused],
    [say.unrecovered, failures.unrecovered],
    ...failures.dropped.map(([what, count]): [string, number] => [say.dropped(what), count]),
    ...failures.closes.map(([code, count]): [string, number] => [say.closes(String(code)), count]),
  ];
  const told = rows.filter(([, count]) => count > 0);
  return (
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
  );
}

import { clockTime, shortly } from '@muster/ui';
import { useId, useState } from 'preact/hooks';

/** A point: a moment in milliseconds, and a value; nothing where there was none. */
export type Point = readonly [at: number, value: number | null];

const WIDTH = 300;
const HEIGHT = 64;

/** Lines between the points that are there; a gap begins a new one. */
function path(points: readonly Point[], x: (at: number) => number, y: (value: number) => number): string {
  let pen = 'M';
  const steps: string[] = [];
  for (const [at, value] of points) {
    if (value === null) pen = 'M';
    else {
      steps.push(`${pen}${x(at).toFixed(1)} ${y(value).toFixed(1)}`);
      pen = 'L';
    }
  }
  return steps.join('');
}

const SMALL = { width: 72, height: 20 };

/** The course of a figure in a row of a table: a line beside the number that says it in words. */
export function Course({ points }: { points: readonly Point[] }) {
  const [first, last] = [points[0]?.[0] ?? 0, points.at(-1)?.[0] ?? 0];
  const most = Math.max(...points.map(([, value]) => value ?? 0), 1);
  const x = (at: number) => ((at - first) / Math.max(1, last - first)) * SMALL.width;
  const y = (value: number) => SMALL.height - 1 - (value / most) * (SMALL.height - 2);
  return (
    <svg class="course" viewBox={`0 0 ${SMALL.width} ${SMALL.height}`} preserveAspectRatio="none" aria-hidden="true">
      <path d={path(points, x, y)} />
    </svg>
  );
}

/** The course of a figure, as a line over a shade; what is pointed at is told in words. */
export function Plot({
  points,
  label,
  unit,
  span,
}: {
  points: readonly Point[];
  label: string;
  unit: string;
  span: number;
}) {
  const id = useId();
  const [pointed, setPointed] = useState<Point>();
  const end = points.at(-1)?.[0] ?? 0;
  const most = Math.max(...points.map(([, value]) => value ?? 0), 0);
  const top = most > 0 ? most * 1.1 : 1;
  const x = (at: number) => WIDTH - ((end - at) / span) * WIDTH;
  const y = (value: number) => HEIGHT - 2 - (value / top) * (HEIGHT - 6);
  const line = path(points, x, y);
  const there = points.filter(([, value]) => value !== null);
  const [first, last] = [there[0], there.at(-1)];
  const area =
    first && last && there.length === points.length ? `${line}L${x(last[0])} ${HEIGHT}L${x(first[0])} ${HEIGHT}Z` : '';
  const point = (event: PointerEvent) => {
    const { left, width } = (event.currentTarget as SVGElement).getBoundingClientRect();
    const at = end - (1 - (event.clientX - left) / width) * span;
    setPointed(
      there.reduce<Point | undefined>(
        (near, one) => (!near || Math.abs(one[0] - at) < Math.abs(near[0] - at) ? one : near),
        undefined,
      ),
    );
  };
  const shown = pointed?.[1];
  return (
    <figure class="plot">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-labelledby={id}
        onPointerMove={point}
        onPointerLeave={() => setPointed(undefined)}
      >
        <title id={id}>{label}</title>
        {area && <path class="area" d={area} />}
        <path class="curve" d={line} />
        {pointed && <path class="pointer" d={`M${x(pointed[0])} 0V${HEIGHT}`} />}
      </svg>
      <figcaption class="hint number">
        {pointed && typeof shown === 'number'
          ? `${clockTime(pointed[0])}  ${shortly(shown)} ${unit}`
          : `≤ ${shortly(most)} ${unit}`}
      </figcaption>
    </figure>
  );
}

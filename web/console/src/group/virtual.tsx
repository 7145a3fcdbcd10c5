import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

/** Rows beyond those that are seen, so that a quick glance finds them drawn. */
const SPARE = 8;
/** Browsers lay nothing out beyond some 17 to 33 million pixels; a longer list is scrolled in proportion. */
const MOST_PIXELS = 15_000_000;

/** The rows to draw, and where the first of them stands. */
interface Window {
  first: number;
  last: number;
  top: number;
}

function windowOf(scroller: HTMLElement, count: number, row: number): Window {
  const { scrollTop, clientHeight } = scroller;
  const whole = count * row;
  const height = Math.min(whole, MOST_PIXELS);
  const reach = Math.max(1, height - clientHeight);
  // Where the view stands among all rows, in pixels of a list that were laid out as a whole.
  const offset = whole > height ? (scrollTop / reach) * (whole - clientHeight) : scrollTop;
  const first = Math.max(0, Math.floor(offset / row) - SPARE);
  const last = Math.min(count - 1, Math.ceil((offset + clientHeight) / row) + SPARE);
  return { first, last, top: scrollTop - (offset - first * row) };
}

/** A list of any length, of which those rows are in the document that are seen. Rows have one height, `row` pixels. */
export function VirtualList({
  count,
  row,
  label,
  onLook,
  children,
}: {
  count: number;
  row: number;
  label: string;
  /** Told which rows are drawn. */
  onLook: (first: number, last: number) => void;
  children: (index: number) => ComponentChildren;
}) {
  const scroller = useRef<HTMLDivElement>(null);
  const [shown, setShown] = useState<Window>({ first: 0, last: -1, top: 0 });
  const look = () => {
    if (!scroller.current) return;
    const next = windowOf(scroller.current, count, row);
    setShown((held) => (held.first === next.first && held.last === next.last && held.top === next.top ? held : next));
  };
  useLayoutEffect(look, [count, row]);
  useEffect(() => {
    if (shown.last >= shown.first) onLook(shown.first, shown.last);
  }, [shown, onLook]);
  useEffect(() => {
    if (!scroller.current) return;
    const seen = new ResizeObserver(look);
    seen.observe(scroller.current);
    return () => seen.disconnect();
  });
  const indexes = Array.from({ length: Math.max(0, shown.last - shown.first + 1) }, (_, at) => shown.first + at);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <div ref={scroller} class="virtual" onScroll={look} tabIndex={0}>
      <ul aria-label={label} style={{ height: `${Math.min(count * row, MOST_PIXELS)}px` }}>
        {indexes.map((index, at) => (
          <li
            key={index}
            style={{ transform: `translateY(${shown.top + at * row}px)`, height: `${row}px` }}
            aria-setsize={count}
            aria-posinset={index + 1}
          >
            {children(index)}
          </li>
        ))}
      </ul>
    </div>
  );
}

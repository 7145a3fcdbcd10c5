// What a screen tells: ids, times, counts, and what it tells when it has nothing, nothing yet, or a failure.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { CallError } from '../call.ts';
import { now } from '../clock.ts';
import { counted, cutMiddle, exactly, relatively } from '../format.ts';
import { useWords } from '../words.ts';
import { Button } from './button.tsx';
import { Icon } from './icon.tsx';
import { partWords } from './parts.words.ts';

const COPIED_MILLIS = 1_500;

/** Copies a text, and says for a moment that it did. */
export function useCopy(): [copied: boolean, copy: (text: string) => void] {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), COPIED_MILLIS);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = (text: string) => {
    void putOnClipboard(text).then(setCopied);
  };
  return [copied, copy];
}

/** Puts a text on the clipboard; over plain HTTP browsers have none but that of a selection. */
async function putOnClipboard(text: string): Promise<boolean> {
  if (navigator.clipboard) {
    return navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
  }
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'unseen';
  document.body.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  return done;
}

/** An id, cut in its middle, that one click copies. Whoever hears the page hears all of it. */
export function CopyId({ value, characters = 20, name = 'ID' }: { value: string; characters?: number; name?: string }) {
  const say = useWords(partWords);
  const [copied, copy] = useCopy();
  const shown = cutMiddle(value, characters);
  return (
    <button type="button" class={copied ? 'id copied' : 'id'} title={value} onClick={() => copy(value)}>
      <span class="cut">{shown}</span>
      <span class="unseen">
        {shown === value ? '' : value} {copied ? say.copied : say.copy(name)}
      </span>
      <Icon name={copied ? 'check' : 'copy'} class="sign" />
    </button>
  );
}

/** A text in a block that one click copies, such as code. */
export function Code({ text }: { text: string }) {
  const say = useWords(partWords);
  const [copied, copy] = useCopy();
  return (
    <div class="code">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
      <pre tabIndex={0}>{text}</pre>
      <Button kind="quiet" icon={copied ? 'check' : 'copy'} onClick={() => copy(text)}>
        {copied ? say.copied : say.copyText}
      </Button>
    </div>
  );
}

/** A moment, as how long ago it is. */
export function Ago({ at }: { at: number }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={exactly(at)}>
      {relatively(at, Math.max(now.value, at))}
    </time>
  );
}

/** A number with separators, and its unit in a lighter tone. */
export function Count({ value, unit }: { value: number; unit?: string }) {
  return (
    <span class="number">
      {counted(value)}
      {unit && <span class="unit"> {unit}</span>}
    </span>
  );
}

/** Rows in the place of those that are on their way, of their height. */
export function Skeleton({ rows = 6 }: { rows?: number }) {
  const say = useWords(partWords);
  return (
    <div class="skeleton" role="status" aria-label={say.loading}>
      {Array.from({ length: rows }, (_, row) => (
        <span key={row} style={{ '--nth': (row * 5) % 7 }} />
      ))}
    </div>
  );
}

/** Where a list has nothing: what that means, and how the first one is made. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** What happened, the id of the request, and another try. */
export function Failure({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const say = useWords(partWords);
  const known = error instanceof CallError ? error : undefined;
  const what = known ? (known.code === 'Unreachable' ? say.unreachable : known.message) : say.internal;
  return (
    <div class="failure" role="alert">
      <p class="what">
        {known && known.status > 0 && <b>{known.code} </b>}
        {what}
        {known?.requestId && (
          <>
            {' '}
            <span class="unit">{say.request}</span>{' '}
            <CopyId value={known.requestId} name={say.request} characters={36} />
          </>
        )}
      </p>
      {onRetry && <Button onClick={onRetry}>{say.retry}</Button>}
    </div>
  );
}

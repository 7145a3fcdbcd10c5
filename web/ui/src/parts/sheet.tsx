import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { useWords } from '../words.ts';
import { Button } from './button.tsx';
import { partWords } from './parts.words.ts';

/** What floats over the page: Escape, its button and a click beside it close it. */
export function Sheet({
  title,
  onClose,
  children,
}: {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
}) {
  const say = useWords(partWords);
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape does the same
    <dialog
      ref={dialog}
      class="sheet"
      aria-labelledby={id}
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <div class="stack">
        <div class="line">
          <h2 id={id} class="grow">
            {title}
          </h2>
          <Button kind="quiet" icon="close" label={say.close} onClick={onClose} />
        </div>
        {children}
      </div>
    </dialog>
  );
}

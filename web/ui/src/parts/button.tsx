import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useWords } from '../words.ts';
import { Icon, type IconName } from './icon.tsx';
import { partWords } from './parts.words.ts';

interface Look {
  /** `main` is the one that a screen is for; there is at most one. */
  kind?: 'main' | 'danger' | 'quiet' | 'quiet danger';
  icon?: IconName;
  /** What it is called when it shows a sign alone. */
  label?: string;
  disabled?: boolean;
  children?: ComponentChildren;
}

const classes = (...names: (string | false | undefined)[]): string => names.filter(Boolean).join(' ');

/** Does something at one click. */
export function Button({
  kind,
  icon,
  label,
  disabled,
  children,
  submit,
  pressed,
  onClick,
}: Look & { submit?: boolean; pressed?: boolean; onClick?: () => void }) {
  return (
    <button
      type={submit ? 'submit' : 'button'}
      class={classes('button', kind, !children && 'icon')}
      disabled={disabled ?? false}
      {...(label ? { 'aria-label': label, title: label } : {})}
      {...(pressed === undefined ? {} : { 'aria-pressed': pressed })}
      {...(onClick ? { onClick } : {})}
    >
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

const ASKED_MILLIS = 4_000;

/** Does what cannot be undone: at a second click on the same place, soon after the first. */
export function ConfirmButton({
  kind = 'danger',
  icon,
  label,
  disabled,
  children,
  onConfirm,
}: Look & { onConfirm: () => void }) {
  const say = useWords(partWords);
  const [asked, setAsked] = useState(false);
  useEffect(() => {
    if (!asked) return;
    const timer = setTimeout(() => setAsked(false), ASKED_MILLIS);
    return () => clearTimeout(timer);
  }, [asked]);
  const click = () => {
    setAsked(!asked);
    if (asked) onConfirm();
  };
  return (
    <button
      type="button"
      class={classes('button', asked ? 'danger asked' : kind, !children && !asked && 'icon')}
      disabled={disabled ?? false}
      {...(label ? { 'aria-label': asked ? `${label}: ${say.again}` : label, title: label } : {})}
      onClick={click}
      onBlur={() => setAsked(false)}
    >
      {icon && <Icon name={icon} />}
      {asked ? say.again : children}
    </button>
  );
}

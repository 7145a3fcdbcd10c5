import { MadeCall } from '@muster/ui';
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import { madeAt } from './made.ts';

/** A step on the way to a screen. */
export interface Crumb {
  text: string;
  href: string;
}

/** A screen: its title row with the way to it and what it is for, and its content. */
export function Screen({
  title,
  crumbs = [],
  action,
  wide,
  children,
}: {
  title: string;
  crumbs?: readonly Crumb[];
  action?: ComponentChildren;
  /** Fills the height, and scrolls in its parts. */
  wide?: boolean;
  children: ComponentChildren;
}) {
  const made = madeAt(useLocation().path);
  useEffect(() => {
    document.title = `${title} · Muster`;
  }, [title]);
  return (
    <div class={wide ? 'screen wide' : 'screen'}>
      <div class="title-row">
        <div class="grow">
          {crumbs.length > 0 && (
            <nav class="crumbs" aria-label={title}>
              {crumbs.map(({ text, href }) => (
                <a key={href} href={href}>
                  {text}
                </a>
              ))}
            </nav>
          )}
          <h1 class="cut">{title}</h1>
        </div>
        {action}
        {made && (
          <div class="whole">
            <MadeCall made={made} />
          </div>
        )}
      </div>
      {children}
    </div>
  );
}

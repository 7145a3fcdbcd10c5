import { useWords } from '@muster/ui';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import { type Said, said } from '../contract/said.ts';
import { type Entry, type Found, found } from '../search/search.ts';
import { words } from './frame.words.ts';

/** Everything, or what a search finds. What is searched for stands in the address. */
export function List({ entries }: { entries: Entry[] }) {
  const say = useWords(words);
  const { path, query, route } = useLocation();
  const searched = query.q ?? '';
  const shown: Found[] = useMemo(
    () => (searched ? found(entries, searched) : entries.map((entry) => ({ entry, by: undefined }))),
    [entries, searched],
  );
  const field = useRef<HTMLInputElement>(null);
  useSlash(() => field.current?.focus());
  const search = (text: string) => {
    const rest = new URLSearchParams(location.search);
    if (text) rest.set('q', text);
    else rest.delete('q');
    route(`${path}${rest.size > 0 ? `?${rest}` : ''}`, true);
  };
  const first = shown[0]?.entry.path;
  return (
    <nav class="list" aria-label={say.operations}>
      <search>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (first) route(withSearch(first, searched));
          }}
        >
          <input
            ref={field}
            class="input"
            type="search"
            aria-label={say.search}
            placeholder={say.searchShort}
            value={searched}
            autoComplete="off"
            spellcheck={false}
            onInput={(event) => search(event.currentTarget.value)}
          />
          <p class="hint" role="status">
            {searched ? (shown.length > 0 ? say.found(shown.length) : say.none) : ''}
          </p>
        </form>
      </search>
      <div class="entries">
        {searched
          ? shown.map((one) => <Line key={one.entry.path} {...one} path={path} searched={searched} />)
          : sections(shown).map(([section, members]) => (
              <section key={section.en}>
                <h2>{said(section)}</h2>
                {members.map((one) => (
                  <Line key={one.entry.path} {...one} path={path} searched="" />
                ))}
              </section>
            ))}
      </div>
    </nav>
  );
}

function Line({ entry, by, path, searched }: Found & { path: string; searched: string }) {
  const say = useWords(words);
  const here = path === entry.path;
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    if (here) link.current?.scrollIntoView({ block: 'nearest' });
  }, [here]);
  return (
    <a
      ref={link}
      class="entry"
      href={withSearch(entry.path, searched)}
      title={said(entry.summary)}
      {...(here ? { 'aria-current': 'page' as const } : {})}
    >
      <span class="cut" lang="en">
        {entry.name}
      </span>
      {by && <span class="hint cut">{say.by(by)}</span>}
    </a>
  );
}

const withSearch = (path: string, searched: string): string =>
  searched ? `${path}?q=${encodeURIComponent(searched)}` : path;

function sections(shown: Found[]): [Said, Found[]][] {
  const all = new Map(shown.map(({ entry }) => [entry.section.en, entry.section]));
  return [...all.values()].map((section) => [section, shown.filter(({ entry }) => entry.section.en === section.en)]);
}

/** Listens to `/` where nothing is typed into. */
function useSlash(act: () => void): void {
  const latest = useRef(act);
  latest.current = act;
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const typing = event.target instanceof HTMLElement && event.target.matches('input, textarea, select');
      if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      latest.current();
    };
    document.addEventListener('keydown', pressed);
    return () => document.removeEventListener('keydown', pressed);
  }, []);
}

import { useWords } from '@muster/ui';
import type { Contract } from '../contract/load.ts';
import { pathOf } from '../search/search.ts';
import { words } from './frame.words.ts';

/** What is here, by what it is about. */
export function Welcome({ contract: { products, realtime } }: { contract: Contract }) {
  const say = useWords(words);
  const operations = products.flatMap((product) => product.operations);
  const tags = [...new Set(operations.map(({ tag }) => tag))];
  return (
    <div class="stack welcome">
      <div class="stack">
        <h1>{say.welcome}</h1>
        <p class="measure">{say.welcomeMore}</p>
        <p class="hint">
          {say.counts(operations.length, Object.keys(realtime.calls).length, Object.keys(realtime.events).length)}
        </p>
      </div>
      <div class="card padded line">
        <p class="grow">{say.realtimeIntro}</p>
        <a class="button main" href="/explorer/realtime">
          {say.openRealtime}
        </a>
      </div>
      {tags.map((tag) => (
        <section key={tag} class="stack">
          <h2 lang="en">{tag}</h2>
          <ul class="index" lang="en">
            {operations
              .filter((operation) => operation.tag === tag)
              .map((operation) => (
                <li key={operation.name}>
                  <a href={pathOf(operation)}>{operation.name}</a>
                  <span class="unit">{operation.summary}</span>
                </li>
              ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

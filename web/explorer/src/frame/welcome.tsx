import { useWords } from '@muster/ui';
import type { Contract } from '../contract/load.ts';
import { said } from '../contract/said.ts';
import { pathOf } from '../search/search.ts';
import { words } from './frame.words.ts';

/** What is here, by what it is about. */
export function Welcome({ contract: { products, realtime } }: { contract: Contract }) {
  const say = useWords(words);
  const operations = products.flatMap((product) => product.operations);
  const tags = [...new Map(operations.map(({ tag }) => [tag.en, tag])).values()];
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
        <section key={tag.en} class="stack">
          <h2>{said(tag)}</h2>
          <ul class="index">
            {operations
              .filter((operation) => operation.tag.en === tag.en)
              .map((operation) => (
                <li key={operation.name}>
                  <a href={pathOf(operation)} lang="en">
                    {operation.name}
                  </a>
                  <span class="unit">{said(operation.summary)}</span>
                </li>
              ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

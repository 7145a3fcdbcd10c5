import { useWords } from '@muster/ui';
import type { DocumentedError } from '../contract/operation.ts';
import { said } from '../contract/said.ts';
import { words } from './operation.words.ts';

/** The documented errors, with what causes each. */
export function Errors({ own, common }: { own: DocumentedError[]; common: DocumentedError[] }) {
  const say = useWords(words);
  return (
    <>
      {own.length > 0 && <Table title={say.own} errors={own} />}
      <details>
        <summary>{say.common}</summary>
        <Table title={say.common} errors={common} />
      </details>
    </>
  );
}

function Table({ title, errors }: { title: string; errors: DocumentedError[] }) {
  const say = useWords(words);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <section class="card scroll" tabIndex={0} aria-label={title}>
      <table class="table errors">
        <thead>
          <tr>
            <th class="number">{say.status}</th>
            <th>{say.errorCode}</th>
            <th>{say.cause}</th>
          </tr>
        </thead>
        <tbody>
          {errors.map(({ status, code, when, message }) => (
            <tr key={`${code} ${message}`}>
              <td class="number">{status}</td>
              <td>
                <code>{code}</code>
              </td>
              <td>{said(when) || message}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

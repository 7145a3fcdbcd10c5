import { Button, counted, Empty, Failure, type Loaded, Skeleton, useWords } from '@muster/ui';
import type { ComponentChildren } from 'preact';
import { words } from './frame.words.ts';

/** A column of a list. */
export interface Column<Row> {
  /** What stands above it; nothing stands above what is done to a row. */
  head?: string;
  /** Counts and what is done stand at the right, and so do moments, which are quieter. */
  kind?: 'number' | 'moment' | 'mono';
  cell: (row: Row) => ComponentChildren;
}

const CLASSES = { number: 'number', moment: 'number unit', mono: 'mono' };

/** The card of a list: while it is read, when it cannot be, when it is empty, and the list itself as a table. */
export function Listed<Row>({
  loaded,
  rows,
  none,
  more,
  ...table
}: {
  /** How far the list is read, if it is read here. */
  loaded?: Pick<Loaded<unknown>, 'error' | 'reload'>;
  rows: readonly Row[] | undefined;
  /** What an empty list says, and why it is empty. */
  none: string;
  more?: string | false;
  columns: readonly (Column<Row> | false)[];
  keyOf: (row: Row) => string | number;
  /** Whether the rows lead to screens of their own. */
  linked?: boolean;
}) {
  const error = loaded?.error;
  return (
    <>
      {error !== undefined && <Failure error={error} {...(loaded && { onRetry: loaded.reload })} />}
      <div class="card scroll">
        {!rows && error === undefined && <Skeleton />}
        {rows?.length === 0 && <Empty title={none}>{more && <p>{more}</p>}</Empty>}
        {rows && rows.length > 0 && <Table rows={rows} {...table} />}
      </div>
    </>
  );
}

function Table<Row>({
  rows,
  columns: all,
  keyOf,
  linked = false,
}: {
  rows: readonly Row[];
  columns: readonly (Column<Row> | false)[];
  keyOf: (row: Row) => string | number;
  linked?: boolean;
}) {
  const columns = all.filter((column) => column !== false);
  return (
    <table class={linked ? 'table linked' : 'table'}>
      <thead>
        <tr>
          {columns.map(({ head, kind }) =>
            head === undefined ? (
              <td key="actions" />
            ) : (
              <th key={head} {...(kind && kind !== 'mono' && { class: 'number' })}>
                {head}
              </th>
            ),
          )}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={keyOf(row)}>
            {columns.map(({ head, kind, cell }) => (
              <td key={head ?? 'actions'} {...(kind && { class: CLASSES[kind] })}>
                {cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Turns the pages of a list, if there are several. */
export function Pager({ page, pages, onTurn }: { page: number; pages: number; onTurn: (page: number) => void }) {
  const say = useWords(words);
  if (pages <= 1) return null;
  return (
    <div class="line pager">
      <Button icon="left" label={say.before} disabled={page <= 1} onClick={() => onTurn(page - 1)} />
      <span class="number">{say.page(counted(page), counted(pages))}</span>
      <Button icon="right" label={say.after} disabled={page >= pages} onClick={() => onTurn(page + 1)} />
    </div>
  );
}

// A policy in words: what each statement allows or denies.

/** A statement as its author wrote it. */
export interface Statement {
  denies: boolean;
  /** Whether it is about all actions but those named. */
  allBut: boolean;
  actions: string[];
  resources: string[];
  /** Each condition as `operator key value`. */
  conditions: string[];
}

const list = (value: unknown): string[] =>
  Array.isArray(value) ? value.map(String) : value === undefined ? [] : [String(value)];

/** The statements of a document; `undefined` when it cannot be read as one. The server has the last word on whether it is one. */
export function statementsOf(document: string): Statement[] | undefined {
  let read: unknown;
  try {
    read = JSON.parse(document);
  } catch {
    return undefined;
  }
  const statements = (read as { Statement?: unknown } | null)?.Statement;
  if (!Array.isArray(statements)) return undefined;
  return statements.map((one: Record<string, unknown>) => ({
    denies: one.Effect === 'Deny',
    allBut: one.NotAction !== undefined,
    actions: list(one.Action ?? one.NotAction),
    resources: list(one.Resource),
    conditions: Object.entries((one.Condition ?? {}) as Record<string, Record<string, unknown>>).flatMap(
      ([operator, keys]) => Object.entries(keys).map(([key, value]) => `${key} ${operator} ${list(value).join(', ')}`),
    ),
  }));
}

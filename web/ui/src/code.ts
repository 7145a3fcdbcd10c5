// A call that a page has made, as code to paste.
import type { Api, Made } from './call.ts';
import type { WrittenCall } from './samples/written.ts';

export const VERSIONS: Readonly<Record<keyof Api, string>> = {
  live: '2016-11-01',
  cams: '2020-06-06',
  sts: '2015-04-01',
};

/** A call as code needs it. */
export type Callable = Pick<Made, 'product' | 'action' | 'parameters'>;

/** What is sent for a value. */
export const sent = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** A call of this server's as programs write it; `origin` is the server's address. */
export function written({ product, action, parameters }: Callable, origin: string): WrittenCall {
  const { protocol, host } = new URL(origin);
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== null);
  return {
    name: action,
    version: VERSIONS[product],
    method: 'POST',
    endpoint: { scheme: protocol === 'https:' ? 'https' : 'http', authority: host },
    texts: given.map(([name, value]): [string, string] => [name, sent(value)]),
    format: 'JSON',
  };
}

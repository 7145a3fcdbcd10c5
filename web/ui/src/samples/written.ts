// A call as programs write it: its values are the texts that travel.

export interface Endpoint {
  scheme: 'http' | 'https';
  /** The host, and the port when it is not the scheme's own. */
  authority: string;
}

/** What an answer is written in. */
export type Format = 'JSON' | 'XML';

export interface WrittenCall {
  /** The operation. */
  name: string;
  version: string;
  method: 'GET' | 'POST';
  endpoint: Endpoint;
  /** Names and texts of all parameters. */
  texts: [name: string, text: string][];
  /** What the answer is asked for in. `XML` stands among the parameters too, since it travels as they do. */
  format: Format;
}

/** What a runtime is told to read the answer as: an object made of JSON, or the text as it came. */
export const bodyType = ({ format }: Pick<WrittenCall, 'format'>): string => (format === 'XML' ? 'string' : 'json');

/** The parameters as a form or a query, in the encoding that signatures are made over, ordered by name. */
export function encoded({ texts }: WrittenCall): string {
  const pairs = texts.map(([name, text]) => `${percent(name)}=${percent(text)}`);
  return pairs.sort((one, other) => (one < other ? -1 : 1)).join('&');
}

/** Percent-encoding that leaves letters, digits and `-_.~` alone. */
function percent(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}

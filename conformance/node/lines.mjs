// Requests and answers as lines of JSON on standard input and output.
import { createInterface } from 'node:readline';

export function write(message) {
  process.stdout.write(JSON.stringify(message) + '\n');
}

/** Answers every line with what `handle` returns; `describe` turns what it throws into the fields of an error. */
export function serve(handle, describe) {
  createInterface({ input: process.stdin }).on('line', async (line) => {
    const request = JSON.parse(line);
    try {
      write({ id: request.id, result: (await handle(request)) ?? null });
    } catch (error) {
      write({ id: request.id, error: describe(error) });
    }
  }).on('close', () => process.exit(0));
}

/** One client per server and key: the clients keep their connections. */
export function keeper(make) {
  const kept = new Map();
  return (request) => {
    const name = [request.scheme, request.authority, request.accessKeyId, request.accessKeySecret, request.version].join(' ');
    if (!kept.has(name)) kept.set(name, make(request));
    return kept.get(name);
  };
}

// Commands as code to paste: as a line of the command line, and as the requests that this page makes.
import type { Command } from './command.ts';

/** A word of a POSIX shell. */
const word = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

/** What a flag of a command becomes; `undefined` is left out. */
type Said = readonly (string | undefined)[];

/** A text that a command reads from standard input, as a here-document that ends at a line of its own. */
function read(text: string): string {
  let end = 'END';
  while (text.split('\n').includes(end)) end += '_';
  return ` <<'${end}'\n${text.replace(/\n$/, '')}\n${end}`;
}

const line = (...said: Said): string =>
  ['muster', ...said.filter((one): one is string => one !== undefined).map(word)].join(' ');

/** What begins with a hyphen is a value all the same. */
const after = (...values: string[]): string[] =>
  values.some((value) => value.startsWith('-')) ? ['--', ...values] : values;

/** A command as one gives it at the command line. */
export function commandLine(command: Command): string {
  const [[noun, verb]] = Object.entries(command) as [[string, string | Record<string, Record<string, unknown>>]];
  const name = noun.toLowerCase();
  if (typeof verb === 'string') return line(name, verb.toLowerCase());
  const [[deed, given]] = Object.entries(verb) as [[string, Record<string, unknown>]];
  return withValues(name, deed.toLowerCase(), given);
}

const text = (value: unknown): string => (value === null || value === undefined ? '' : String(value));

function withValues(noun: string, deed: string, given: Record<string, unknown>): string {
  const { document, max_session, part, ...rest } = given;
  switch (`${noun} ${deed}`) {
    case 'key add':
      return rest.root ? line(noun, deed, '--root') : line(noun, deed, ...after(text(rest.user)));
    case 'policy put':
      return line(noun, deed, ...after(text(rest.name)), '-') + read(text(document));
    case 'role add':
    case 'role update': {
      const trust = typeof document === 'string' ? ['--trust', '-'] : [];
      const session = max_session ? ['--max-session', text(max_session)] : [];
      const said = line(noun, deed, ...trust, ...session, ...after(text(rest.name)));
      return typeof document === 'string' ? said + read(document) : said;
    }
    case 'number add':
      return line(noun, deed, '--channel', text(rest.channel), ...after(text(rest.digits)));
    case 'callbacks list': {
      const { page, size } = part as { page: number; size: number };
      return line(noun, deed, rest.owed ? '--owed' : undefined, '--page', text(page), '--size', text(size));
    }
    default:
      return line(noun, deed, ...after(...Object.values(rest).flat().map(text)));
  }
}

/** Commands as requests with curl in a POSIX shell: a session, and a request each. The secret is read from the environment. */
export function commandRequests(commands: readonly Command[], endpoint: string, accessKeyId: string): string {
  const api = `${endpoint}/console/api`;
  const requests = commands.map(
    (command) =>
      `curl -b "$jar" -H "x-muster-csrf: $csrf" -H "$json" ${word(`${api}/command`)} --data ${quoted(JSON.stringify(command))}`,
  );
  return `jar=$(mktemp); secret="$ALIBABA_CLOUD_ACCESS_KEY_SECRET"; json='content-type: application/json'
csrf=$(printf '{"accessKeyId":"%s","accessKeySecret":"%s"}' ${word(accessKeyId)} "$secret" |
  curl -s -c "$jar" -H "$json" ${word(`${api}/session`)} --data @- | sed 's/.*"csrf":"\\([^"]*\\)".*/\\1/')
${requests.join('\n')}
rm "$jar"`;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

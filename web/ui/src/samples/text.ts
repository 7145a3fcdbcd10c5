// Texts as programs write them.

/** In double quotes, as JavaScript, Java, Go, Python and C# read it alike. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}

/** In single quotes, as shells read it. */
export function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** In single quotes, as JavaScript reads it. */
export function singleQuoted(text: string): string {
  return `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

/** In single quotes, as PHP reads it. */
export function phpQuoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/** As Rust reads it. */
export function rustQuoted(text: string): string {
  return JSON.stringify(text)
    .replaceAll(/\\[bf]/g, (mark) => (mark === '\\b' ? '\\u{8}' : '\\u{c}'))
    .replaceAll(/\\u([0-9a-f]{4})/g, '\\u{$1}');
}

/** A name of the wire as Python writes names: `GroupId` is `group_id`. */
export function snake(name: string): string {
  return name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toLowerCase();
}

/** Lines with so many spaces before each. */
export function indented(lines: string[], spaces: number): string[] {
  return lines.map((line) => (line === '' ? '' : ' '.repeat(spaces) + line));
}

export function lines(...parts: (string | string[])[]): string {
  return `${parts.flat().join('\n')}\n`;
}

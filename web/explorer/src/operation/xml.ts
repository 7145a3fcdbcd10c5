// Answers in XML: elements of one name, which are a list, and elements of names of their own, which are members.

/** What an answer says, as JSON would, and its text with an element a line; nothing where it is no XML. */
export function readXml(text: string): { body: unknown; lines: string } | undefined {
  const document = new DOMParser().parseFromString(text, 'text/xml');
  if (document.querySelector('parsererror')) return undefined;
  const { documentElement } = document;
  return { body: contentOf(documentElement), lines: linesOf(documentElement, 0).join('\n') };
}

function contentOf(element: Element): unknown {
  const members = [...element.children];
  if (members.length === 0) return element.textContent;
  const names = [...new Set(members.map(({ tagName }) => tagName))];
  return Object.fromEntries(
    names.map((name) => {
      const values = members.filter(({ tagName }) => tagName === name).map(contentOf);
      return [name, values.length > 1 ? values : values[0]];
    }),
  );
}

function linesOf(element: Element, depth: number): string[] {
  const before = '  '.repeat(depth);
  const members = [...element.children];
  if (members.length === 0) return [`${before}${new XMLSerializer().serializeToString(element)}`];
  const within = members.flatMap((member) => linesOf(member, depth + 1));
  return [`${before}<${element.tagName}>`, ...within, `${before}</${element.tagName}>`];
}

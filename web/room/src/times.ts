/** Times as they are where the reader is. The server writes them in UTC. */

/** How the reader has the language of the page: British times, say, in English. */
export function spoken(language: string, wanted: readonly string[]): string {
  const [primary] = language.split('-');
  return wanted.find((one) => one.split('-')[0] === primary) ?? language;
}

/** Shows a moment, with the whole of it on demand. */
export function showTime(time: HTMLTimeElement, language: string): void {
  const at = new Date(time.dateTime);
  time.textContent = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit' }).format(at);
  time.title = new Intl.DateTimeFormat(language, { dateStyle: 'full', timeStyle: 'medium' }).format(at);
}

/** The day of a moment, as it is called on another one. */
export function dayOf(at: Date, now: Date, language: string): string {
  const days = Math.round((midnight(now) - midnight(at)) / 86_400_000);
  if (days === 0 || days === 1) return new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(-days, 'day');
  const year = at.getFullYear() === now.getFullYear() ? undefined : ('numeric' as const);
  const form = { weekday: 'long', day: 'numeric', month: 'long', ...(year && { year }) } as const;
  return new Intl.DateTimeFormat(language, form).format(at);
}

/** Puts a line before the first message of each day in a list, and takes away those that stand elsewhere. What is right stays. */
export function markDays(list: Element, language: string): void {
  const now = new Date();
  let last = now;
  let mark: Element | undefined;
  for (const line of [...list.children]) {
    if (line.className === 'day') {
      mark?.remove();
      mark = line;
      continue;
    }
    const time = line.querySelector('time');
    if (!time) continue;
    const at = new Date(time.dateTime);
    if (isSameDay(last, at)) mark?.remove();
    else {
      mark ??= line.ownerDocument.createElement('li');
      mark.className = 'day';
      const text = dayOf(at, now, language);
      if (mark.textContent !== text) mark.textContent = text;
      if (line.previousElementSibling !== mark) line.before(mark);
    }
    mark = undefined;
    last = at;
  }
  mark?.remove();
}

/** Whether two moments are of one day. */
export function isSameDay(one: Date, other: Date): boolean {
  return midnight(one) === midnight(other);
}

function midnight(at: Date): number {
  return new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
}

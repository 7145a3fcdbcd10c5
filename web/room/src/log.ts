/** What is said, in a box that begins at its end. Nothing moves under the eyes of whoever reads further up. */

import { dayOf, isSameDay, showTime, spoken } from './times.ts';

/** How far from the end still counts as there, in pixels. */
const AT_END = 80;

export class Log {
  private readonly language: string;
  /** Whether the reader is taken to the end by what comes next, wherever they are. */
  private following = false;
  private last: Date | undefined;

  constructor(
    private readonly box: HTMLElement,
    private readonly list: HTMLElement,
    private readonly newer: HTMLElement,
  ) {
    this.language = spoken(box.ownerDocument.documentElement.lang, navigator.languages);
    for (const line of [...list.children]) this.dress(line);
    box.addEventListener('scroll', () => {
      if (this.isAtEnd()) newer.hidden = true;
    });
    newer.addEventListener('click', () => this.toEnd());
    box.addEventListener('error', ({ target }) => target instanceof HTMLImageElement && putInWords(target), true);
    for (const image of box.querySelectorAll('img')) {
      if (image.complete && image.naturalWidth === 0) putInWords(image);
    }
  }

  /** The next lines are the reader's own. */
  follow(): void {
    this.following = true;
  }

  /** Adds lines. */
  add(html: string): void {
    const lines = elements(this.box.ownerDocument, html).filter(({ id }) => !this.box.ownerDocument.getElementById(id));
    if (lines.length === 0) return;
    const stays = !this.following && !this.isAtEnd();
    const height = this.box.scrollHeight;
    for (const line of lines) {
      this.list.append(line);
      this.dress(line);
    }
    if (stays) {
      // The box counts from its end: what is added there pushes the rest up.
      this.box.scrollTop -= this.box.scrollHeight - height;
      this.newer.hidden = false;
    } else this.toEnd();
    this.following = false;
  }

  /** Changes the signs at a message, if it is here. */
  sign(id: string, html: string): void {
    const signs = this.box.ownerDocument.getElementById(`m-${id}`)?.querySelector('.signs');
    if (signs) signs.innerHTML = html;
  }

  /** Leads to a message. */
  point(id: string): void {
    const line = this.box.ownerDocument.getElementById(id);
    if (!line) return;
    line.scrollIntoView({ block: 'center' });
    line.focus({ preventScroll: true });
    line.classList.remove('told');
    line.ownerDocument.defaultView?.requestAnimationFrame(() => line.classList.add('told'));
  }

  private isAtEnd(): boolean {
    return Math.abs(this.box.scrollTop) < AT_END;
  }

  private toEnd(): void {
    this.box.scrollTop = 0;
    this.newer.hidden = true;
  }

  /** Times as they are here, and a line before the first of a day. */
  private dress(line: Element): void {
    const time = line.querySelector('time');
    if (!time) return;
    showTime(time, this.language);
    const at = new Date(time.dateTime);
    const now = new Date();
    if (!isSameDay(this.last ?? now, at)) {
      const day = this.box.ownerDocument.createElement('li');
      day.className = 'day';
      day.textContent = dayOf(at, now, this.language);
      line.before(day);
    }
    this.last = at;
  }
}

/** What a picture that cannot be had shows, in its place. */
function putInWords(image: HTMLImageElement): void {
  const words = image.ownerDocument.createElement('span');
  words.className = 'broken';
  words.textContent = image.alt;
  image.replaceWith(words);
}

function elements(page: Document, html: string): Element[] {
  const template = page.createElement('template');
  template.innerHTML = html;
  return [...template.content.children];
}

/**
 * What is said, in a box that begins at its end. Nothing moves under the eyes of whoever reads further up, and the page holds
 * a part of the conversation: what is far from the reader is let go, and had again when they come near.
 */

import { Ends } from './ends.ts';
import { markDays, showTime, spoken } from './times.ts';

/** How far from the end still counts as there, in pixels. */
const AT_END = 80;
/** Lines that a page holds, at most, when one part was added to it. */
const HELD = 300;

/** A part of the conversation, as the server tells it to a page; places are numbers that rise. */
export interface Part {
  /** HTML of its making, in which what people wrote is escaped. */
  lines: string;
  /** The place before which there is more; none at the beginning. */
  earlier: number | null;
  /** The place after which there is more; none at the end. */
  later: number | null;
  /** Where its last message stands. */
  last: number;
}

/** Has a part by a query: `before=…` or `after=…` a place, or `at=…` a message. None, if it cannot be had now. */
export type Parts = (query: string) => Promise<Part | undefined>;

export class Log {
  private readonly language: string;
  private readonly ends: Ends;
  /** Whether the reader is taken to the end by what comes next, wherever they are. */
  private following = false;

  constructor(
    private readonly page: Document,
    private readonly box: HTMLElement,
    private readonly list: HTMLElement,
    private readonly newer: HTMLElement,
    private readonly parts: Parts,
  ) {
    this.language = spoken(page.documentElement.lang, navigator.languages);
    this.ends = new Ends(page, box, (end) => this.extend(end));
    for (const line of list.children) this.dress(line);
    this.mark();
    box.addEventListener('scroll', () => {
      if (this.isAtEnd() && this.ends.later === undefined) newer.hidden = true;
    });
    newer.addEventListener('click', () => void this.toEnd());
    box.addEventListener('error', ({ target }) => target instanceof HTMLImageElement && putInWords(target), true);
    for (const image of box.querySelectorAll('img')) {
      if (image.complete && image.naturalWidth === 0) putInWords(image);
    }
  }

  /** The next lines are the reader's own. */
  follow(): void {
    this.following = true;
  }

  /** Adds lines that are new. */
  add(html: string): void {
    const lines = this.fresh(html);
    if (lines.length === 0) return;
    const { following } = this;
    this.following = false;
    const reading = !following && !this.isAtEnd();
    if (reading && this.ends.later === undefined && this.list.children.length + lines.length > HELD) {
      this.ends.later = placeOf(this.list, 'last');
    }
    if (this.ends.later !== undefined) {
      if (following) void this.toEnd();
      else this.newer.hidden = false;
      return;
    }
    this.put(lines, 'later', reading);
    if (reading) this.newer.hidden = false;
    else void this.toEnd();
  }

  /** Changes the signs at a message, if it is here. */
  sign(id: string, html: string): void {
    const signs = this.page.getElementById(`m-${id}`)?.querySelector('.signs');
    if (signs) signs.innerHTML = html;
  }

  /** Leads to a message. */
  async point(id: string): Promise<void> {
    if (!this.page.getElementById(id)) await this.replace(`at=${id.slice('m-'.length)}`);
    const line = this.page.getElementById(id);
    if (!line) return;
    line.scrollIntoView({ block: 'center' });
    line.focus({ preventScroll: true });
    line.classList.remove('told');
    this.page.defaultView?.requestAnimationFrame(() => line.classList.add('told'));
  }

  /** Adds what lies beyond an end. */
  private async extend(end: 'earlier' | 'later'): Promise<boolean> {
    const place = this.ends[end];
    if (place === undefined) return true;
    const part = await this.parts(end === 'earlier' ? `before=${place}` : `after=${place}`);
    // Meanwhile the page may have gone elsewhere.
    if (!part || this.ends[end] !== place) return part !== undefined;
    this.ends[end] = part[end] ?? undefined;
    this.quietly(() => this.put(this.fresh(part.lines), end, end === 'later'));
    if (end === 'later') this.meet(part);
    return true;
  }

  /** Shows another part in the place of what is here. */
  private async replace(query: string): Promise<boolean> {
    const part = await this.parts(query);
    if (!part) return false;
    this.quietly(() => {
      this.list.replaceChildren();
      this.put(this.fresh(part.lines), 'later', false);
    });
    this.ends.earlier = part.earlier ?? undefined;
    this.ends.later = part.later ?? undefined;
    this.meet(part);
    return true;
  }

  /** What was new while a part was asked for, and was not added, lies after it. */
  private meet({ later, last }: Part): void {
    if (later === null && Number(this.list.dataset.after) > last) this.ends.later = last;
  }

  private async toEnd(): Promise<void> {
    if (this.ends.later !== undefined && !(await this.replace(`before=${Number(this.list.dataset.after) + 1}`))) return;
    this.box.scrollTop = 0;
    this.newer.hidden = true;
  }

  /** Puts lines at an end, and lets go what is too much at the other. The box counts from its end. */
  private put(lines: Element[], end: 'earlier' | 'later', stays: boolean): void {
    const { box, list } = this;
    for (const line of lines) this.dress(line);
    const height = box.scrollHeight;
    if (end === 'earlier') list.prepend(...lines);
    else list.append(...lines);
    this.mark();
    if (end === 'later' && stays) box.scrollTop -= box.scrollHeight - height;
    if (list.children.length <= HELD) return;
    const held = box.scrollHeight;
    while (list.children.length > HELD) (end === 'earlier' ? list.lastElementChild : list.firstElementChild)?.remove();
    this.mark();
    if (end === 'earlier') {
      box.scrollTop += held - box.scrollHeight;
      this.ends.later = placeOf(list, 'last');
    } else this.ends.earlier = placeOf(list, 'first');
  }

  /** Changes what is here without a word to those who hear the page: it was said long ago. */
  private quietly(change: () => void): void {
    this.box.ariaLive = 'off';
    change();
    this.page.defaultView?.requestAnimationFrame(() => {
      this.box.ariaLive = 'polite';
    });
  }

  private isAtEnd(): boolean {
    return Math.abs(this.box.scrollTop) < AT_END;
  }

  /** The lines of HTML that are not here. */
  private fresh(html: string): Element[] {
    const template = this.page.createElement('template');
    template.innerHTML = html;
    return [...template.content.children].filter(({ id }) => !this.page.getElementById(id));
  }

  private mark(): void {
    markDays(this.list, this.language);
  }

  /** Times as they are here. */
  private dress(line: Element): void {
    const time = line.querySelector('time');
    if (time) showTime(time, this.language);
  }
}

/** Where the first or the last message of a list stands. */
function placeOf(list: HTMLElement, which: 'first' | 'last'): number | undefined {
  const lines = list.querySelectorAll<HTMLElement>('[data-place]');
  const line = lines[which === 'first' ? 0 : lines.length - 1];
  return line ? Number(line.dataset.place) : undefined;
}

/** What a picture that cannot be had shows, in its place. */
function putInWords(image: HTMLImageElement): void {
  const words = image.ownerDocument.createElement('span');
  words.className = 'broken';
  words.textContent = image.alt;
  image.replaceWith(words);
}

/** The room: what is new, who is there, and what the reader writes. */

import { type Follower, follow, gazeAt, isOver, type News, pause } from './follow.ts';
import { put } from './kept.ts';
import { Log, type Part } from './log.ts';

const JSON_WANTED = { Accept: 'application/json' };
/** How much longer than it holds a question the server may take for its answer, in milliseconds. */
const LATE = 15_000;
/** How long it is said that the connection is back, in milliseconds. */
const SAID = 3_000;

export class Room implements Follower {
  private readonly path: string;
  private readonly log: Log;
  private readonly form: HTMLFormElement;
  private readonly text: HTMLTextAreaElement;
  private readonly fault: HTMLElement;
  private readonly state: HTMLElement;
  private readonly told = new Map<string, string>();

  constructor(private readonly page: Document) {
    this.path = page.location.pathname.split('/').slice(0, 3).join('/');
    this.log = new Log(page, this.part('log'), this.part('said'), this.part('newer'), (query) => this.earlier(query));
    this.form = this.part<HTMLFormElement>('write');
    this.text = this.part<HTMLTextAreaElement>('text');
    this.fault = this.part('fault');
    this.state = this.part('state');
  }

  start(): void {
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.send();
    });
    const fingers = this.page.defaultView?.matchMedia('(pointer: coarse)');
    this.text.addEventListener('keydown', (event) => {
      // On a keyboard of glass there is no other way to a new line.
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing || fingers?.matches) return;
      event.preventDefault();
      this.form.requestSubmit();
    });
    this.page.addEventListener('click', (event) => {
      const link = (event.target as Element).closest<HTMLAnchorElement>('a.pin, a.quote, a.answer, #answering > a');
      if (!link) return;
      event.preventDefault();
      if (link.matches('.answer')) this.answer(link);
      else if (link.closest('#answering')) this.answer(undefined);
      else void this.log.point(link.hash.slice(1));
    });
    void follow(this, gazeAt(this.page), pause);
  }

  async ask(signal: AbortSignal): Promise<Response> {
    const { after, state, held } = this.part('said').dataset;
    const address = `${this.path}/messages?wait=1&shown=1&after=${after}&state=${state}`;
    const limit = new AbortController();
    signal.addEventListener('abort', () => limit.abort());
    // A connection that has died without a word is not waited for.
    const timer = setTimeout(() => limit.abort(), Number(held) * 1_000 + LATE);
    try {
      return await fetch(address, { headers: JSON_WANTED, cache: 'no-store', signal: limit.signal });
    } finally {
      clearTimeout(timer);
    }
  }

  /** A part of the conversation; none, if it cannot be had now. */
  private async earlier(query: string): Promise<Part | undefined> {
    try {
      const answer = await fetch(`${this.path}/messages/part?${query}`, { headers: JSON_WANTED, cache: 'no-store' });
      return answer.ok ? ((await answer.json()) as Part) : undefined;
    } catch {
      return undefined;
    }
  }

  news({ lines, signs, pins, after, state, present, count, free, open }: News): void {
    Object.assign(this.part('said').dataset, { after, state });
    this.log.add(lines);
    for (const [id, html] of Object.entries(signs)) this.log.sign(id, html);
    if (pins !== undefined) this.show('pins', pins);
    this.show('present', present);
    this.show('count', count);
    this.show('free', free);
    this.form.hidden = !open;
    this.part('paused').hidden = open;
  }

  lost(): void {
    this.state.classList.remove('found');
    this.say(this.state.dataset.lost);
  }

  found(): void {
    this.state.classList.add('found');
    this.say(this.state.dataset.found);
    setTimeout(() => {
      if (this.state.classList.contains('found')) this.say('');
    }, SAID);
  }

  ended(message: string): void {
    this.refuse(message);
    this.say('');
    this.form.hidden = true;
    // From here on the page does no more than it does without its script.
    this.page.documentElement.classList.remove('scripted');
  }

  /** What is written next answers the message of this link, or none. */
  private answer(link: HTMLAnchorElement | undefined): void {
    const line = link?.closest('.said');
    const shown = this.part('answering');
    const name = this.page.createElement('b');
    name.textContent = link?.getAttribute('aria-label') ?? '';
    const excerpt = line?.querySelector('.bubble > .text, .bubble b, .bubble img')?.textContent ?? '';
    shown.querySelector('p')?.replaceChildren(name, ' ', excerpt);
    shown.hidden = !line;
    this.reply.value = line?.id.slice('m-'.length) ?? '';
    this.text.focus();
  }

  private async send(): Promise<void> {
    const { text } = this;
    const said = text.value;
    if (said.trim() === '' || this.form.ariaBusy === 'true') return;
    this.form.ariaBusy = 'true';
    try {
      const body = new URLSearchParams({ text: said, replyTo: this.reply.value });
      const answer = await fetch(this.form.action, { method: 'POST', headers: JSON_WANTED, body });
      if (answer.ok) {
        this.refuse('');
        // What was typed meanwhile stays.
        put(text, text.value.startsWith(said) ? text.value.slice(said.length) : text.value);
        this.answer(undefined);
        this.log.follow();
      } else {
        const { message } = (await answer.json()) as { message: string };
        if (isOver(answer.status)) this.ended(message);
        else this.refuse(message);
      }
    } catch {
      this.refuse(this.form.dataset.unsent ?? '');
    }
    this.form.ariaBusy = 'false';
    text.focus();
  }

  private get reply(): HTMLInputElement {
    return this.form.elements.namedItem('replyTo') as HTMLInputElement;
  }

  private refuse(message: string): void {
    this.fault.textContent = message;
    this.fault.hidden = message === '';
  }

  private say(text: string | undefined): void {
    if (this.state.textContent !== text) this.state.textContent = text ?? '';
  }

  /** Puts HTML of the server's making into a part, if it is other than before. */
  private show(id: string, html: string): void {
    if (this.told.get(id) === html) return;
    this.told.set(id, html);
    this.part(id).innerHTML = html;
  }

  private part<Part extends HTMLElement = HTMLElement>(id: string): Part {
    const found = this.page.getElementById(id);
    if (!found) throw new Error(`the page has no #${id}`);
    return found as Part;
  }
}

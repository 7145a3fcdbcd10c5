// A list that is read by pages and of which only the pages around what is seen are kept.
import type { Order, People, Person, Room } from './room.ts';

/** Pages that are kept: some thousand rows, whatever the list's length. */
const KEPT = 60;

/** The people of a group in one order. Rows are asked for by their place; pages are read, kept and forgotten behind that. */
export class PeoplePages {
  /** Told when rows have come. */
  onChange: () => void = () => {};
  error: unknown;
  private readonly room: Room;
  private readonly order: Order;
  private readonly pages = new Map<number, Person[]>();
  /** Where each page begins, for a list that tells it only with the page before. */
  private readonly begins: (number | undefined)[] = [undefined];
  private readonly ending = new AbortController();
  private reading = new Set<number>();
  private total: number | undefined;
  private ended = false;

  constructor(room: Room, order: Order) {
    this.room = room;
    this.order = order;
  }

  /** Rows that can be scrolled to now: all of them, or those of the pages that can be asked for. */
  get length(): number {
    if (this.total !== undefined) return this.total;
    const last = this.begins.length - 1;
    const rows = this.pages.get(last);
    if (this.ended && rows) return last * this.room.page + rows.length;
    return this.begins.length * this.room.page;
  }

  /** Whether all rows are known to be there. */
  get isWhole(): boolean {
    return this.ended || this.total !== undefined;
  }

  /** The row at a place; `undefined` while it is on its way. */
  at(index: number): Person | undefined {
    return this.pages.get(Math.floor(index / this.room.page))?.[index % this.room.page];
  }

  /** Reads what is missing of the rows from `first` to `last`, and forgets what is far from them. */
  look(first: number, last: number): void {
    const [from, to] = [Math.floor(first / this.room.page), Math.floor(last / this.room.page)];
    for (let page = from; page <= to; page += 1) void this.read(page);
    if (this.pages.size <= KEPT) return;
    const far = [...this.pages.keys()].sort((one, other) => Math.abs(other - from) - Math.abs(one - from));
    for (const page of far.slice(0, this.pages.size - KEPT)) this.pages.delete(page);
  }

  /** Ends what is under way. */
  end(): void {
    this.onChange = () => {};
    this.ending.abort();
  }

  private async read(page: number): Promise<void> {
    const known = this.room.pagesByNumber
      ? (this.total ?? 1) > page * this.room.page || page === 0
      : page < this.begins.length;
    if (!known || this.pages.has(page) || this.reading.has(page)) return;
    this.reading.add(page);
    try {
      const from = this.room.pagesByNumber ? page + 1 : this.begins[page];
      this.take(page, await this.room.people(this.order, from, this.ending.signal));
      this.error = undefined;
    } catch (error) {
      if (!this.ending.signal.aborted) this.error = error;
    }
    this.reading.delete(page);
    this.onChange();
  }

  private take(page: number, { rows, next, total }: People): void {
    this.pages.set(page, rows);
    this.total = total;
    if (next !== undefined) this.begins[page + 1] = next;
    else if (!this.room.pagesByNumber) this.ended = true;
  }
}

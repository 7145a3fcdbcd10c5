/** The two ends of the part of a conversation that a page holds: links that say where more is, which is had when they come near. */

/** How near an end must come, in pixels above and below what is seen. */
const NEAR = 800;

export type End = 'earlier' | 'later';

export class Ends {
  private readonly links: Record<End, HTMLAnchorElement>;
  private readonly watch: IntersectionObserver;
  private busy = false;

  /** `extend` has what lies beyond an end added; whether it could. */
  constructor(
    page: Document,
    box: HTMLElement,
    private readonly extend: (end: End) => Promise<boolean>,
  ) {
    const link = (id: End) => page.getElementById(id) as HTMLAnchorElement;
    this.links = { earlier: link('earlier'), later: link('later') };
    this.watch = new IntersectionObserver(
      (seen) => {
        const near = seen.filter(({ isIntersecting }) => isIntersecting).at(-1);
        if (near) void this.more(near.target.id as End);
      },
      { root: box, rootMargin: `${NEAR}px 0px` },
    );
    for (const one of Object.values(this.links)) {
      one.addEventListener('click', (event) => {
        event.preventDefault();
        void this.more(one.id as End);
      });
    }
    this.look();
  }

  /** The place before which there is more. */
  get earlier(): number | undefined {
    return placeAt(this.links.earlier);
  }

  set earlier(place: number | undefined) {
    setPlace(this.links.earlier, place);
  }

  /** The place after which there is more; none, when the page holds what was said last. */
  get later(): number | undefined {
    return placeAt(this.links.later);
  }

  set later(place: number | undefined) {
    setPlace(this.links.later, place);
  }

  private async more(end: End): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    const done = await this.extend(end);
    this.busy = false;
    // What could not be had is not asked for again until its end comes near another time, or is pressed.
    if (done) this.look();
  }

  /** Looks whether an end is near, now and whenever one comes. */
  private look(): void {
    this.watch.disconnect();
    for (const link of Object.values(this.links)) this.watch.observe(link);
  }
}

function placeAt({ dataset }: HTMLAnchorElement): number | undefined {
  return dataset.place === undefined ? undefined : Number(dataset.place);
}

function setPlace(link: HTMLAnchorElement, place: number | undefined): void {
  if (place === undefined) delete link.dataset.place;
  else {
    link.dataset.place = String(place);
    link.search = `?${link.id === 'earlier' ? 'before' : 'after'}=${place}`;
  }
  link.hidden = place === undefined;
}

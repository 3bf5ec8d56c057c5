import { h } from "./dom";

const BEYOND = 4; // rows that are made above and below those in sight

/** A list that scrolls, of rows of one height: only those in sight exist. Rows are kept, with the keyboard's focus. */
export class RowWindow<T> {
  readonly element: HTMLDivElement;
  private readonly list: HTMLUListElement;
  private rows = new Map<T, HTMLLIElement>();
  private things: readonly T[] = [];
  private top = 0;
  private height = 0;

  /** `row`: CSS pixels, as in style.css; `make` makes a row, `update` sees to it that it is up to date. */
  constructor(
    className: string, private readonly row: number,
    private readonly make: (thing: T) => HTMLLIElement, private readonly update: (thing: T) => void,
  ) {
    this.list = h("ul", { className });
    this.element = h("div", { className: "scrolled", on: { scroll: () => this.look() } }, this.list);
    new ResizeObserver(() => this.look()).observe(this.element);
  }

  show(things: readonly T[]): void {
    this.things = things;
    this.draw();
  }

  /** Scroll until a thing is in sight. */
  reveal(thing: T): void {
    const top = this.things.indexOf(thing) * this.row;
    if (top < 0) return;
    if (top < this.top || top + this.row > this.top + this.height) this.element.scrollTop = top - (this.height - this.row) / 2;
    this.look();
  }

  private look(): void {
    this.top = this.element.scrollTop;
    this.height = this.element.clientHeight;
    this.draw();
  }

  private draw(): void {
    const { list, things, row } = this;
    const first = Math.max(0, Math.min(Math.floor(this.top / row), things.length) - BEYOND);
    const last = Math.min(things.length, Math.ceil((this.top + this.height) / row) + BEYOND);
    const seen = things.slice(first, last);
    const wanted = new Set(seen);
    for (const [thing, made] of this.rows) {
      if (wanted.has(thing)) continue;
      made.remove();
      this.rows.delete(thing);
    }
    seen.forEach((thing, index) => {
      let made = this.rows.get(thing);
      if (!made) this.rows.set(thing, (made = this.make(thing)));
      const there = list.children[index];
      if (there !== made) list.insertBefore(made, there ?? null);
      this.update(thing);
    });
    const padding = `${first * row}px 0 ${(things.length - last) * row}px`;
    if (list.style.padding !== padding) list.style.padding = padding;
  }
}

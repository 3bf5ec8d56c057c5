import type { Item } from "./items";
import type { View } from "./view";

/** Which objects are drawn, and where the window onto the photo is. */
export class Sight {
  private seen: "all" | "active" | "none" = "all";
  /** For as long as a key is held. */
  hideAll = false;
  /** The window; none before there is a stage. */
  view: Pick<View, "sees" | "reveal"> | null = null;

  /** No mask is drawn, until a key is pressed again. */
  get none(): boolean {
    return this.seen === "none";
  }

  shows(item: Item, active: Item | null): boolean {
    if (item.hidden || this.hideAll || this.seen === "none") return false;
    return this.seen === "all" || item === active;
  }

  /** Only the open object, or none; the same again: all. */
  toggle(which: "active" | "none"): void {
    this.seen = this.seen === which ? "all" : which;
  }

  /** Whether a person has the mask of the open object before their eyes. */
  meets(item: Item): boolean {
    return this.shows(item, item) && (!item.mask || (this.view?.sees(item.mask.box) ?? true));
  }

  /** Have the mask of the open object drawn, and in the window. */
  reveal(item: Item): void {
    item.hidden = this.hideAll = false;
    if (this.seen === "none") this.seen = "all";
    if (item.mask && !this.view?.sees(item.mask.box)) this.view?.reveal(item.mask.box);
  }
}

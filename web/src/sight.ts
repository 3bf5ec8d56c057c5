import type { Item } from "./items";

/** Which objects are drawn. */
export class Sight {
  private seen: "all" | "active" | "none" = "all";
  /** For as long as a key is held. */
  hideAll = false;

  shows(item: Item, active: Item | null): boolean {
    if (item.hidden || this.hideAll || this.seen === "none") return false;
    return this.seen === "all" || item === active;
  }

  /** Only the open object, or none; the same again: all. */
  toggle(which: "active" | "none"): void {
    this.seen = this.seen === which ? "all" : which;
  }
}

import type { Backend } from "./backend";
import type { Item } from "./items";
import { crossing, flat, replaced, type Bend, type Ring } from "./rings";
import type { Reshape } from "./types";

/** The open object's outline as polygons, while its points can be moved. */
export class OutlineEditor {
  rings: Ring[] | null = null;
  private readings = 0;

  constructor(private readonly backend: Backend, private readonly changed: () => void) {}

  get points(): number | null {
    return this.rings && this.rings.reduce((count, ring) => count + ring.length, 0);
  }

  /** Read the outline anew; null: it is not shown. */
  async read(item: Item | null, tolerance: number): Promise<void> {
    const reading = ++this.readings;
    if (!item?.saved.id) {
      this.rings = null;
      return;
    }
    const outline = await this.backend.outline(item.saved.id, tolerance).catch(() => null);
    if (reading !== this.readings) return;
    this.rings = outline && flat(outline);
    item.outlined = true;
    this.changed();
  }

  /** Move, insert or take away a point: what the person did, and whether the points on the screen can stay. */
  bend(bend: Bend, tolerance: number): { stroke: Reshape; keep: boolean } {
    // The person's own points stay while they are a clean outline; otherwise they are read from the mask anew.
    this.readings += 1;
    this.rings = replaced(this.rings!, bend);
    return { stroke: { before: bend.before, after: bend.after, tolerance }, keep: !crossing(this.rings, bend) };
  }
}

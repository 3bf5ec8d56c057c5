import { pathOf, ringsOf, type Corners } from "./trace";
import type { MaskMessage } from "./types";

/** A mask that is stretched over `box` (image pixels). What drawing it needs is made when it is first drawn, and kept. */
export class Mask {
  readonly box: MaskMessage["box"];
  readonly width: number;
  readonly height: number;
  private readonly runs: number[];
  private solid: Uint8Array | null = null;
  private rings: Corners[] | null = null;
  private drawn: { step: number; path: Path2D } | null = null;

  constructor({ box, size, runs }: MaskMessage) {
    this.box = box;
    [this.width, this.height] = size;
    this.runs = runs;
  }

  /** The object's edges, in mask pixels; `scale`: screen pixels per mask pixel, below which nothing is seen. */
  path(scale: number): Path2D {
    const step = scale >= 1 ? 1 : 2 ** Math.floor(-Math.log2(scale));
    if (this.drawn?.step !== step) {
      this.rings ??= ringsOf(this.runs, this.width, this.height);
      this.drawn = { step, path: pathOf(this.rings, step) };
    }
    return this.drawn.path;
  }

  /** Whether the object has a point of the image. */
  covers(x: number, y: number): boolean {
    const [x0, y0, x1, y1] = this.box;
    if (x < x0 || y < y0 || x >= x1 || y >= y1) return false;
    if (!this.solid) {
      const solid = (this.solid = new Uint8Array(this.width * this.height));
      let start = 0;
      this.runs.forEach((length, index) => {
        if (index % 2 === 1) solid.fill(1, start, start + length);
        start += length;
      });
    }
    const column = Math.floor(((x - x0) / (x1 - x0)) * this.width);
    const row = Math.floor(((y - y0) / (y1 - y0)) * this.height);
    return this.solid[row * this.width + column] === 1;
  }
}

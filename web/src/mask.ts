import type { MaskMessage } from "./types";

/** A mask that is stretched over `box` (image pixels). What drawing it needs is made when it is first drawn. */
export class Mask {
  readonly box: MaskMessage["box"];
  readonly width: number;
  readonly height: number;
  private readonly runs: number[];
  private solid: Uint8Array | null = null;
  private painted: { colour: string; bitmap: OffscreenCanvas } | null = null;
  private edges: Path2D | null = null;

  constructor({ box, size, runs }: MaskMessage) {
    this.box = box;
    [this.width, this.height] = size;
    this.runs = runs;
  }

  /** The object's pixels in a colour (#rrggbb). */
  bitmap(colour: string): OffscreenCanvas {
    if (this.painted?.colour !== colour) {
      const pixels = new ImageData(this.width, this.height);
      const words = new Uint32Array(pixels.data.buffer);
      const word = new Uint32Array(Uint8Array.of(...rgb(colour), 255).buffer)[0]!;
      this.stretches((start, end) => words.fill(word, start, end));
      const bitmap = this.painted?.bitmap ?? new OffscreenCanvas(this.width, this.height);
      bitmap.getContext("2d")!.putImageData(pixels, 0, 0);
      this.painted = { colour, bitmap };
    }
    return this.painted.bitmap;
  }

  /** Edges between object and background, in mask pixels. */
  get outline(): Path2D {
    return (this.edges ??= outlineOf(this.runs, this.width, this.height));
  }

  /** Whether the object has a point of the image. */
  covers(x: number, y: number): boolean {
    const [x0, y0, x1, y1] = this.box;
    if (x < x0 || y < y0 || x >= x1 || y >= y1) return false;
    if (!this.solid) {
      const solid = (this.solid = new Uint8Array(this.width * this.height));
      this.stretches((start, end) => solid.fill(1, start, end));
    }
    const column = Math.floor(((x - x0) / (x1 - x0)) * this.width);
    const row = Math.floor(((y - y0) / (y1 - y0)) * this.height);
    return this.solid[row * this.width + column] === 1;
  }

  private stretches(take: (start: number, end: number) => void): void {
    let start = 0;
    this.runs.forEach((length, index) => {
      if (index % 2 === 1) take(start, start + length);
      start += length;
    });
  }
}

function rgb(colour: string): number[] {
  return [1, 3, 5].map((start) => parseInt(colour.slice(start, start + 2), 16));
}

/** Stretches of edges along rows and along columns: a stroke does not care about their order. */
function outlineOf(runs: number[], width: number, height: number): Path2D {
  const path = new Path2D();
  const since = new Int32Array(width + 1); // row in which the upright edge at a column began
  let above: number[] = [];
  rowsOf(runs, width, height).forEach((here, y) => {
    // Both rows' crossings from left to right. Between one and the next either both rows are the same, or an
    // edge lies between them.
    let start = -1;
    for (let i = 0, j = 0; i < above.length || j < here.length; ) {
      const x = Math.min(above[i] ?? Infinity, here[j] ?? Infinity);
      const ends = above[i] === x;
      const begins = here[j] === x;
      if (ends) i++;
      if (begins) j++;
      if (ends && begins) continue; // the upright edge goes on
      if (begins) since[x] = y;
      else {
        path.moveTo(x, since[x]!);
        path.lineTo(x, y);
      }
      if (start < 0) start = x;
      else {
        path.moveTo(start, y);
        path.lineTo(x, y);
        start = -1;
      }
    }
    above = here;
  });
  return path;
}

/** Columns at which each row changes between background and object; one row more, without any. */
function rowsOf(runs: number[], width: number, height: number): number[][] {
  const rows = Array.from({ length: height + 1 }, (): number[] => []);
  let start = 0;
  runs.forEach((length, index) => {
    const end = start + length;
    if (index % 2 === 1) {
      for (let from = start; from < end; ) {
        const y = Math.floor(from / width);
        const to = Math.min(end, (y + 1) * width);
        rows[y]!.push(from - y * width, to - y * width);
        from = to;
      }
    }
    start = end;
  });
  return rows;
}

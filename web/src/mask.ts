import type { MaskMessage } from "./types";

/** A mask ready to be drawn: a bitmap and its outline, both stretched over `box` (image pixels). */
export interface Mask {
  box: MaskMessage["box"];
  bitmap: OffscreenCanvas;
  /** Edges between object and background, in bitmap pixels. */
  outline: Path2D;
  /** Whether the bitmap has the object at a point of the image. */
  covers(x: number, y: number): boolean;
}

/** Decode a mask; `colour` as #rrggbb. */
export function readMask({ box, size: [width, height], runs }: MaskMessage, colour: string): Mask {
  const solid = new Uint8Array(width * height);
  const pixels = new ImageData(width, height);
  const words = new Uint32Array(pixels.data.buffer);
  const word = new Uint32Array(Uint8Array.of(...rgb(colour), 255).buffer)[0]!;
  let start = 0;
  runs.forEach((length, index) => {
    if (index % 2 === 1) {
      solid.fill(1, start, start + length);
      words.fill(word, start, start + length);
    }
    start += length;
  });
  const bitmap = new OffscreenCanvas(width, height);
  bitmap.getContext("2d")!.putImageData(pixels, 0, 0);
  const inside = (x: number, y: number) =>
    x >= 0 && y >= 0 && x < width && y < height && solid[y * width + x] === 1;
  const [x0, y0, x1, y1] = box;
  return {
    box,
    bitmap,
    outline: outlineOf(runs, width, height),
    covers: (x, y) =>
      inside(Math.floor(((x - x0) / (x1 - x0)) * width), Math.floor(((y - y0) / (y1 - y0)) * height)),
  };
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

// Okabe and Ito's colours: told apart with any kind of colour vision.
const COLOURS = ["#0072b2", "#e69f00", "#cc79a7", "#009e73", "#d55e00", "#56b4e9", "#f0e442", "#8a63d2"];

/** The colour of a label, by its place in the list. */
export function colourOf(labels: readonly string[], label: string): string {
  const place = labels.indexOf(label);
  return COLOURS[(place < 0 ? labels.length : place) % COLOURS.length]!;
}

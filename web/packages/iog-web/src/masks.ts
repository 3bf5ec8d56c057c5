/**
 * Masks: COCO run lengths and polygons.
 *
 * A mask is stored where its box lies; everything outside the box is background. Run lengths are COCO's: column by
 * column, background first. Polygons run along the edges between pixels in continuous coordinates, so pixel (0, 0)
 * alone is the square (0,0) (1,0) (1,1) (0,1).
 */
import { type Box, type Size, heightOf, widthOf } from "./clicks.js";

/** The object's pixels: `pixels` (h, w) of `box`, row by row, 1 for the object. */
export interface Mask extends Size {
  readonly box: Box;
  readonly pixels: Uint8Array;
}

/** COCO's compressed run lengths; `size` is [height, width]. */
export interface RLE {
  readonly size: [number, number];
  readonly counts: string;
}

export type Ring = [x: number, y: number][];

/** One part of an object: its outline, and the holes in it. */
export interface Polygon {
  readonly outer: Ring;
  readonly holes: Ring[];
}

/** The mask as (height, width) of the whole image, 1 for the object. */
export function fullMask({ width, height, box, pixels }: Mask): Uint8Array {
  const full = new Uint8Array(width * height);
  const wide = widthOf(box);
  for (let row = 0; row < heightOf(box); row++) {
    full.set(pixels.subarray(row * wide, (row + 1) * wide), (box.y0 + row) * width + box.x0);
  }
  return full;
}

export function areaOf(mask: Mask): number {
  let area = 0;
  for (const pixel of mask.pixels) area += pixel;
  return area;
}

/** Run lengths of a mask, as pycocotools writes them. */
export function encodeRle(mask: Mask): RLE {
  return { size: [mask.height, mask.width], counts: compressed(runsOf(mask)) };
}

function runsOf({ width, height, box, pixels }: Mask): number[] {
  const runs: number[] = [];
  const [wide, high] = [widthOf(box), heightOf(box)];
  let [value, run] = [0, 0];
  const extend = (next: number, count: number): void => {
    if (count === 0) return;
    if (next !== value) {
      runs.push(run);
      [value, run] = [next, 0];
    }
    run += count;
  };
  extend(0, box.x0 * height);
  for (let x = 0; x < wide; x++) {
    extend(0, box.y0);
    for (let y = 0; y < high; y++) extend(pixels[y * wide + x]!, 1);
    extend(0, height - box.y0 - high);
  }
  extend(0, (width - box.x0 - wide) * height);
  if (run > 0 || runs.length === 0) runs.push(run);
  return runs;
}

/** 5 bits a character, deltas to two runs before. */
function compressed(runs: readonly number[]): string {
  const characters: number[] = [];
  runs.forEach((run, i) => {
    let value = i > 2 ? run - runs[i - 2]! : run;
    for (let more = true; more; ) {
      let bits = value & 0x1f;
      value >>= 5;
      more = bits & 0x10 ? value !== -1 : value !== 0;
      if (more) bits |= 0x20;
      characters.push(bits + 48);
    }
  });
  return characters.map((code) => String.fromCharCode(code)).join("");
}

/** The mask of run lengths; null if they do not cover exactly the size that they name. */
export function decodeRle({ size: [height, width], counts }: RLE): Mask | null {
  const runs = expanded(counts);
  if (runs === null || runs.reduce((sum, run) => sum + run, 0) !== width * height) return null;
  const pixels = new Uint8Array(width * height);
  let at = 0;
  runs.forEach((run, i) => {
    if (i % 2 === 1) for (let n = at; n < at + run; n++) pixels[(n % height) * width + Math.floor(n / height)] = 1;
    at += run;
  });
  return { width, height, box: { x0: 0, y0: 0, x1: width, y1: height }, pixels };
}

function expanded(counts: string): number[] | null {
  const runs: number[] = [];
  let [value, shift] = [0, 0];
  for (const character of counts) {
    const bits = character.charCodeAt(0) - 48;
    if (bits < 0 || bits > 63 || shift > 30) return null;
    value |= (bits & 0x1f) << shift;
    shift += 5;
    if (bits & 0x20) continue;
    if (bits & 0x10 && shift < 32) value |= -1 << shift;
    if (runs.length > 2) value += runs[runs.length - 2]!;
    if (value < 0) return null;
    runs.push(value);
    [value, shift] = [0, 0];
  }
  return shift === 0 ? runs : null;
}

/** Outlines of the mask's 8-connected parts, the largest first. */
export function polygons(mask: Mask): Polygon[] {
  const rings = outlines(mask);
  const outers = rings.filter((ring) => areaWithin(ring) > 0);
  const found = outers.map((outer): Polygon => ({ outer, holes: [] }));
  found.sort((a, b) => areaWithin(a.outer) - areaWithin(b.outer));
  for (const hole of rings.filter((ring) => areaWithin(ring) < 0)) {
    // A hole belongs to the smallest part around it: the pixel left of its first edge.
    const [x, y] = besideHole(hole);
    found.find(({ outer }) => around(outer, x, y))?.holes.push(hole);
  }
  return found.reverse();
}

/** Directed edges between pixels, the object on their right hand (y down), joined into closed rings of corners. */
function outlines({ box, pixels }: Mask): Ring[] {
  const [wide, high] = [widthOf(box), heightOf(box)];
  const at = (x: number, y: number): number => (x < 0 || y < 0 || x >= wide || y >= high ? 0 : pixels[y * wide + x]!);
  const stride = wide + 1;
  const seen = new Set<number>(); // starts of horizontal edges that were walked: vertex * 2 + (1 if leftwards)
  const rings: Ring[] = [];
  for (let y = 0; y <= high; y++) {
    for (let x = 0; x < wide; x++) {
      const [above, below] = [at(x, y - 1), at(x, y)];
      if (above === below) continue;
      // Rightwards along the top of an object's pixel, leftwards along its bottom.
      const [startX, direction] = below ? [x, 0] : [x + 1, 2];
      if (seen.has((y * stride + startX) * 2 + (below ? 0 : 1))) continue;
      rings.push(walked(startX, y, direction));
    }
  }
  return rings;

  function walked(startX: number, startY: number, startDirection: number): Ring {
    const ring: Ring = [];
    let [x, y, direction] = [startX, startY, startDirection];
    do {
      if (direction === 0 || direction === 2) seen.add((y * stride + x) * 2 + direction / 2);
      x += DX[direction]!;
      y += DY[direction]!;
      const next = turned(x, y, direction);
      if (next !== direction) ring.push([x + box.x0, y + box.y0]);
      direction = next;
    } while (x !== startX || y !== startY || direction !== startDirection);
    return ring;
  }

  /** The direction out of a corner: to the left if the pixel ahead on the left is the object's (8-connected). */
  function turned(x: number, y: number, direction: number): number {
    const [leftX, leftY] = AHEAD_LEFT[direction]!;
    const [rightX, rightY] = AHEAD_RIGHT[direction]!;
    if (at(x + leftX, y + leftY)) return (direction + 3) % 4;
    return at(x + rightX, y + rightY) ? direction : (direction + 1) % 4;
  }
}

// Directions: 0 right, 1 down, 2 left, 3 up. The two pixels ahead of a corner, left and right of the way.
const DX = [1, 0, -1, 0];
const DY = [0, 1, 0, -1];
const AHEAD_LEFT = [[0, -1], [0, 0], [-1, 0], [-1, -1]] as const;
const AHEAD_RIGHT = [[0, 0], [-1, 0], [-1, -1], [0, -1]] as const;

/** Twice the signed area, halved: positive for outlines, negative for holes. */
function areaWithin(ring: Ring): number {
  let sum = 0;
  ring.forEach(([x, y], i) => {
    const [nextX, nextY] = ring[(i + 1) % ring.length]!;
    sum += x * nextY - nextX * y;
  });
  return sum / 2;
}

/** The centre of a pixel of the object beside a hole: on the right hand of the ring's last edge. */
function besideHole(ring: Ring): [number, number] {
  const [[x0, y0], [x1, y1]] = [ring.at(-1)!, ring[0]!];
  const [dx, dy] = [Math.sign(x1 - x0), Math.sign(y1 - y0)];
  return [x0 + dx / 2 - dy / 2, y0 + dy / 2 + dx / 2];
}

function around(ring: Ring, x: number, y: number): boolean {
  let within = false;
  ring.forEach(([x0, y0], i) => {
    const [x1, y1] = ring[(i + 1) % ring.length]!;
    if (y0 > y !== y1 > y && x < x0 + ((y - y0) / (y1 - y0)) * (x1 - x0)) within = !within;
  });
  return within;
}

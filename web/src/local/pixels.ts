// What is done with the pixels of a window: windings, distances, parts and holes.

import type { Point } from "../types";

interface Size {
  readonly width: number;
  readonly height: number;
}

/** A part of the image, whose first pixel is (x, y). */
export interface Window extends Size {
  readonly x: number;
  readonly y: number;
}

/** How often closed paths go around each pixel's centre: once, 1, for an outline of `polygons`, and -1 for a hole in it. */
export function winding(rings: Point[][], { x: left, y: top, width, height }: Window): Int32Array {
  const crossings = new Int32Array((width + 1) * height);
  for (const ring of rings) {
    ring.forEach((start, i) => {
      // From the upper end down, so that an edge walked both ways crosses at the same place.
      const end = ring[(i + 1) % ring.length]!;
      const up = start[1] > end[1];
      const [[x0, y0], [x1, y1]] = up ? [end, start] : [start, end];
      const last = Math.min(Math.max(Math.ceil(y1 - top - 0.5), 0), height);
      for (let row = Math.min(Math.max(Math.ceil(y0 - top - 0.5), 0), height); row < last; row++) {
        const x = x0 + ((row + top + 0.5 - y0) / (y1 - y0)) * (x1 - x0);
        const column = Math.min(Math.max(Math.ceil(x - left - 0.5), 0), width);
        crossings[row * (width + 1) + column]! += up ? 1 : -1;
      }
    });
  }
  const turns = new Int32Array(width * height);
  for (let row = 0; row < height; row++) {
    let sum = 0;
    for (let column = 0; column < width; column++) {
      sum += crossings[row * (width + 1) + column]!;
      turns[row * width + column] = sum;
    }
  }
  return turns;
}

/** How far each pixel's centre is from a path, where that is not more than `reach`; else infinity. */
export function distances(path: Point[], { x: left, y: top, width, height }: Window, reach: number): Float32Array {
  const found = new Float32Array(width * height).fill(Infinity);
  const ends = path.length > 1 ? path.slice(1) : path;
  ends.forEach(([bx, by], i) => {
    const [ax, ay] = path[i]!;
    const [dx, dy] = [bx - ax, by - ay];
    const length = dx * dx + dy * dy;
    const firstRow = Math.max(0, Math.floor(Math.min(ay, by) - reach - top - 1));
    const lastRow = Math.min(height - 1, Math.ceil(Math.max(ay, by) + reach - top));
    const first = Math.max(0, Math.floor(Math.min(ax, bx) - reach - left - 1));
    const last = Math.min(width - 1, Math.ceil(Math.max(ax, bx) + reach - left));
    for (let row = firstRow; row <= lastRow; row++) {
      for (let column = first; column <= last; column++) {
        const [px, py] = [column + left + 0.5 - ax, row + top + 0.5 - ay];
        const along = length === 0 ? 0 : Math.min(Math.max((px * dx + py * dy) / length, 0), 1);
        const away = Math.hypot(px - along * dx, py - along * dy);
        const at = row * width + column;
        if (away <= reach && away < found[at]!) found[at] = away;
      }
    }
  });
  return found;
}

/** For each pixel the sign at the nearest one that is not 0, by steps to the eight around. */
export function nearestSign(values: Int32Array, size: Size): Int8Array {
  const signs = Int8Array.from(values, Math.sign);
  let edge = [...signs.keys()].filter((at) => signs[at] !== 0);
  while (edge.length > 0) {
    const next: number[] = [];
    for (const at of edge) {
      around(at, size, true, (beside) => {
        if (signs[beside] !== 0) return;
        signs[beside] = signs[at]!;
        next.push(beside);
      });
    }
    edge = next;
  }
  return signs;
}

/** Only the largest 8-connected part. */
export function largestPart(pixels: Uint8Array, size: Size): Uint8Array {
  return raised(places(pixels, size)[0] ?? [], pixels.length);
}

/** The 8-connected parts, the largest first. */
export function partsOf(pixels: Uint8Array, size: Size): Uint8Array[] {
  return places(pixels, size).map((part) => raised(part, pixels.length));
}

function places(pixels: Uint8Array, size: Size): number[][] {
  const left = pixels.slice();
  const parts: number[][] = [];
  for (let at = left.indexOf(1); at >= 0; at = left.indexOf(1, at + 1)) parts.push(flooded(left, at, size, true));
  return parts.sort((a, b) => b.length - a.length);
}

function raised(places: number[], length: number): Uint8Array {
  const pixels = new Uint8Array(length);
  for (const at of places) pixels[at] = 1;
  return pixels;
}

/** Without background that the object encloses (4-connected). */
export function filledHoles(pixels: Uint8Array, { width, height }: Size): Uint8Array {
  const background = pixels.map((pixel) => pixel ^ 1);
  for (let at = 0; at < pixels.length; at++) {
    const [x, y] = [at % width, Math.floor(at / width)];
    const border = x === 0 || y === 0 || x === width - 1 || y === height - 1;
    if (border && background[at]) flooded(background, at, { width, height }, false);
  }
  return pixels.map((pixel, at) => pixel | background[at]!);
}

/** Takes the connected 1s around a place away; returns where they were. */
function flooded(pixels: Uint8Array, start: number, size: Size, diagonal: boolean): number[] {
  const found = [start];
  pixels[start] = 0;
  for (let index = 0; index < found.length; index++) {
    around(found[index]!, size, diagonal, (beside) => {
      if (!pixels[beside]) return;
      pixels[beside] = 0;
      found.push(beside);
    });
  }
  return found;
}

function around(at: number, { width, height }: Size, diagonal: boolean, visit: (beside: number) => void): void {
  const [x, y] = [at % width, Math.floor(at / width)];
  for (let dy = y > 0 ? -1 : 0; dy <= (y < height - 1 ? 1 : 0); dy++) {
    for (let dx = x > 0 ? -1 : 0; dx <= (x < width - 1 ? 1 : 0); dx++) {
      if ((dx !== 0 || dy !== 0) && (diagonal || dx === 0 || dy === 0)) visit(at + dy * width + dx);
    }
  }
}

/** A closed ring with fewer points, which strays by at most `tolerance` (Douglas and Peucker). */
export function simplified(ring: Point[], tolerance: number): Point[] {
  if (tolerance <= 0 || ring.length < 4) return ring;
  // Two points far apart cut the ring into two paths.
  const far = ring.reduce((best, _, i) => (gap(ring[i]!, ring[0]!) > gap(ring[best]!, ring[0]!) ? i : best), 0);
  const keep = new Set([0, far]);
  const closed = [...ring, ring[0]!];
  const todo: [number, number][] = [[0, far], [far, ring.length]];
  for (let span = todo.pop(); span; span = todo.pop()) {
    const [first, last] = span;
    let [worst, at] = [tolerance, -1];
    for (let i = first + 1; i < last; i++) {
      const away = toSegment(closed[i]!, closed[first]!, closed[last]!);
      if (away > worst) [worst, at] = [away, i];
    }
    if (at < 0) continue;
    keep.add(at);
    todo.push([first, at], [at, last]);
  }
  return ring.filter((_, i) => keep.has(i));
}

const gap = (a: Point, b: Point) => Math.hypot(a[0] - b[0], a[1] - b[1]);

function toSegment([px, py]: Point, [ax, ay]: Point, [bx, by]: Point): number {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : Math.min(Math.max(((px - ax) * dx + (py - ay) * dy) / length, 0), 1);
  return Math.hypot(px - ax - along * dx, py - ay - along * dy);
}

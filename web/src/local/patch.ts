// A mask of one object, kept only where the object is (`iog.patch`). Box: half-open image pixels within the image; pixels: row by
// row, 1 for the object.

import { type Box, heightOf, intersection, union, widthOf } from "../../packages/iog-web/src/clicks";
import type { Area, Point, Reshape, Stroke } from "../types";
import { type Window, distances, filledHoles, largestPart, nearestSign, winding } from "./pixels";

const NOWHERE: Box = { x0: 0, y0: 0, x1: 0, y1: 0 };

/** As it is kept: `runs` go row by row, background first. */
export interface StoredPatch {
  box: [number, number, number, number];
  runs: Uint32Array;
}

export class Patch {
  private counted = -1;

  constructor(readonly box: Box, readonly pixels: Uint8Array) {}

  static readonly empty = new Patch(NOWHERE, new Uint8Array(0));

  /** The patch of a window of pixels, cut to the object. */
  static of(box: Box, pixels: Uint8Array): Patch {
    const wide = widthOf(box);
    let [x0, y0, x1, y1] = [wide, -1, 0, 0];
    for (let y = 0; y < heightOf(box); y++) {
      const row = pixels.subarray(y * wide, (y + 1) * wide);
      const first = row.indexOf(1);
      if (first < 0) continue;
      if (y0 < 0) y0 = y;
      y1 = y + 1;
      x0 = Math.min(x0, first);
      x1 = Math.max(x1, row.lastIndexOf(1) + 1);
    }
    if (y0 < 0) return Patch.empty;
    const tight = { x0: box.x0 + x0, y0: box.y0 + y0, x1: box.x0 + x1, y1: box.y0 + y1 };
    return new Patch(tight, new Patch(box, pixels).within(tight));
  }

  /** The pixels of any of them. */
  static together(patches: Patch[]): Patch {
    const some = patches.filter(({ area }) => area > 0);
    if (some.length < 2) return some[0] ?? Patch.empty;
    const box = some.map((patch) => patch.box).reduce(union);
    const windows = some.map((patch) => patch.within(box));
    return Patch.of(box, windows[0]!.map((_, i) => Number(windows.some((window) => window[i]))));
  }

  static restored({ box, runs }: StoredPatch): Patch {
    const place = placeOf(box);
    const pixels = new Uint8Array(widthOf(place) * heightOf(place));
    let start = 0;
    runs.forEach((length, index) => {
      if (index % 2 === 1) pixels.fill(1, start, start + length);
      start += length;
    });
    return new Patch(place, pixels);
  }

  stored(): StoredPatch {
    const { x0, y0, x1, y1 } = this.box;
    return { box: [x0, y0, x1, y1], runs: Uint32Array.from(runsOf(this.pixels)) };
  }

  get area(): number {
    if (this.counted < 0) {
      let sum = 0;
      for (let i = 0; i < this.pixels.length; i++) sum += this.pixels[i]!;
      this.counted = sum;
    }
    return this.counted;
  }

  equals(other: Patch): boolean {
    const [a, b] = [this.box, other.box];
    if (a.x0 !== b.x0 || a.y0 !== b.y0 || a.x1 !== b.x1 || a.y1 !== b.y1) return false;
    for (let i = 0; i < this.pixels.length; i++) if (this.pixels[i] !== other.pixels[i]) return false;
    return true;
  }

  /** The pixels in another window. */
  within(box: Box): Uint8Array {
    const window = new Uint8Array(widthOf(box) * heightOf(box));
    const shared = intersection(this.box, box);
    if (widthOf(shared) <= 0 || heightOf(shared) <= 0) return window;
    for (let y = shared.y0; y < shared.y1; y++) {
      const from = (y - this.box.y0) * widthOf(this.box) - this.box.x0;
      window.set(this.pixels.subarray(from + shared.x0, from + shared.x1), (y - box.y0) * widthOf(box) + shared.x0 - box.x0);
    }
    return window;
  }

  /** Give the object's pixels a value in a picture of that size. */
  paint(values: Uint8Array, width: number, height: number, value: number): void {
    const shown = intersection(this.box, { x0: 0, y0: 0, x1: width, y1: height });
    this.within(shown).forEach((pixel, i) => {
      if (pixel) values[(shown.y0 + Math.floor(i / widthOf(shown))) * width + shown.x0 + (i % widthOf(shown))] = value;
    });
  }

  meets(other: Patch): boolean {
    const shared = intersection(this.box, other.box);
    if (widthOf(shared) <= 0 || heightOf(shared) <= 0) return false;
    const theirs = other.within(shared);
    return this.within(shared).some((pixel, i) => pixel && theirs[i]);
  }

  /** With only the largest part, without holes, or both. */
  tidied(largest: boolean, fill: boolean): Patch {
    const size = { width: widthOf(this.box), height: heightOf(this.box) };
    const kept = largest ? largestPart(this.pixels, size) : this.pixels;
    return Patch.of(this.box, fill ? filledHoles(kept, size) : kept);
  }

  without(other: Patch): Patch {
    const shared = intersection(this.box, other.box);
    if (widthOf(shared) <= 0 || heightOf(shared) <= 0) return this;
    const left = other.within(this.box);
    for (let i = 0; i < left.length; i++) left[i] = this.pixels[i]! & (left[i]! ^ 1);
    return Patch.of(this.box, left);
  }

  /** After one step by hand in an image of width x height. */
  changed(step: Stroke | Area | Reshape, width: number, height: number): Patch {
    if ("before" in step) return this.reshaped(step, width, height);
    return "outline" in step ? this.filled(step, width, height) : this.painted(step, width, height);
  }

  private painted({ points, radius, add }: Stroke, width: number, height: number): Patch {
    return this.edited(points, radius + 1, width, height, (window, pixels) => {
      distances(points, window, radius).forEach((away, i) => {
        if (away <= radius) pixels[i] = Number(add);
      });
    });
  }

  private filled({ outline, add }: Area, width: number, height: number): Patch {
    return this.edited(outline, 0, width, height, (window, pixels) => {
      winding([outline], window).forEach((turns, i) => {
        if (turns !== 0) pixels[i] = Number(add);
      });
    });
  }

  /** A stretch of the outline was moved; what strays from it by less than the tolerance goes along. */
  private reshaped({ before, after, tolerance }: Reshape, width: number, height: number): Patch {
    return this.edited([...before, ...after], tolerance + 2, width, height, (window, pixels) => {
      // The outline is a sum of windings, so a moved stretch adds those of the loop between both paths.
      const change = winding([[...after, ...before.slice(1, -1).reverse()]], window);
      if (!change.some((turns) => turns !== 0)) return;
      const old = distances(before, window, tolerance);
      const now = distances(after, window, tolerance);
      const signs = nearestSign(change, window);
      change.forEach((turns, i) => {
        if (turns !== 0 || (old[i]! < tolerance && old[i]! < now[i]!)) pixels[i] = Number(signs[i]! > 0);
      });
    });
  }

  /** The patch after `edit` changed the pixels around some points. */
  private edited(
    points: Point[], margin: number, width: number, height: number, edit: (window: Window, pixels: Uint8Array) => void,
  ): Patch {
    const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
    const touched = intersection(
      {
        x0: Math.floor(Math.min(...xs) - margin), y0: Math.floor(Math.min(...ys) - margin),
        x1: Math.ceil(Math.max(...xs) + margin), y1: Math.ceil(Math.max(...ys) + margin),
      },
      { x0: 0, y0: 0, x1: width, y1: height },
    );
    if (widthOf(touched) <= 0 || heightOf(touched) <= 0) return this;
    const pixels = this.within(touched);
    edit({ x: touched.x0, y: touched.y0, width: widthOf(touched), height: heightOf(touched) }, pixels);
    const box = this.area ? union(this.box, touched) : touched;
    const canvas = this.within(box);
    const wide = widthOf(touched);
    for (let y = touched.y0; y < touched.y1; y++) {
      const row = pixels.subarray((y - touched.y0) * wide, (y - touched.y0 + 1) * wide);
      canvas.set(row, (y - box.y0) * widthOf(box) + touched.x0 - box.x0);
    }
    return Patch.of(box, canvas);
  }
}

export const placeOf = ([x0, y0, x1, y1]: StoredPatch["box"]): Box => ({ x0, y0, x1, y1 });

/** Lengths of runs of equal pixels, background first. */
export function runsOf(pixels: Uint8Array): number[] {
  const runs: number[] = [];
  let value = 0;
  for (let start = 0; start < pixels.length; ) {
    const end = pixels.indexOf(1 - value, start);
    runs.push((end < 0 ? pixels.length : end) - start);
    value = 1 - value;
    if (end < 0) break;
    start = end;
  }
  return runs;
}

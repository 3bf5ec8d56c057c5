// The clicks of an object as values: where they are, and what they become.

import type { Clicks, Correction, Point } from "./types";

export type Box = [number, number, number, number];

/** A click that can be dragged: one of the four corners, the inside click, a correction. */
export type Handle = { kind: "corner"; index: number } | { kind: "inside" } | { kind: "correction"; index: number };

/** Half-open, in image pixels. */
export function boxOf({ corners: [a, b] }: Clicks): Box {
  return [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[0], b[0]) + 1, Math.max(a[1], b[1]) + 1];
}

/** Pixels of a stroke at most: of a longer one some are left out. */
const LONGEST = 1000;

/** What a hand drew through pixels: a stroke, or a click if it is one pixel. */
export function strokeOf(pixels: Point[], foreground: boolean): Correction {
  let path = distinct(pixels);
  while (path.length > LONGEST) path = distinct(path.filter((_, index) => index % 2 === 0 || index === path.length - 1));
  const [x, y] = path[Math.floor(path.length / 2)]!;
  return path.length === 1 ? [x, y, foreground] : [x, y, foreground, path];
}

/** Without pixels that follow on themselves. */
function distinct(pixels: Point[]): Point[] {
  return pixels.filter(([x, y], index) => x !== pixels[index - 1]?.[0] || y !== pixels[index - 1]?.[1]);
}

/** With its middle at a pixel. */
function moved([x0, y0, foreground, path]: Correction, [x, y]: Point): Correction {
  return path ? [x, y, foreground, path.map(([px, py]): Point => [px + x - x0, py + y - y0])] : [x, y, foreground];
}

export function contains([x0, y0, x1, y1]: Box, [x, y]: Point): boolean {
  return x >= x0 && x < x1 && y >= y0 && y < y1;
}

/** The two clicked corners, then the two inferred ones. */
export function cornersOf({ corners: [a, b] }: Clicks): Point[] {
  return [a, b, [a[0], b[1]], [b[0], a[1]]];
}

/** The clicks with one of them elsewhere; an inferred corner moves a side of each clicked one. */
export function moveClick(clicks: Clicks, handle: Handle, [x, y]: Point): Clicks {
  const [a, b] = clicks.corners;
  switch (handle.kind) {
    case "inside":
      return { ...clicks, inside: [x, y] };
    case "correction":
      return {
        ...clicks,
        corrections: clicks.corrections.map((c, index) => (index === handle.index ? moved(c, [x, y]) : c)),
      };
    case "corner": {
      const corners: [Point, Point][] = [[[x, y], b], [a, [x, y]], [[x, a[1]], [b[0], y]], [[a[0], y], [x, b[1]]]];
      return { ...clicks, corners: corners[handle.index]! };
    }
  }
}

/** The clicks without one; corners cannot go alone. */
export function removeClick(clicks: Clicks, handle: Handle): Clicks | null {
  switch (handle.kind) {
    case "inside":
      return { ...clicks, inside: null };
    case "correction":
      return { ...clicks, corrections: clicks.corrections.filter((_, index) => index !== handle.index) };
    case "corner":
      return null;
  }
}

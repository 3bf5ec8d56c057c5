// The clicks of an object as values: where they are, and what they become.

import type { Clicks, Point } from "./types";

export type Box = [number, number, number, number];

/** A click that can be dragged: one of the four corners, the inside click, a correction. */
export type Handle = { kind: "corner"; index: number } | { kind: "inside" } | { kind: "correction"; index: number };

/** Half-open, in image pixels. */
export function boxOf({ corners: [a, b] }: Clicks): Box {
  return [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[0], b[0]) + 1, Math.max(a[1], b[1]) + 1];
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
        corrections: clicks.corrections.map((c, index) => (index === handle.index ? [x, y, c[2]] : c)),
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

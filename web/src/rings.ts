// The outline of a mask as rings of points, and how one of its points is moved.

import type { Outline, Point } from "./types";

export type Ring = Point[];

/** A point of a ring, or (`insert`) the place on the edge that follows it. */
export interface Place {
  ring: number;
  index: number;
  insert: boolean;
}

/** A stretch of a ring and what takes its place; both have the same ends, which stay. */
export interface Bend {
  place: Place;
  before: Point[];
  after: Point[];
}

/** Outlines and holes, as the server walks around them. */
export function flat({ polygons }: Outline): Ring[] {
  return polygons.flatMap((part) => [part.outer, ...part.holes]);
}

/** The point or edge of the rings under (x, y); `screen` maps them to CSS pixels. Points come first. */
export function placeAt(rings: Ring[], screen: (point: Point) => Point, x: number, y: number, reach: number): Place | null {
  let best: Place | null = null;
  let nearest = reach;
  rings.forEach((ring, number) => {
    ring.forEach((point, index) => {
      const [px, py] = screen(point);
      const distance = Math.hypot(px - x, py - y);
      if (distance <= nearest) [nearest, best] = [distance, { ring: number, index, insert: false }];
    });
  });
  if (best) return best;
  rings.forEach((ring, number) => {
    ring.forEach((point, index) => {
      const [ax, ay] = screen(point);
      const [bx, by] = screen(ring[(index + 1) % ring.length]!);
      const length = (bx - ax) ** 2 + (by - ay) ** 2;
      const along = length ? Math.min(1, Math.max(0, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length)) : 0;
      const distance = Math.hypot(ax + along * (bx - ax) - x, ay + along * (by - ay) - y);
      if (distance < nearest) [nearest, best] = [distance, { ring: number, index, insert: true }];
    });
  });
  return best;
}

/** The movement of a place to a point; null takes a point away (a triangle keeps its three: then null). */
export function bend(rings: Ring[], place: Place, to: Point | null): Bend | null {
  const ring = rings[place.ring]!;
  const at = (offset: number) => ring[(place.index + offset + ring.length) % ring.length]!;
  if (place.insert) return to && { place, before: [at(0), at(1)], after: [at(0), to, at(1)] };
  const before = [at(-1), at(0), at(1)];
  if (to) return { place, before, after: [at(-1), to, at(1)] };
  return ring.length > 3 ? { place, before, after: [at(-1), at(1)] } : null;
}

/** The rings after a movement. */
export function replaced(rings: Ring[], { place, after }: Bend): Ring[] {
  const points = after.slice(1, -1);
  const from = place.index + (place.insert ? 1 : 0);
  return rings.map((ring, number) => (number === place.ring ? ring.toSpliced(from, place.insert ? 0 : 1, ...points) : ring));
}

/** Whether the moved stretch crosses the outline elsewhere. */
export function crossing(rings: Ring[], { after }: Bend): boolean {
  const moved = after.slice(1).map((end, index) => [after[index]!, end] as const);
  return moved.some(([a, b]) =>
    rings.some((ring) => ring.some((c, index) => cross(a, b, c, ring[(index + 1) % ring.length]!))),
  );
}

/** Whether two segments cross at a point that is an end of neither. */
function cross(a: Point, b: Point, c: Point, d: Point): boolean {
  const side = (p: Point, q: Point, r: Point) => Math.sign((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]));
  return side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;
}

// What formats write and read: photos with labelled objects.

import { type Polygon, polygons } from "../../../packages/iog-web/src/masks";
import { FLAGS, isYes, type Flag } from "../../facts";
import type { Clicks, Facts, Point } from "../../types";
import { Patch } from "../patch";
import { simplified, winding } from "../pixels";

/** An object to write. */
export interface Labelled {
  label: string;
  patch: Patch;
  facts?: Facts;
  clicks?: Clicks | null;
  score?: number | null;
  seconds?: number;
  clickCount?: number;
}

export interface Picture {
  path: string;
  width: number;
  height: number;
  objects: Labelled[];
  /** Of the data set, `train` or `val`, where it has parts. */
  part?: "train" | "val";
}

/** A box without a mask, or a mask; a shape that is known once the photo's size is. */
export interface Arrived {
  label: string;
  patch?: Patch;
  /** x0, y0, x1, y1 in continuous coordinates; of the photo's size if `relative`. */
  box?: [number, number, number, number];
  /** Closed rings; each on its own (`union`), or all together by the even-odd rule. */
  rings?: Point[][];
  union?: boolean;
  /** It may be one of several parts of an object, by its group. */
  parted?: boolean;
  /** Other parts of the same object. */
  more?: Pick<Arrived, "patch" | "rings">[];
  relative?: boolean;
  clicks?: Clicks | null;
  score?: number | null;
  facts?: Facts;
}

/** A photo as a file of labels names it; without a size if the file does not say. */
export interface Read {
  path: string;
  /** The name has no ending. */
  stem?: boolean;
  width?: number | undefined;
  height?: number | undefined;
  objects: Arrived[];
}

/** A distinct name without ending for each photo; `flat`: all in one folder. */
export function stems(pictures: { path: string }[], flat = false): Map<string, string> {
  const taken = new Set<string>();
  const named = (path: string) => (flat ? path.replaceAll("/", "__") : path);
  return new Map(
    pictures.map(({ path }) => {
      let stem = named(path.replace(/\.\w+$/, ""));
      if (taken.has(stem)) stem = named(path.replace(/\.(\w+)$/, "_$1"));
      while (taken.has(stem)) stem += "_";
      taken.add(stem);
      return [path, stem];
    }),
  );
}

/** Outline and holes of each part, in image coordinates. */
export function outlines(patch: Patch, tolerance: number): Polygon[] {
  const mask = { width: patch.box.x1, height: patch.box.y1, box: patch.box, pixels: patch.pixels };
  const simple = (ring: Point[]) => simplified(ring, tolerance);
  return polygons(mask)
    .map(({ outer, holes }) => ({ outer: simple(outer), holes: holes.map(simple).filter((ring) => ring.length > 2) }))
    .filter(({ outer }) => outer.length > 2);
}

/** A ring of 180 points, from the centre and both radii. */
export function ellipse([x, y]: Point, across: number, down: number): Point[] {
  return Array.from({ length: 180 }, (_, i): Point => {
    const angle = (i * Math.PI) / 90;
    return [x + across * Math.cos(angle), y + down * Math.sin(angle)];
  });
}

/** A ring turned clockwise around its middle. */
export function turned(ring: Point[], degrees: number): Point[] {
  if (degrees % 360 === 0) return ring;
  const [xs, ys] = [ring.map(([x]) => x), ring.map(([, y]) => y)];
  const [cx, cy] = [(Math.min(...xs) + Math.max(...xs)) / 2, (Math.min(...ys) + Math.max(...ys)) / 2];
  const [cosine, sine] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  return ring.map(([x, y]): Point => [cx + (x - cx) * cosine - (y - cy) * sine, cy + (x - cx) * sine + (y - cy) * cosine]);
}

/** The pixels within rings. */
export function filled(rings: Point[][], union: boolean, width: number, height: number): Patch {
  const window = { x: 0, y: 0, width, height };
  const pixels = new Uint8Array(width * height);
  for (const group of union ? rings.map((ring) => [ring]) : [rings]) {
    winding(group, window).forEach((turns, i) => {
      if (union ? turns !== 0 : turns % 2 !== 0) pixels[i] = 1;
    });
  }
  return Patch.of({ x0: 0, y0: 0, x1: width, y1: height }, pixels);
}

/** The flags that are set. */
export function stated(facts: Facts, flags: readonly Flag[]): Record<string, unknown> {
  return Object.fromEntries(flags.filter((flag) => facts[flag]).map((flag) => [flag, true]));
}

/** Facts as a file has them; flags may stand among the attributes. */
export function factsOf(all: Record<string, unknown>, group: unknown, description: unknown): Facts {
  const flags = Object.fromEntries(FLAGS.map((flag) => [flag, isYes(all[flag]) || all[flag] === 1])) as Record<Flag, boolean>;
  const attributes = Object.fromEntries(Object.entries(all).filter(([name]) => !(FLAGS as readonly string[]).includes(name)));
  return { ...flags, group: group == null ? null : String(group), description: String(description ?? ""), attributes };
}

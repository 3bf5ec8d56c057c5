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

/** A distinct name without ending for each photo. */
export function stems(pictures: { path: string }[]): Map<string, string> {
  const taken = new Set<string>();
  return new Map(
    pictures.map(({ path }) => {
      let stem = path.replace(/\.\w+$/, "");
      if (taken.has(stem)) stem = path.replace(/\.(\w+)$/, "_$1");
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

/**
 * What a person clicked for one object: values that check themselves.
 *
 * Convention: x to the right, y down, always in the order (x, y). A click names a pixel: (3, 5) is the square
 * [3, 4) x [5, 6), its centre (3.5, 5.5). Fractions are floored to the pixel that they lie in. Boxes are half-open.
 * The same rules as `iog.clicks` of the Python package.
 */
import { IogError } from "./errors.js";

export type Pixel = readonly [x: number, y: number];

/**
 * A click after the third: `foreground` says whether its pixel belongs to the object. With a `path` it is a stroke,
 * drawn through these pixels, and (x, y) is its middle one.
 */
export interface Correction {
  readonly x: number;
  readonly y: number;
  readonly foreground: boolean;
  readonly path?: readonly Pixel[];
}

/** The clicks of one object. Make them with `clicksOf`, which checks them. */
export interface Clicks {
  readonly corners: readonly [Pixel, Pixel];
  readonly inside: Pixel | null;
  readonly corrections: readonly Correction[];
}

/** Half-open: columns x0 up to but not including x1, rows y0 to y1. */
export interface Box {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Boxes with a side shorter than this many pixels are refused. */
export const MINIMUM_SIDE = 4;

const FURTHEST = 1_000_000;

/** Checked clicks; an `IogError` names the click and the rule that it breaks. */
export function clicksOf(
  corners: readonly (readonly number[])[],
  inside: readonly number[] | null = null,
  corrections: readonly Correction[] = [],
): Clicks {
  if (corners.length !== 2) throw new IogError(`corners: expected two opposite corners of a box, got ${corners.length}`);
  const [first, second] = corners.map((corner, i) => pixel(corner, `corner ${i + 1}`)) as [Pixel, Pixel];
  const clicks: Clicks = {
    corners: [first, second],
    inside: inside === null ? null : pixel(inside, "inside click"),
    corrections: corrections.map((c, i) => {
      const path = (c.path ?? [[c.x, c.y]]).map((one) => pixel(one, `correction ${i + 1}`));
      const distinct = path.filter(([x, y], n) => x !== path[n - 1]?.[0] || y !== path[n - 1]?.[1]);
      if (distinct.length === 0) throw new IogError(`correction ${i + 1}: expected at least one pixel`);
      const [x, y] = distinct[Math.floor(distinct.length / 2)]!;
      return { x, y, foreground: c.foreground, ...(distinct.length > 1 ? { path: distinct } : {}) };
    }),
  };
  const box = boxOf(clicks);
  const [width, height] = [widthOf(box), heightOf(box)];
  if (width < MINIMUM_SIDE || height < MINIMUM_SIDE) {
    throw new IogError(
      `corners: the box is ${width} x ${height} pixels; each side needs at least ${MINIMUM_SIDE}. ` +
        "Click two corners that lie further apart",
    );
  }
  if (clicks.inside !== null && !contains(box, ...clicks.inside)) {
    throw new IogError(
      `inside click (${clicks.inside.join(", ")}) lies outside the box (${Object.values(box).join(", ")}); ` +
        "click on the object, between the two corners",
    );
  }
  return clicks;
}

/** The half-open box that the two corner pixels span, both included. */
export function boxOf({ corners: [[ax, ay], [bx, by]] }: Clicks): Box {
  return { x0: Math.min(ax, bx), y0: Math.min(ay, by), x1: Math.max(ax, bx) + 1, y1: Math.max(ay, by) + 1 };
}

/** The pixels that a click or a stroke runs through. */
export function pathOf({ x, y, path }: Correction): readonly Pixel[] {
  return path ?? [[x, y]];
}

/** Every click that says of a pixel what it belongs to, in order: the inside click, then corrections. */
export function labelled(clicks: Clicks): readonly Correction[] {
  if (clicks.inside === null) return clicks.corrections;
  const [x, y] = clicks.inside;
  return [{ x, y, foreground: true }, ...clicks.corrections];
}

/** Throws an `IogError` for clicks that a picture of this size cannot have. */
export function checkInsideImage(clicks: Clicks, size: Size): void {
  const image: Box = { x0: 0, y0: 0, x1: size.width, y1: size.height };
  const seen = intersection(boxOf(clicks), image);
  if (widthOf(seen) < MINIMUM_SIDE || heightOf(seen) < MINIMUM_SIDE) {
    throw new IogError(
      `corners: the box lies outside the image of ${size.width} x ${size.height} pixels ` +
        `(at least ${MINIMUM_SIDE} pixels a side must be within it)`,
    );
  }
  if (clicks.inside !== null) checkWithin(image, clicks.inside, "inside click");
  clicks.corrections.forEach((c, i) => {
    for (const one of pathOf(c)) checkWithin(image, one, `correction ${i + 1}`);
  });
}

export function sameClicks(a: Clicks, b: Clicks): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

export const widthOf = (box: Box): number => box.x1 - box.x0;
export const heightOf = (box: Box): number => box.y1 - box.y0;
export const contains = (box: Box, x: number, y: number): boolean =>
  box.x0 <= x && x < box.x1 && box.y0 <= y && y < box.y1;

export function union(a: Box, b: Box): Box {
  return { x0: Math.min(a.x0, b.x0), y0: Math.min(a.y0, b.y0), x1: Math.max(a.x1, b.x1), y1: Math.max(a.y1, b.y1) };
}

/** What both cover; a side is zero or negative where they do not meet. */
export function intersection(a: Box, b: Box): Box {
  return { x0: Math.max(a.x0, b.x0), y0: Math.max(a.y0, b.y0), x1: Math.min(a.x1, b.x1), y1: Math.min(a.y1, b.y1) };
}

function checkWithin(image: Box, [x, y]: Pixel, name: string): void {
  if (!contains(image, x, y)) {
    throw new IogError(`${name} (${x}, ${y}) lies outside the image of ${image.x1} x ${image.y1} pixels`);
  }
}

function pixel(value: readonly number[], name: string): Pixel {
  if (value.length !== 2) throw new IogError(`${name}: expected (x, y), got ${JSON.stringify(value)}`);
  const [x, y] = value.map((number) => {
    if (typeof number !== "number" || !Number.isFinite(number)) {
      throw new IogError(`${name}: ${String(number)} is not a finite number`);
    }
    if (Math.abs(number) > FURTHEST) throw new IogError(`${name}: coordinate ${number} is outside any image`);
    return Math.floor(number);
  });
  return [x!, y!];
}

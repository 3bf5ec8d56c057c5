// What is painted, drawn, reshaped and tidied in the browser is what the Python package makes of it.

import { describe, expect, test } from "vitest";

import { polygons } from "../packages/iog-web/src/masks";
import { compose } from "../src/local/bench";
import { Patch } from "../src/local/patch";
import { distances, simplified, winding } from "../src/local/pixels";
import type { Point, Stroke } from "../src/types";
import cases from "./golden/works.json";

const [width, height] = [120, 90];
const patchOf = ({ box, runs }: { box: number[]; runs: number[] }) =>
  Patch.restored({ box: box as [number, number, number, number], runs: Uint32Array.from(runs) });
const whole = (patch: Patch) => patch.within({ x0: 0, y0: 0, x1: width, y1: height });

function iou(a: Uint8Array, b: Uint8Array): number {
  const count = (meets: (i: number) => unknown) => a.reduce((sum, _, i) => sum + Number(Boolean(meets(i))), 0);
  return count((i) => a[i]! & b[i]!) / count((i) => a[i]! | b[i]!);
}

describe.each(cases.map((one, number) => ({ ...one, number })))("$kind $number", (one) => {
  test("the same mask", () => {
    // Outlines of the browser go the other way around than OpenCV's: a moved stretch of theirs is walked backwards.
    const strokes = (one.strokes as unknown as Stroke[]).map((stroke) =>
      "before" in stroke
        ? { ...stroke, before: (stroke.before as Point[]).toReversed(), after: (stroke as unknown as { after: Point[] }).after.toReversed() }
        : stroke,
    );
    const { largest, fill, spare } = one;
    const work = { clicks: null, strokes, largest, fill, spare, imported: patchOf(one.start).stored() };
    const made = compose(work, null, one.accepted.map(patchOf), { width, height });
    const [ours, theirs] = [whole(made), whole(patchOf(one.made))];
    if (one.kind === "stroke") {
      // OpenCV's brush is rounded to whole pixels: at most the pixel at its edge is another.
      const edges = (strokes as Stroke[]).map(({ points, radius }) =>
        distances(points, { x: 0, y: 0, width, height }, radius + 2).map((away) => Math.abs(away - radius)),
      );
      ours.forEach((pixel, i) => {
        if (pixel !== theirs[i]) expect(Math.min(...edges.map((edge) => edge[i]!))).toBeLessThan(1.5);
      });
      expect(iou(ours, theirs)).toBeGreaterThan(0.95);
    } else if (one.kind === "reshape") expect(iou(ours, theirs)).toBeGreaterThan(0.97);
    else expect(ours).toEqual(theirs);
  });

  test("the outline winds around the mask, and runs hold it", () => {
    const patch = patchOf(one.made);
    const mask = { width, height, box: patch.box, pixels: patch.pixels };
    const rings = polygons(mask).flatMap(({ outer, holes }) => [outer, ...holes]);
    expect(Uint8Array.from(winding(rings, { x: 0, y: 0, width, height }))).toEqual(whole(patch));
    expect(Patch.restored(patch.stored()).equals(patch)).toBe(true);
    expect(patch.area).toBe(patch.pixels.filter((pixel) => pixel === 1).length);
  });

  test("a simplified outline strays no further than it may", () => {
    const patch = patchOf(one.made);
    for (const { outer } of polygons({ width, height, box: patch.box, pixels: patch.pixels })) {
      const few = simplified(outer, 2);
      expect(few.length).toBeLessThanOrEqual(outer.length);
      const gap = ([x, y]: Point, [ax, ay]: Point, [bx, by]: Point) => {
        const along = Math.min(Math.max(((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2 || 1), 0), 1);
        return Math.hypot(ax + along * (bx - ax) - x, ay + along * (by - ay) - y);
      };
      for (const point of outer) {
        expect(Math.min(...few.map((start, i) => gap(point, start, few[(i + 1) % few.length]!)))).toBeLessThan(2.001);
      }
    }
  });
});

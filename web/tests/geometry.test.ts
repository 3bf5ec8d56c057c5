// Boxes, outlines and the view: what is under the cursor, and where it lies.

import { describe, expect, it } from "vitest";
import { boxOf, contains, cornersOf, moveClick, removeClick } from "../src/clicks";
import { Mask } from "../src/mask";
import { bend, crossing, flat, placeAt, replaced, type Ring } from "../src/rings";
import { ringsOf } from "../src/trace";
import type { Clicks, Point } from "../src/types";
import { View } from "../src/view";

const CLICKS: Clicks = { corners: [[30, 40], [10, 20]], inside: [20, 30], corrections: [[12, 22, true], [28, 38, false]] };
const SQUARE: Ring = [[0, 0], [10, 0], [10, 10], [0, 10]];
const same = (point: Point): Point => point;

describe("clicks", () => {
  it("make a half-open box of either diagonal", () => {
    expect(boxOf(CLICKS)).toEqual([10, 20, 31, 41]);
    expect(contains(boxOf(CLICKS), [30, 40])).toBe(true);
    expect(contains(boxOf(CLICKS), [31, 40])).toBe(false);
  });

  it("have four corners, of which two are inferred; each can be dragged", () => {
    expect(cornersOf(CLICKS)).toEqual([[30, 40], [10, 20], [30, 20], [10, 40]]);
    for (const index of [0, 1, 2, 3]) {
      const moved = moveClick(CLICKS, { kind: "corner", index }, [33, 44]);
      expect(cornersOf(moved)[index]).toEqual([33, 44]);
      // The opposite corner stays: 0 and 1, 2 and 3.
      expect(cornersOf(moved)[index ^ 1]).toEqual(cornersOf(CLICKS)[index ^ 1]);
    }
  });

  it("keep a correction's kind when it moves, and lose only the one that goes", () => {
    expect(moveClick(CLICKS, { kind: "correction", index: 1 }, [1, 2]).corrections).toEqual([[12, 22, true], [1, 2, false]]);
    expect(removeClick(CLICKS, { kind: "correction", index: 0 })?.corrections).toEqual([[28, 38, false]]);
    expect(removeClick(CLICKS, { kind: "inside" })?.inside).toBeNull();
    expect(removeClick(CLICKS, { kind: "corner", index: 0 })).toBeNull();
  });
});

describe("outlines", () => {
  it("are outer rings and holes, one after the other", () => {
    const hole: Ring = [[2, 2], [4, 2], [4, 4]];
    expect(flat({ polygons: [{ outer: SQUARE, holes: [hole] }] } as unknown as Parameters<typeof flat>[0])).toEqual([SQUARE, hole]);
  });

  it("are met at a point before an edge, and not beyond reach", () => {
    expect(placeAt([SQUARE], same, 9, 1, 3)).toEqual({ ring: 0, index: 1, insert: false });
    expect(placeAt([SQUARE], same, 5, 1, 3)).toEqual({ ring: 0, index: 0, insert: true });
    expect(placeAt([SQUARE], same, -1, 5, 3)).toEqual({ ring: 0, index: 3, insert: true }); // the edge that closes the ring
    expect(placeAt([SQUARE], same, 5, 5, 3)).toBeNull();
  });

  it("bend at a point or at an edge, and keep a triangle", () => {
    const moved = bend([SQUARE], { ring: 0, index: 0, insert: false }, [-2, -2])!;
    expect(moved.before).toEqual([[0, 10], [0, 0], [10, 0]]);
    expect(replaced([SQUARE], moved)).toEqual([[[-2, -2], [10, 0], [10, 10], [0, 10]]]);
    const inserted = bend([SQUARE], { ring: 0, index: 3, insert: true }, [-3, 5])!;
    expect(replaced([SQUARE], inserted)).toEqual([[...SQUARE, [-3, 5]]]);
    const gone = bend([SQUARE], { ring: 0, index: 2, insert: false }, null)!;
    expect(replaced([SQUARE], gone)).toEqual([[[0, 0], [10, 0], [0, 10]]]);
    expect(bend([SQUARE.slice(0, 3)], { ring: 0, index: 2, insert: false }, null)).toBeNull();
  });

  it("say when a movement crosses them", () => {
    const place = { ring: 0, index: 0, insert: false };
    expect(crossing([SQUARE], bend([SQUARE], place, [5, 5])!)).toBe(false);
    expect(crossing([SQUARE], bend([SQUARE], place, [15, 5])!)).toBe(true);
  });
});

describe("masks", () => {
  // 4 x 3: a ring of pixels with a hole in it, stretched over twice its size at (10, 20).
  const message = { box: [10, 20, 18, 26], size: [4, 3], runs: [0, 5, 2, 5] } as unknown as ConstructorParameters<typeof Mask>[0];

  it("cover what their runs say, and nothing outside of their box", () => {
    const mask = new Mask(message);
    const covered = (x: number, y: number) => mask.covers(10 + 2 * x + 1, 20 + 2 * y + 1);
    expect([0, 1, 2, 3].map((x) => covered(x, 1))).toEqual([true, false, false, true]);
    expect([0, 1, 2, 3].every((x) => covered(x, 0) && covered(x, 2))).toBe(true);
    expect(mask.covers(9, 20)).toBe(false);
    expect(mask.covers(18, 20)).toBe(false);
  });

  it("have rings that fill to their pixels by the even-odd rule", () => {
    const filled = (rings: number[][], x: number, y: number) => {
      let crossings = 0; // of a ray to the right with the upright edges
      for (const ring of rings) {
        for (let i = 0; i < ring.length; i += 2) {
          const [ax, ay, by] = [ring[i]!, ring[i + 1]!, ring[(i + 3) % ring.length]!];
          if (ax > x && Math.min(ay, by) < y && Math.max(ay, by) > y) crossings += 1;
        }
      }
      return crossings % 2;
    };
    const [width, height] = [4, 3];
    for (let bits = 0; bits < 1 << (width * height); bits += 7) {
      const pixels = Array.from({ length: width * height }, (_, index) => (bits >> index) & 1);
      const runs = [0];
      let now = 0;
      for (const pixel of pixels) {
        if (pixel !== now) runs.push(0);
        runs[runs.length - 1]! += 1;
        now = pixel;
      }
      const rings = ringsOf(runs, width, height);
      expect(pixels.map((_, index) => filled(rings, (index % width) + 0.5, Math.floor(index / width) + 0.5))).toEqual(pixels);
    }
  });
});

describe("the view", () => {
  it("goes to the screen and back, and zooms around the cursor", () => {
    const view = new View(400, 200, 848, 448);
    view.fit();
    expect(view.scale).toBeCloseTo(2.06);
    const under = view.toImage(100, 120);
    view.zoomAt(100, 120, 3);
    const [x, y] = view.toScreen(under);
    expect(x).toBeCloseTo(100);
    expect(y).toBeCloseTo(120);
    expect(view.scale).toBeCloseTo(6.18);
  });

  it("stops at half the fitted size and at 64 screen pixels for one", () => {
    const view = new View(400, 200, 848, 448);
    view.fit();
    const fitted = view.scale;
    view.zoom(1e-6);
    expect(view.scale).toBeCloseTo(fitted / 2);
    view.zoom(1e6);
    expect(view.scale).toBe(64);
  });

  it("keeps a fitted photo fitted, and another's centre, when the window changes", () => {
    const view = new View(400, 200, 848, 448);
    view.fit();
    view.resize(448, 448);
    expect(view.scale).toBeCloseTo(424 / 400);
    view.zoom(2);
    const centre = view.toImage(224, 224);
    view.resize(648, 348);
    expect(view.toImage(324, 174)[0]).toBeCloseTo(centre[0]);
    expect(view.toImage(324, 174)[1]).toBeCloseTo(centre[1]);
  });

  it("puts points into the photo", () => {
    expect(new View(400, 200).clamp([-3, 250.7])).toEqual([0, 199]);
    expect(new View(400, 200).clamp([12.9, 0.2])).toEqual([12, 0]);
  });
});

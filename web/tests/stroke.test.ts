import { describe, expect, it } from "vitest";
import { moveClick, strokeOf } from "../src/clicks";
import type { Clicks, Point } from "../src/types";

describe("a stroke", () => {
  it("of one pixel is a click", () => {
    expect(strokeOf([[3, 4], [3, 4], [3, 4]], true)).toEqual([3, 4, true]);
  });

  it("has its middle pixel first", () => {
    expect(strokeOf([[0, 0], [1, 0], [1, 0], [5, 0]], false)).toEqual([1, 0, false, [[0, 0], [1, 0], [5, 0]]]);
  });

  it("of thousands of pixels loses some, but neither end, and none follows on itself", () => {
    const pixels = Array.from({ length: 5001 }, (_, i): Point => [Math.floor(i / 2) % 7, Math.floor(i / 3)]);
    const [x, y, , path] = strokeOf(pixels, true);
    expect(path!.length).toBeLessThanOrEqual(1000);
    expect([path![0], path!.at(-1)]).toEqual([pixels[0], pixels.at(-1)]);
    expect(path![Math.floor(path!.length / 2)]).toEqual([x, y]);
    expect(path!.some(([a, b], i) => a === path![i - 1]?.[0] && b === path![i - 1]?.[1])).toBe(false);
  });

  it("moves as a whole", () => {
    const clicks: Clicks = { corners: [[0, 0], [9, 9]], inside: [4, 4], corrections: [strokeOf([[1, 1], [2, 1], [3, 2]], true)] };
    expect(moveClick(clicks, { kind: "correction", index: 0 }, [5, 6]).corrections).toEqual([[5, 6, true, [[4, 6], [5, 6], [6, 7]]]]);
  });
});

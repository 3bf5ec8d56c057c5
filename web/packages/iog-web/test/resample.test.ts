// Masks of large windows: the pixels that are not computed are those that the whole answer has too.
import { describe, expect, test } from "vitest";

import type { Box, Size } from "../src/clicks.js";
import { reachedPart, resizedPart } from "../src/resample.js";

/** Numbers in 0..1 that are the same each time. */
function random(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 16807) % 2147483647) / 2147483647;
}

const around = ({ width, height }: Size): Box => ({ x0: 0, y0: 0, x1: width, y1: height });

const maps: Record<string, (x: number, y: number, next: () => number) => number> = {
  "a disc": (x, y) => 1 / (1 + Math.exp(Math.hypot(x - 30, y - 25) - 14)),
  "a ring and a dot": (x, y) => Math.max(Math.exp(-((Math.hypot(x - 30, y - 30) - 20) ** 2) / 9), Math.exp(-(x * x + y * y) / 4)),
  noise: (_x, _y, next) => next(),
  "noise about the threshold": (_x, _y, next) => 0.5 + 3e-7 * (next() - 0.5),
  "exactly the threshold": () => 0.5,
  nothing: () => 0.1,
  everything: () => 1,
};

describe.each(Object.keys(maps))("%s", (name) => {
  const from = { width: 64, height: 64 };
  const next = random(7);
  const values = Float32Array.from({ length: 64 * 64 }, (_, i) => maps[name]!(i % 64, Math.floor(i / 64), next));

  test.each([[64, 64], [640, 481], [65, 700], [40, 33], [40, 300], [300, 40], [7, 1]])("to %i x %i", (width, height) => {
    const to = { width, height };
    const parts = [around(to), { x0: Math.floor(width / 3), y0: Math.floor(height / 4), x1: width - 1, y1: height }];
    for (const part of parts) {
      const whole = resizedPart(values, from, to, part);
      const expected = whole.map((value) => Number(value >= 0.5));
      expect(Buffer.from(reachedPart(values, from, to, part, 0.5)).equals(Buffer.from(Uint8Array.from(expected)))).toBe(true);
    }
  });
});

test("a map of one pixel, and of one column", () => {
  const to = { width: 9, height: 5 };
  expect(reachedPart(Float32Array.of(0.7), { width: 1, height: 1 }, to, around(to), 0.5)).toEqual(new Uint8Array(45).fill(1));
  const column = reachedPart(Float32Array.of(0, 1), { width: 1, height: 2 }, to, around(to), 0.5);
  expect(column).toEqual(Uint8Array.from({ length: 45 }, (_, i) => Number(i >= 18))); // the middle row is exactly 0.5
});

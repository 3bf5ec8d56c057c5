// Golden vectors of the Python package: golden/write.py makes them, tests/web/test_golden.py holds them to it.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";

import { CHANNELS, type Correction, clickMaps, clicksOf, cropOf, extract } from "../src/index.js";
import { pattern } from "./pattern.js";

interface Case {
  image: [number, number];
  size: number;
  margin: number;
  clicks: { corners: number[][]; inside: number[] | null; corrections: [number, number, boolean, [number, number][]?][] };
  window: number[];
  at: number[];
  maps: Record<string, number[]>;
  map_sums: Record<string, number>;
  pixels: string;
}

const cases: Case[] = JSON.parse(await readFile(new URL("../golden/geometry.json", import.meta.url), "utf8"));

describe.each(cases.map((golden, number) => ({ golden, number })))("case $number", ({ golden }) => {
  const { clicks: stored, margin, size } = golden;
  const corrections = stored.corrections.map(([x, y, foreground, path]): Correction => ({ x, y, foreground, ...(path ? { path } : {}) }));
  const clicks = clicksOf(stored.corners, stored.inside, corrections);
  const crop = cropOf(clicks, margin, size);

  test("the window", () => {
    expect(Object.values(crop.window)).toEqual(golden.window);
  });

  test("click maps", () => {
    const maps = clickMaps(clicks, crop, null);
    CHANNELS.forEach((name, i) => {
      const map = maps.subarray(i * size * size, (i + 1) * size * size);
      golden.at.forEach((at, n) => expect(Math.abs(map[at]! - golden.maps[name]![n]!)).toBeLessThan(1.2e-7));
      expect(map.reduce((sum, value) => sum + value, 0)).toBeCloseTo(golden.map_sums[name]!, 3);
    });
  });

  test("pixels", () => {
    const pixels = extract(pattern(...golden.image), crop);
    expect(createHash("sha256").update(pixels).digest("hex")).toBe(golden.pixels);
  });
});

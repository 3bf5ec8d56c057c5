// The way along edges.

import { describe, expect, it } from "vitest";
import { Wire, edgesOf, simplified, snapped } from "../src/livewire";
import { Polygon } from "../src/polygon";
import type { Point } from "../src/types";

const SIDE = 80;

/** A picture that is light where `inside` says so; noise of a few levels, the same each time. */
function picture(inside: (x: number, y: number) => boolean): Uint8ClampedArray {
  const rgba = new Uint8ClampedArray(4 * SIDE * SIDE);
  for (let i = 0; i < SIDE * SIDE; i++) {
    const value = (inside((i % SIDE) + 0.5, Math.floor(i / SIDE) + 0.5) ? 180 : 90) + ((i * 7919) % 7);
    rgba.set([value, value, value, 255], 4 * i);
  }
  return rgba;
}

const disc = (x: number, y: number) => Math.hypot(x - 40, y - 40) < 25;
const length = (path: Point[]) => path.slice(1).reduce((sum, [x, y], i) => sum + Math.hypot(x - path[i]![0], y - path[i]![1]), 0);

describe("the way along edges", () => {
  it("follows a circle between two points on it", () => {
    const edges = edgesOf(picture(disc), SIDE, SIDE);
    const path = new Wire(edges, [15, 40]).pathTo([40, 15]);
    for (const [x, y] of path) expect(Math.abs(Math.hypot(x - 40, y - 40) - 25)).toBeLessThan(1.5);
    expect(path.at(-1)).toEqual([40, 15]);
    const quarter = (Math.PI / 2) * 25;
    expect(length([[15, 40], ...path])).toBeGreaterThan(0.95 * quarter);
  });

  it("lies between the pixels of both sides of a straight edge", () => {
    const edges = edgesOf(picture((x) => x < 33), SIDE, SIDE);
    const path = new Wire(edges, [33, 10]).pathTo([33, 70]);
    expect(path.map(([x]) => x)).toEqual(Array(60).fill(33));
  });

  it("is straight where there is no edge", () => {
    const edges = edgesOf(picture(() => false), SIDE, SIDE);
    expect(simplified([[10, 10], ...new Wire(edges, [10, 10]).pathTo([60, 60])], 0.5)).toEqual([[10, 10], [60, 60]]);
  });

  it("is the same from a search that went further before", () => {
    const edges = edgesOf(picture(disc), SIDE, SIDE);
    const wire = new Wire(edges, [15, 40]);
    const near = wire.pathTo([20, 26]);
    wire.pathTo([65, 40]);
    expect(wire.pathTo([20, 26])).toEqual(near);
  });

  it("begins at the edge beside a click, and stays where there is none", () => {
    const edges = edgesOf(picture(disc), SIDE, SIDE);
    const [x, y] = snapped(edges, [18, 40], 4);
    expect(Math.abs(Math.hypot(x - 40, y - 40) - 25)).toBeLessThan(1);
    expect(snapped(edges, [40, 40], 4)).toEqual([40, 40]);
  });

  it("keeps the shape with fewer points", () => {
    const edges = edgesOf(picture(disc), SIDE, SIDE);
    const path: Point[] = [[15, 40], ...new Wire(edges, [15, 40]).pathTo([65, 40])];
    const fewer = simplified(path, 0.5);
    expect(fewer.length).toBeLessThan(path.length / 2);
    expect(Math.abs(length(fewer) - length(path)) / length(path)).toBeLessThan(0.1);
  });
});

describe("a polygon that is led", () => {
  const guide = {
    snap: ([x, y]: Point): Point => [Math.round(x), Math.round(y)],
    way: ([x]: Point, to: Point): Point[] => [[x, to[1]], to], // first down, then across
  };

  it("goes from corner to corner as it is led, back and closed", () => {
    const polygon = new Polygon();
    polygon.guide = guide;
    polygon.add([0.2, 0]);
    expect(polygon.closable).toBe(false);
    polygon.add([10, 10]);
    polygon.add([20, 30]);
    polygon.back();
    expect(polygon.corners).toEqual([[0, 0], [10, 10]]);
    expect(polygon.points).toEqual([[0, 0], [0, 10], [10, 10]]);
    expect(polygon.take()).toEqual([[0, 0], [0, 10], [10, 10], [10, 0]]);
    expect(polygon.begun).toBe(false);
  });

  it("has no more points than a backend takes", () => {
    const polygon = new Polygon();
    for (let i = 0; i < 12_000; i++) polygon.add([1000 * Math.cos(i / 1910), 1000 * Math.sin(i / 1910)]);
    const outline = polygon.take();
    expect(outline.length).toBeLessThanOrEqual(5000);
    expect(outline.length).toBeGreaterThan(20);
  });
});

// Zoom, and the colours of labels.

import { describe, expect, it } from "vitest";
import type { Backend } from "../src/backend";
import { difference } from "../src/colours";
import { Labels } from "../src/labels";
import { Saver } from "../src/saver";
import { View } from "../src/view";

const opened = () => {
  Object.assign(globalThis, { devicePixelRatio: 2 });
  const view = new View(1, 1, 1000, 600);
  view.setImage(4000, 3000);
  return view;
};

describe("the view", () => {
  it("shows one pixel of the screen for each of the photo at 100 %", () => {
    const view = opened();
    view.actualSize();
    expect(view.scale * devicePixelRatio).toBeCloseTo(1);
    expect(view.toImage(500, 300)).toEqual([2000, 1500]); // around the middle
  });

  it("zooms in and out around the middle", () => {
    const view = opened();
    const before = view.scale;
    view.zoom(1.25);
    expect(view.scale).toBeCloseTo(1.25 * before);
    view.zoom(1 / 1.25);
    expect(view.scale).toBeCloseTo(before);
    expect(view.toImage(500, 300)[0]).toBeCloseTo(2000);
  });

  it("stays where it was for a photo of the same size, and fits another", () => {
    const view = opened();
    view.actualSize();
    view.pan(-120, 40);
    const { x, y, scale } = view;
    view.setImage(4000, 3000);
    expect([view.x, view.y, view.scale]).toEqual([x, y, scale]);
    view.setImage(3000, 4000);
    expect(view.scale).toBeLessThan(scale);
    expect(view.toImage(500, 300).map(Math.round)).toEqual([1500, 2000]);
  });
});

describe("labels", () => {
  const names = Array.from({ length: 60 }, (_, place) => `label ${place}`);
  const labels = new Labels({} as Backend, new Saver(() => undefined));
  labels.read(names, { "label 50": "#123456" });

  it("have colours of their own beyond the first eight, which look different", () => {
    const colours = names.filter((name) => name !== "label 50").map((name) => labels.colour(name));
    const least = (count: number) => Math.min(...colours.slice(0, count).flatMap((one, place) =>
      colours.slice(0, place).map((other) => difference(one, other))));
    expect(least(8)).toBeGreaterThan(0.1);
    expect(least(20)).toBeGreaterThan(0.09);
    expect(least(40)).toBeGreaterThan(0.06);
    expect(new Set(colours).size).toBe(colours.length);
  });

  it("keep the colour that a person gave them", () => {
    expect(labels.colour("label 50")).toBe("#123456");
  });
});

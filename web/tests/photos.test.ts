// Which photos are decoded, and how far.

import { beforeEach, expect, it, vi } from "vitest";

const read = vi.hoisted(() => ({ pixels: [] as number[], closed: [] as number[] }));
vi.mock("../packages/iog-web/src/pictures", () => ({
  bitmapOf: async (file: { size: number }) => ({ width: file.size, height: 1, close: () => read.closed.push(file.size) }),
  pixelsOf: ({ width }: { width: number }) => { read.pixels.push(width); return { width }; },
}));
vi.stubGlobal("createImageBitmap", async () => ({ width: 1, height: 1, close: () => undefined }));
const { Photos } = await import("../src/local/photos");

/** The photo of a number is so many pixels wide. */
const opened = () => {
  const kept = (number: number) => new Blob(["x".repeat(number)]);
  const store = {
    photo: async () => ({ path: "p.jpg", width: null, height: null, problem: null }), updatePhoto: async () => undefined,
    database: { read: async (task: (tables: object) => unknown) => task({ get: async (_: string, number: number) => kept(number) }) },
  };
  return new Photos(store as unknown as ConstructorParameters<typeof Photos>[0]);
};
const later = () => new Promise((resolve) => { setTimeout(resolve, 30); });

beforeEach(() => { read.pixels = []; read.closed = []; });

it("are those on which the page stays: others give no pixels", async () => {
  const photos = opened();
  for (const number of [1, 2, 3]) void photos.display(number);
  await later();
  expect(read.pixels).toEqual([3]);
  expect(read.closed.sort()).toEqual([1, 2, 3]);
});

it("are those whose pixels a click waits for, also when the page goes on", async () => {
  const photos = opened();
  const waited = photos.pixels(1);
  await photos.display(2);
  expect(await waited).toEqual({ width: 1 });
  await later();
});

it("give no pixels for their size", async () => {
  const photos = opened();
  expect(await photos.size(4)).toEqual({ width: 4, height: 1 });
  expect(await photos.size(5)).toEqual({ width: 5, height: 1 });
  await later();
  expect([read.pixels, read.closed]).toEqual([[], [4]]); // 5 may be shown next
});

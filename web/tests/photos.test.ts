// Which photos are decoded, and how far.

import { beforeEach, describe, expect, it, vi } from "vitest";
import type { PhotoRow } from "../src/local/rows";

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

it("are decoded once, from when the page is about to show them", async () => {
  const photos = opened();
  photos.begin(6);
  await later();
  expect(read.pixels).toEqual([]); // nobody has shown it yet
  await photos.display(6);
  await later();
  expect([read.pixels, read.closed]).toEqual([[6], [6]]);
});

it("give no pixels for their size", async () => {
  const photos = opened();
  expect(await photos.size(4)).toEqual({ width: 4, height: 1 });
  expect(await photos.size(5)).toEqual({ width: 5, height: 1 });
  await later();
  expect([read.pixels, read.closed]).toEqual([[], [4]]); // 5 may be shown next
});

describe("photos of a folder that is read where it lies", () => {
  /** The browser's tables, as far as photos need them. */
  function tables() {
    const kept = new Map<string, Map<unknown, { id?: number }>>();
    const of = (store: string) => kept.get(store) ?? kept.set(store, new Map()).get(store)!;
    return {
      get: async (store: string, key: unknown) => of(store).get(key),
      all: async (store: string, key: unknown, index: string) => [...of(store).values()].filter((row) => (row as Record<string, unknown>)[index] === key),
      put: async (store: string, row: { id?: number }, key: unknown = row.id ?? of(store).size + 1) => {
        of(store).set(key, store === "photos" ? { ...row, id: key as number } : row);
        return key;
      },
    };
  }
  const handle = (getFile: () => Promise<Blob>) => ({ kind: "file", getFile }) as unknown as FileSystemFileHandle;
  const readable = (width: number) => handle(async () => new Blob(["x".repeat(width)]));
  const refused = (name: string) => handle(() => Promise.reject(new DOMException("no", name)));

  /** A visit to the page; the tables outlive it. */
  function visit(kept: ReturnType<typeof tables>) {
    const task = (work: (all: object) => unknown) => work(kept);
    const photo = async (number: number) => (await kept.get("photos", number)) as PhotoRow;
    const updatePhoto = async (number: number, facts: object) => kept.put("photos", { ...(await photo(number)), ...facts });
    return new Photos({ photo, updatePhoto, database: { read: task, write: task } } as unknown as ConstructorParameters<typeof Photos>[0]);
  }

  it("may not be read after a restart: the folder, opened again, gives the same photos their files", async () => {
    const kept = tables();
    expect(await visit(kept).add([{ path: "in/1.jpg", file: readable(7) }])).toEqual({ count: 1, notes: [] });
    expect((await visit(kept).size(1)).width).toBe(7);
    await kept.put("files", refused("NotAllowedError") as never, 1); // what a handle is after a restart
    const later = visit(kept);
    await expect(later.display(1)).rejects.toThrow("the browser may not read in/1.jpg; open its folder again");
    await expect(later.thumbnail(1)).rejects.toThrow("open its folder again");
    expect(await kept.get("photos", 1)).toMatchObject({ problem: null, width: 7 }); // nothing is wrong with the photo
    const added = await later.add([{ path: "in/1.jpg", file: readable(7) }, { path: "in/2.jpg", file: readable(5) }]);
    expect(added.count).toBe(1); // the second alone: the first keeps its number, and so its objects
    await later.display(1);
    expect(await later.pixels(1)).toEqual({ width: 7 });
  });

  it("say which file is gone, and which is another one now", async () => {
    const kept = tables();
    await visit(kept).add([{ path: "1.jpg", file: readable(7) }]);
    await visit(kept).size(1);
    await kept.put("files", refused("NotFoundError") as never, 1);
    await expect(visit(kept).display(1)).rejects.toThrow("1.jpg is no longer where it was; add it again");
    await visit(kept).add([{ path: "1.jpg", file: readable(9) }]);
    await expect(visit(kept).display(1)).rejects.toThrow("it was 7 x 1 pixels and is now 9 x 1");
  });
});

// Photos that a person gave to the page: a copy of each file, or a handle that leads to it. Nothing leaves the browser.

import type { Picture } from "../../packages/iog-web/src/crop";
import { bitmapOf, pixelsOf } from "../../packages/iog-web/src/pictures";
import { Lost, Refusal } from "../backend";
import type { Count } from "../types";
import { type PhotoRow, sortKey } from "./rows";
import type { Store } from "./store";

/** The page shows at most so many pixels; clicks and masks stay at the photo's resolution. */
const SHOWN = 1 << 24;
const THUMBNAIL_SIDE = 160;
const ENDINGS = /\.(jpe?g|png|webp|gif|bmp|avif)$/i;

/** A photo to add; `path` is its name in the project. */
export interface Source {
  path: string;
  file: File | FileSystemFileHandle;
}

interface Size {
  width: number;
  height: number;
}

/** A photo that is decoded: its pixels once they are read, and what the page shows until it takes that. */
interface Opened {
  number: number;
  bitmap: Promise<ImageBitmap>;
  size: Promise<Size>;
  shown: Promise<ImageBitmap> | null;
  pixels: Promise<Picture> | null;
  /** Somebody waits for the pixels: they are read also if the page goes on to another photo. */
  wanted: boolean;
}

export const isPhoto = ({ path }: Source) => ENDINGS.test(path);

export class Photos {
  private open: Opened | null = null; // one alone: each takes a hundred megabytes while it is read
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly store: Store) {}

  /** Add photos; such as are there already stay. Each is on the disk before the next is read. */
  async add(sources: Source[]): Promise<Count> {
    const notes: string[] = [];
    let count = 0;
    for (const source of sources.filter(isPhoto)) {
      try {
        if (await this.addOne(source)) count += 1;
      } catch (error) {
        if (error instanceof Lost) throw error;
        notes.push(`${source.path} cannot be read: ${(error as Error).message}`);
      }
    }
    const others = sources.length - sources.filter(isPhoto).length;
    if (others) notes.push(`${others} files are no photos that a browser can read (JPEG, PNG, WebP, GIF, BMP, AVIF)`);
    return { count, notes };
  }

  /** Whether it is new. */
  private async addOne({ path, file }: Source): Promise<boolean> {
    const isFile = file instanceof File;
    // A copy of its own: the person's file may go.
    const kept = isFile ? new Blob([await file.arrayBuffer()], { type: file.type }) : file;
    const bytes = isFile ? file.size : 0;
    const sha256 = isFile ? await digest(kept as Blob) : null;
    return this.store.database.write(async (tables) => {
      let name = path;
      for (let number = 2; ; number++) {
        const [there] = await tables.all<PhotoRow>("photos", name, "path");
        if (!there) break;
        if (!isFile || (there.sha256 ?? sha256) === sha256) {
          // The same again: now its file can be read, if it could not before.
          await tables.put("files", kept, there.id);
          await tables.put("photos", { ...there, problem: null, sha256: there.sha256 ?? sha256, bytes });
          return false;
        }
        name = path.replace(/(\.\w+)$/, ` (${number})$1`);
      }
      const row: Omit<PhotoRow, "id"> = {
        path: name, sort: sortKey(name), sha256, bytes, width: null, height: null, done: false, problem: null,
      };
      const id = await tables.put("photos", row);
      await tables.put("files", kept, id);
      return true;
    });
  }

  /** Take a photo away, with its objects. */
  remove(number: number): Promise<void> {
    if (this.open?.number === number) this.close();
    return this.store.database.write(async (tables) => {
      const objects = (await tables.all<{ id: number }>("objects", number, "photo")).map(({ id }) => id);
      for (const id of objects) {
        await tables.remove("steps", IDBKeyRange.bound([id, 0], [id, Infinity]));
        for (const timing of await tables.all<{ id: number }>("timings", id, "object")) await tables.remove("timings", timing.id);
        await tables.remove("objects", id);
      }
      for (const entry of await tables.all<{ id: number }>("history", number, "photo")) await tables.remove("history", entry.id);
      for (const table of ["photos", "files", "thumbnails"] as const) await tables.remove(table, number);
    });
  }

  /** All pixels, upright. */
  pixels(number: number): Promise<Picture> {
    const opened = this.opened(number, false);
    opened.wanted = true;
    return this.begun(opened);
  }

  /** Width and height; only a photo that was never read is decoded for it, and then shown next (`show`). */
  async size(number: number, show = false): Promise<Size> {
    const { width, height, problem } = await this.store.photo(number);
    if (width === null || height === null || problem !== null) return this.opened(number, show).size;
    return { width, height };
  }

  /** Decode a photo that is shown next, before anybody waits for it. */
  begin(number: number): void {
    this.opened(number, true);
  }

  /** What the page shows; it belongs to whoever asked. */
  async display(number: number): Promise<ImageBitmap> {
    const opened = this.opened(number, true);
    const { shown } = opened;
    void this.begun(opened).catch(() => undefined); // the first click needs them
    opened.shown = null;
    if (shown) return shown;
    const bitmap = await this.read(number);
    return shownOf(bitmap).finally(() => bitmap.close());
  }

  private opened(number: number, show: boolean): Opened {
    if (this.open?.number === number) return this.open;
    this.close();
    const bitmap = this.read(number);
    const size = bitmap.then(({ width, height }) => ({ width, height }));
    const shown = show ? bitmap.then(shownOf) : null;
    const open: Opened = { number, bitmap, size, shown, pixels: null, wanted: false };
    for (const part of [size, shown]) part?.catch(() => undefined);
    bitmap.catch(() => this.forget(open));
    return (this.open = open);
  }

  private begun(open: Opened): Promise<Picture> {
    if (!open.pixels) {
      open.pixels = this.pixelsAfter(open, open.shown);
      open.pixels.catch(() => this.forget(open));
    }
    return open.pixels;
  }

  /** The page gets what it shows first. */
  private async pixelsAfter(open: Opened, shown: Promise<unknown> | null): Promise<Picture> {
    const bitmap = await open.bitmap;
    try {
      await shown?.catch(() => undefined);
      await new Promise((resolve) => { setTimeout(resolve, 0); });
      if (this.open !== open && !open.wanted) throw new Refusal("the page shows another photo"); // nobody hears it
      return pixelsOf(bitmap);
    } finally {
      bitmap.close();
    }
  }

  private forget(open: Opened): void {
    if (this.open === open) this.open = null;
  }

  private close(): void {
    const { shown, pixels, bitmap } = this.open ?? {};
    for (const unused of [shown, pixels ? null : bitmap]) {
      // Not before the copy that is shown was made of it.
      if (unused) void Promise.allSettled([shown]).then(() => unused).then((one) => one.close(), () => undefined);
    }
    this.open = null;
  }

  /** One at a time: while a photo is decoded it takes much memory. */
  thumbnail(number: number): Promise<Blob> {
    const made = this.turn.then(() => this.makeThumbnail(number));
    this.turn = made.catch(() => undefined);
    return made;
  }

  private async makeThumbnail(number: number): Promise<Blob> {
    const known = await this.store.database.read((tables) => tables.get<Blob>("thumbnails", number));
    if (known) return known;
    const { path } = await this.store.photo(number);
    const file = await this.file(number);
    let made: Blob;
    try {
      made = await smaller(file, THUMBNAIL_SIDE);
    } catch (error) {
      throw await this.broken(number, path, error);
    }
    await this.store.database.write((tables) => tables.put("thumbnails", made, number)).catch(() => undefined);
    return made;
  }

  private async read(number: number): Promise<ImageBitmap> {
    const row = await this.store.photo(number);
    const file = await this.file(number);
    let bitmap: ImageBitmap;
    try {
      bitmap = await bitmapOf(file);
    } catch (error) {
      throw await this.broken(number, row.path, error);
    }
    const { width, height } = bitmap;
    if (row.width !== null && (row.width !== width || row.height !== height)) {
      bitmap.close();
      throw await this.broken(number, row.path, new Error(`it was ${row.width} x ${row.height} pixels and is now ${width} x ${height}`));
    }
    if (row.width === null || row.problem !== null) await this.store.updatePhoto(number, { width, height, problem: null });
    return bitmap;
  }

  private async broken(number: number, path: string, error: unknown): Promise<Refusal> {
    const problem = `${path} cannot be used: ${(error as Error).message}`;
    await this.store.updatePhoto(number, { problem });
    return new Refusal(problem);
  }

  /** The file; a refusal where the person has to let the browser read it again. */
  async file(number: number): Promise<Blob> {
    const kept = await this.store.database.read((tables) => tables.get<Blob | FileSystemFileHandle>("files", number));
    if (kept instanceof Blob) return kept;
    const { path } = await this.store.photo(number);
    if (!kept) throw new Refusal(`${path} is not in this browser; add it again`);
    try {
      return await kept.getFile();
    } catch (error) {
      const gone = (error as Error).name === "NotFoundError";
      throw new Refusal(gone ? `${path} is no longer where it was; add it again` : `the browser may not read ${path}; open its folder again`);
    }
  }
}

/** Pixels of what the page shows per pixel of the photo. */
export const shownScale = ({ width, height }: Size) => Math.min(1, Math.sqrt(SHOWN / (width * height)));

/** A copy, smaller of a large photo. */
function shownOf(bitmap: ImageBitmap): Promise<ImageBitmap> {
  const scale = shownScale(bitmap);
  return scale < 1
    ? createImageBitmap(bitmap, { resizeWidth: Math.round(scale * bitmap.width), resizeQuality: "medium" })
    : createImageBitmap(bitmap);
}

/** A JPEG of a width; the height follows. */
async function smaller(file: Blob, width: number): Promise<Blob> {
  const bitmap = await createImageBitmap(file, { resizeWidth: width, resizeQuality: "medium" });
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext("2d")!.drawImage(bitmap, 0, 0);
  bitmap.close();
  return canvas.convertToBlob({ type: "image/jpeg", quality: 0.9 });
}

/** SHA-256 in hexadecimal; null where the page is not secure and the browser has none. */
async function digest(file: Blob): Promise<string | null> {
  if (!self.crypto?.subtle) return null;
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

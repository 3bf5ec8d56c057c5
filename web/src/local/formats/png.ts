// Grey pictures: one an object (255 the object), or one a photo (n the n-th object); objects.json says which value is what
// (`iog.formats.png`).

import { heightOf, widthOf } from "../../../packages/iog-web/src/clicks";
import { Patch } from "../patch";
import { crc32 } from "./crc";
import { numbersOf } from "./numbers";
import { type Arrived, type Picture, type Read, stems } from "./records";
import { type Entry, through } from "./zip";

export const LISTING = "objects.json";

interface Listed {
  mask: string;
  value: number;
  photo: string;
  label: string;
}

export async function* writeObjects(pictures: Picture[]): AsyncGenerator<Entry> {
  const listing: Listed[] = [];
  const names = stems(pictures);
  for (const { path, width, height, objects } of pictures) {
    for (const [number, { label, patch }] of objects.entries()) {
      const mask = `${names.get(path)}_${String(number + 1).padStart(3, "0")}.png`;
      const full = patch.within({ x0: 0, y0: 0, x1: width, y1: height });
      yield { name: mask, content: await pngOf(full.map((pixel) => pixel * 255), width, height) };
      listing.push({ mask, value: 255, photo: path, label });
    }
  }
  yield { name: LISTING, content: new TextEncoder().encode(`${JSON.stringify(listing)}\n`) };
}

/** A later object has what it shares with others. */
export async function* writePhotos(pictures: Picture[]): AsyncGenerator<Entry> {
  const listing: Listed[] = [];
  const names = stems(pictures);
  for (const { path, width, height, objects } of pictures) {
    const mask = `${names.get(path)}.png`;
    const values = new Uint8Array(width * height);
    for (const [number, { label, patch }] of objects.slice(0, 255).entries()) {
      patch.paint(values, width, height, number + 1);
      listing.push({ mask, value: number + 1, photo: path, label });
    }
    yield { name: mask, content: await pngOf(values, width, height) };
  }
  yield { name: LISTING, content: new TextEncoder().encode(`${JSON.stringify(listing)}\n`) };
}

export async function read(files: Map<string, Uint8Array<ArrayBuffer>>, listing: string): Promise<Read[]> {
  const entries = JSON.parse(new TextDecoder().decode(files.get(listing))) as Listed[];
  const folder = listing.slice(0, -LISTING.length);
  const found = new Map<string, Read>();
  for (const { mask, value, photo, label } of entries) {
    const content = files.get(folder + mask);
    if (!content) throw new Error(`${mask} is missing`);
    const { width, height, values } = await greyValues(content);
    const box = { x0: 0, y0: 0, x1: width, y1: height };
    const objects: Arrived[] = found.get(photo)?.objects ?? [];
    objects.push({ label: String(label), patch: Patch.of(box, values.map((one) => Number(one === value))) });
    found.set(photo, { path: photo, width, height, objects });
  }
  return [...found.values()];
}

/** An 8-bit PNG, grey or of a palette's colours (red, green, blue of each number). */
export async function pngOf(values: Uint8Array, width: number, height: number, palette?: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const rows = new Uint8Array((width + 1) * height); // each after a 0: no filter
  for (let y = 0; y < height; y++) rows.set(values.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  const head = new DataView(new ArrayBuffer(13));
  head.setUint32(0, width);
  head.setUint32(4, height);
  head.setUint8(8, 8); // bits; all else is 0: grey, deflated, not interlaced
  if (palette) head.setUint8(9, 3);
  const chunks = [
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a), chunk("IHDR", new Uint8Array(head.buffer)),
    ...(palette ? [chunk("PLTE", palette)] : []),
    chunk("IDAT", await through(rows, new CompressionStream("deflate"))), chunk("IEND", new Uint8Array(0)),
  ];
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

function chunk(kind: string, content: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(content.length + 12);
  const view = new DataView(whole.buffer);
  view.setUint32(0, content.length);
  whole.set(new TextEncoder().encode(kind), 4);
  whole.set(content, 8);
  view.setUint32(content.length + 8, crc32(whole.subarray(4, content.length + 8)));
  return whole;
}

/** Values of a PNG of grey or of numbers; of any other the red ones, as the browser reads it. */
export async function greyValues(content: Uint8Array<ArrayBuffer>): Promise<{ width: number; height: number; values: Uint8Array }> {
  const numbers = await numbersOf(content);
  if (numbers) return numbers;
  const bitmap = await createImageBitmap(new Blob([content], { type: "image/png" }), { colorSpaceConversion: "none" });
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext("2d")!;
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height);
  return { width, height, values: Uint8Array.from({ length: width * height }, (_, i) => data[4 * i]!) };
}

/** A patch as a PNG of its box in Base64: 255 the object. */
export async function patchPng({ box, pixels }: Patch): Promise<string> {
  const content = await pngOf(pixels.map((pixel) => pixel * 255), widthOf(box), heightOf(box));
  let text = "";
  for (let start = 0; start < content.length; start += 0x8000) text += String.fromCharCode(...content.subarray(start, start + 0x8000));
  return btoa(text);
}

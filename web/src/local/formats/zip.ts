// ZIP files with the browser's own deflate.

import { Refusal } from "../../backend";
import { crc32 } from "./crc";

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const UTF8 = 0x0800;
const DEFLATED = 8;
const LARGEST = 1 << 30; // bytes of what is unpacked

export interface Entry {
  name: string;
  content: Uint8Array<ArrayBuffer>;
}

/** One file after the other as it comes; what is packed is small in memory. */
export async function zipped(entries: AsyncIterable<Entry> | Iterable<Entry>): Promise<Blob> {
  const parts: BlobPart[] = [];
  const index: BlobPart[] = [];
  let [offset, count, indexed] = [0, 0, 0];
  for await (const { name, content } of entries) {
    const packed = await through(content, new CompressionStream("deflate-raw"));
    const path = new TextEncoder().encode(name);
    const head = new DataView(new ArrayBuffer(26));
    [20, UTF8, DEFLATED, 0, 0x21].forEach((value, i) => head.setUint16(2 * i, value, true)); // 1980-01-01
    [crc32(content), packed.length, content.length].forEach((value, i) => head.setUint32(10 + 4 * i, value, true));
    head.setUint16(22, path.length, true);
    parts.push(words(LOCAL), head, path, packed);
    const tail = new DataView(new ArrayBuffer(14));
    tail.setUint32(10, offset, true);
    index.push(words(CENTRAL), Uint8Array.of(20, 0), head, tail, path);
    offset += 30 + path.length + packed.length;
    indexed += 46 + path.length;
    count += 1;
  }
  const end = new DataView(new ArrayBuffer(18));
  [count, count].forEach((value, i) => end.setUint16(4 + 2 * i, value, true));
  [indexed, offset].forEach((value, i) => end.setUint32(8 + 4 * i, value, true));
  return new Blob([...parts, ...index, words(END), end], { type: "application/zip" });
}

/** The files of a ZIP file, by their names. */
export async function unzipped(file: Blob): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const view = new DataView(bytes.buffer);
  const found = new Map<string, Uint8Array<ArrayBuffer>>();
  let total = 0;
  try {
    let end = bytes.length - 22;
    while (view.getUint32(end, true) !== END) end -= 1;
    let at = view.getUint32(end + 16, true);
    for (let left = view.getUint16(end + 10, true); left > 0; left--) {
      if (view.getUint32(at, true) !== CENTRAL) throw new RangeError("its list of files is damaged");
      const [method, packed, size] = [view.getUint16(at + 10, true), view.getUint32(at + 20, true), view.getUint32(at + 24, true)];
      const [named, extra, comment] = [28, 30, 32].map((place) => view.getUint16(at + place, true)) as [number, number, number];
      const local = view.getUint32(at + 42, true);
      const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + named));
      at += 46 + named + extra + comment;
      if (name.endsWith("/") || name.split("/").some((part) => part.startsWith(".") || part === "__MACOSX")) continue;
      if ((total += size) > LARGEST) throw new RangeError("it unpacks to over 1 GB");
      const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
      const content = bytes.slice(start, start + packed);
      if (method !== 0 && method !== DEFLATED) throw new RangeError(`it is packed by method ${method}`);
      found.set(name, method === 0 ? content : await through(content, new DecompressionStream("deflate-raw")));
    }
  } catch (error) {
    throw new Refusal(`the ZIP file cannot be unpacked: ${(error as Error).message}`);
  }
  return found;
}

export async function through(
  content: Uint8Array<ArrayBuffer>, stream: CompressionStream | DecompressionStream,
): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Response(new Blob([content]).stream().pipeThrough(stream)).arrayBuffer());
}

const words = (value: number) => {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, value, true);
  return view;
};

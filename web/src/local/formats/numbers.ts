// Pictures whose values are numbers: grey PNGs, and such with a palette, of which a browser shows the colours alone.

import { through } from "./zip";

/** Values of an 8-bit PNG, or of fewer bits, that is grey or has a palette; null for any other. */
export async function numbersOf(content: Uint8Array<ArrayBuffer>): Promise<{ width: number; height: number; values: Uint8Array } | null> {
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  if (content.length < 33 || view.getUint32(0) !== 0x89504e47) throw new Error("a picture is no PNG");
  const [width, height, bits, kind, interlaced] = [view.getUint32(16), view.getUint32(20), content[24]!, content[25]!, content[28]!];
  if (bits > 8 || (kind !== 0 && kind !== 3) || interlaced) return null;
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 8; at + 8 <= content.length; at += 12 + view.getUint32(at)) {
    if (view.getUint32(at + 4) === 0x49444154) parts.push(content.slice(at + 8, at + 8 + view.getUint32(at)));
  }
  const stride = Math.ceil((width * bits) / 8);
  const rows = await through(new Uint8Array(await new Blob(parts).arrayBuffer()), new DecompressionStream("deflate"));
  if (rows.length < (stride + 1) * height) throw new Error("a PNG ends too early");
  const values = new Uint8Array(width * height);
  let above: Uint8Array = new Uint8Array(stride);
  for (let y = 0; y < height; y++) {
    const row = rows.subarray(y * (stride + 1) + 1, (y + 1) * (stride + 1));
    unfilter(row, above, rows[y * (stride + 1)]!);
    for (let x = 0; x < width; x++) {
      const place = x * bits;
      const value = (row[place >> 3]! >> (8 - bits - (place & 7))) & ((1 << bits) - 1);
      values[y * width + x] = kind === 0 && bits < 8 ? (value * 255) / ((1 << bits) - 1) : value;
    }
    above = row;
  }
  return { width, height, values };
}

/** Adds what the row's filter took away: of the byte before, of that above, of both. */
function unfilter(row: Uint8Array, above: Uint8Array, filter: number): void {
  for (let i = 0; i < row.length; i++) {
    const [left, up, corner] = [row[i - 1] ?? 0, above[i]!, above[i - 1] ?? 0];
    if (filter === 1) row[i]! += left;
    else if (filter === 2) row[i]! += up;
    else if (filter === 3) row[i]! += (left + up) >> 1;
    else if (filter === 4) row[i]! += nearest(left, up, corner);
  }
}

function nearest(left: number, up: number, corner: number): number {
  const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

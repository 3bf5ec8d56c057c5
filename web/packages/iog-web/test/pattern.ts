import type { Picture } from "../src/index.js";

/** The made-up photo of golden/write.py. */
export function pattern(width: number, height: number): Picture {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < 3; c++) data[at++] = (x * (3 + c) + y * (5 - c) + ((x >> 3) ^ (y >> 2)) * 11) & 255;
    }
  }
  return { width, height, data };
}

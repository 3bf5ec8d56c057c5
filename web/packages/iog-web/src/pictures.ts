/** Photos of a browser: files and bitmaps become pixels. */
import type { Picture } from "./crop.js";
import { IogError } from "./errors.js";

const STRIP = 1 << 20; // pixels that are read at once

/** Pixels of a photo as it is meant to be seen: turned as its EXIF says, colours as stored. The bitmap is used up. */
export async function pictureOf(image: Blob | ImageBitmap): Promise<Picture> {
  const bitmap = image instanceof ImageBitmap ? image : await bitmapOf(image);
  try {
    return pixelsOf(bitmap);
  } finally {
    bitmap.close();
  }
}

/** A file as a bitmap: turned as its EXIF says, colours as stored. */
export function bitmapOf(file: Blob): Promise<ImageBitmap> {
  return createImageBitmap(file, { imageOrientation: "from-image", colorSpaceConversion: "none" }).catch(() => {
    throw new IogError("the photo cannot be read; the browser knows JPEG, PNG, WebP, GIF, BMP and AVIF");
  });
}

/** RGB of a bitmap, read in strips: it is never twice in memory. */
export function pixelsOf(bitmap: ImageBitmap): Picture {
  const { width, height } = bitmap;
  const rows = Math.min(height, Math.ceil(STRIP / width));
  const canvas = new OffscreenCanvas(width, rows);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) throw new IogError(`no memory for a photo of ${width} x ${height} pixels; close others`);
  context.globalCompositeOperation = "copy";
  context.imageSmoothingEnabled = false;
  const data = new Uint8Array(width * height * 3);
  let to = 0;
  for (let top = 0; top < height; top += rows) {
    const count = Math.min(rows, height - top);
    context.drawImage(bitmap, 0, top, width, count, 0, 0, width, count);
    const strip = context.getImageData(0, 0, width, count).data;
    for (let at = 0; at < strip.length; at += 4) {
      data[to++] = strip[at]!;
      data[to++] = strip[at + 1]!;
      data[to++] = strip[at + 2]!;
    }
  }
  canvas.width = canvas.height = 0; // at once, not when the next collection finds it
  return { width, height, data };
}

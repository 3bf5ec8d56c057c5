/** Photos of a browser: files and bitmaps become pixels. */
import type { Picture } from "./crop.js";
import { IogError } from "./errors.js";

/** Pixels of a photo as it is meant to be seen: turned as its EXIF says, colours as stored. */
export async function pictureOf(image: Blob | ImageBitmap): Promise<Picture> {
  const bitmap =
    image instanceof ImageBitmap
      ? image
      : await createImageBitmap(image, { imageOrientation: "from-image", colorSpaceConversion: "none" }).catch(() => {
          throw new IogError("the photo cannot be read; the browser knows JPEG, PNG, WebP, GIF, BMP and AVIF");
        });
  const { width, height } = bitmap;
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) throw new IogError(`no memory for a photo of ${width} x ${height} pixels; close others`);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height);
  canvas.width = canvas.height = 0; // at once, not when the next collection finds it
  return { width, height, data };
}

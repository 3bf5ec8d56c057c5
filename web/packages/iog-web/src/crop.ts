/**
 * Box -> crop -> image, both ways.
 *
 * A crop is an integer window of the image (it may leave the image) resized to the network's square input. A
 * continuous point maps linearly, x_crop = (x_image - window.x0) * size / window.width, so edges map to edges. The
 * window is rounded outward to whole pixels. The same rules as `iog.crop` of the Python package; golden vectors in
 * `golden/` hold the two together.
 */
import { type Box, type Clicks, type Size, boxOf, contains, heightOf, intersection, union, widthOf } from "./clicks.js";
import { resizedPart, resizedPhoto } from "./resample.js";

/** Grey level of crop pixels outside the image: the zero of the network's normalised input. */
export const FILL = 127;

/** A photo: rows of pixels, RGB or RGBA (`ImageData` will do); transparency is ignored. */
export interface Picture extends Size {
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** A window of the image and the side, in pixels, of the square in which the network sees it. */
export interface Crop {
  readonly window: Box;
  readonly size: number;
}

/** The crop that shows `box` and `margin` of its sides on each side. */
export function cropAround(box: Box, margin: number, size: number): Crop {
  const [dx, dy] = [margin * widthOf(box), margin * heightOf(box)];
  const window = {
    x0: Math.floor(box.x0 - dx),
    y0: Math.floor(box.y0 - dy),
    x1: Math.ceil(box.x1 + dx),
    y1: Math.ceil(box.y1 + dy),
  };
  return { window, size };
}

/** The crop around the box, or around box and corrections where some lie beyond its window. */
export function cropOf(clicks: Clicks, margin: number, size: number): Crop {
  const first = cropAround(boxOf(clicks), margin, size);
  let box = boxOf(clicks);
  for (const { x, y } of clicks.corrections) {
    if (!contains(first.window, x, y)) box = union(box, { x0: x, y0: y, x1: x + 1, y1: y + 1 });
  }
  return cropAround(box, margin, size);
}

export function sameCrop(a: Crop, b: Crop): boolean {
  return a.size === b.size && (["x0", "y0", "x1", "y1"] as const).every((edge) => a.window[edge] === b.window[edge]);
}

/** Network pixels per image pixel, (x, y). */
export function scaleOf({ window, size }: Crop): [number, number] {
  return [size / widthOf(window), size / heightOf(window)];
}

/** Continuous image coordinates -> continuous crop coordinates. */
export function toCrop(crop: Crop, x: number, y: number): [number, number] {
  const [sx, sy] = scaleOf(crop);
  return [(x - crop.window.x0) * sx, (y - crop.window.y0) * sy];
}

/** The pixels that the network sees: (size, size, 3) RGB, `FILL` outside the image. */
export function extract(picture: Picture, { window, size }: Crop): Uint8Array {
  const seen = intersection(window, { x0: 0, y0: 0, x1: picture.width, y1: picture.height });
  if (widthOf(seen) <= 0 || heightOf(seen) <= 0) return new Uint8Array(size * size * 3).fill(FILL);
  return resizedPhoto(rowsOf(picture, window), { width: widthOf(window), height: heightOf(window) }, size);
}

/** A function that copies row y of the window, RGB, `FILL` outside the picture. */
function rowsOf(picture: Picture, window: Box): (y: number, out: Uint8Array) => void {
  const channels = picture.data.length / (picture.width * picture.height);
  const [first, last] = [Math.max(window.x0, 0), Math.min(window.x1, picture.width)];
  return (y, out) => {
    const row = window.y0 + y;
    out.fill(FILL);
    if (row < 0 || row >= picture.height) return;
    let at = (row * picture.width + first) * channels;
    for (let x = first - window.x0, to = 3 * x; x < last - window.x0; x++, at += channels) {
      out[to++] = picture.data[at]!;
      out[to++] = picture.data[at + 1]!;
      out[to++] = picture.data[at + 2]!;
    }
  };
}

/** Crop values (size, size) at image resolution where the crop lies in the image: the box, and (h, w) of it. */
export function visible(values: Float32Array, crop: Crop, image: Size): { box: Box; values: Float32Array } {
  const seen = intersection(crop.window, { x0: 0, y0: 0, x1: image.width, y1: image.height });
  if (widthOf(seen) <= 0 || heightOf(seen) <= 0) {
    return { box: { x0: 0, y0: 0, x1: 0, y1: 0 }, values: new Float32Array(0) };
  }
  const { window, size } = crop;
  const part = { x0: seen.x0 - window.x0, y0: seen.y0 - window.y0, x1: seen.x1 - window.x0, y1: seen.y1 - window.y0 };
  const whole = { width: widthOf(window), height: heightOf(window) };
  return { box: seen, values: resizedPart(values, { width: size, height: size }, whole, part) };
}

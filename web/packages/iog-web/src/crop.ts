/**
 * Box -> crop -> image, both ways.
 *
 * A crop is an integer window of the image (it may leave the image) resized to the network's square input. A
 * continuous point maps linearly, x_crop = (x_image - window.x0) * size / window.width, so edges map to edges. The
 * window is rounded outward to whole pixels. The same rules as `iog.crop` of the Python package; golden vectors in
 * `golden/` hold the two together.
 */
import { type Box, type Clicks, type Size, boxOf, contains, heightOf, intersection, union, widthOf, pathOf } from "./clicks.js";
import { reachedPart, resizedPart, resizedPhoto } from "./resample.js";

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
  for (const [x, y] of clicks.corrections.flatMap(pathOf)) {
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
  const { box, whole, part } = placed(crop, image);
  return { box, values: resizedPart(values, { width: crop.size, height: crop.size }, whole, part) };
}

/** The same of values in 0..1, but 1 where they reach `threshold` and 0 elsewhere; the box is the same. */
export function reached(values: Float32Array, crop: Crop, image: Size, threshold: number): { box: Box; pixels: Uint8Array } {
  const { box, whole, part } = placed(crop, image);
  return { box, pixels: reachedPart(values, { width: crop.size, height: crop.size }, whole, part, threshold) };
}

/** The part of the image that a crop shows: its box, the window's size, and where the part lies in the window. */
function placed({ window }: Crop, image: Size): { box: Box; whole: Size; part: Box } {
  const whole = { width: widthOf(window), height: heightOf(window) };
  const box = intersection(window, { x0: 0, y0: 0, x1: image.width, y1: image.height });
  if (widthOf(box) <= 0 || heightOf(box) <= 0) return { box: NOWHERE, whole, part: NOWHERE };
  const part = { x0: box.x0 - window.x0, y0: box.y0 - window.y0, x1: box.x1 - window.x0, y1: box.y1 - window.y0 };
  return { box, whole, part };
}

const NOWHERE: Box = { x0: 0, y0: 0, x1: 0, y1: 0 };

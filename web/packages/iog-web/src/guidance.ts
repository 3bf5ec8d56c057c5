/**
 * Maps drawn from clicks in crop coordinates: what the click branch of the network sees.
 *
 * Maps are float32 in 0..1 at crop resolution, row by row. A click is drawn at the centre of its pixel; the width of
 * a Gaussian is its full width at half maximum. The same rules as `iog.guidance` of the Python package.
 */
import { type Clicks, boxOf } from "./clicks.js";
import { type Crop, toCrop } from "./crop.js";

/** What the click branch receives, in this order. */
export const CHANNELS = ["inside", "outside", "add", "remove", "previous"] as const;

/** Width of a click's Gaussian as a share of the crop's side. */
const FWHM = 0.03;

type Point = readonly [x: number, y: number];

/** Maximum of Gaussians around continuous crop points, drawn into `out` (size, size), whatever it held. */
export function gaussians(points: readonly Point[], size: number, fwhm: number, out: Float32Array): void {
  out.fill(0);
  for (const point of points) {
    eachOfGaussian(point, size, fwhm, (at, value) => {
      if (value > out[at]!) out[at] = value;
    });
  }
}

/** Tells the places of a map (size, size), and the values there, of a Gaussian; it is 0 at all others. */
export function eachOfGaussian([x, y]: Point, size: number, fwhm: number, tell: (at: number, value: number) => void): void {
  const k = (-4 * Math.log(2)) / fwhm ** 2;
  const [across, down] = [bell(x, size, k), bell(y, size, k)];
  for (let row = down.begin; row < down.end; row++) {
    const height = down.values[row]!;
    for (let column = across.begin, at = row * size + column; column < across.end; column++, at++) {
      tell(at, Math.fround(height * across.values[column]!));
    }
  }
}

/** The bell along one axis; it is 0 but from `begin` to `end`. */
function bell(centre: number, size: number, k: number): { values: Float32Array; begin: number; end: number } {
  const values = new Float32Array(size);
  for (let i = 0; i < size; i++) values[i] = Math.exp(k * (i + 0.5 - centre) ** 2);
  let [begin, end] = [0, size];
  while (begin < end && values[begin] === 0) begin++;
  while (end > begin && values[end - 1] === 0) end--;
  return { values, begin, end };
}

/** 1 outside the box of two continuous crop points, 0 inside, the share of each border pixel between. */
export function outsideOfBox([x0, y0]: Point, [x1, y1]: Point, size: number, out: Float32Array): void {
  const across = covered(x0, x1, size);
  const down = covered(y0, y1, size);
  for (let row = 0, at = 0; row < size; row++) {
    for (let column = 0; column < size; column++, at++) out[at] = 1 - Math.fround(down[row]! * across[column]!);
  }
}

function covered(from: number, to: number, size: number): Float32Array {
  const shares = new Float32Array(size);
  for (let i = 0; i < size; i++) shares[i] = Math.min(Math.max(Math.min(i + 1, to) - Math.max(i, from), 0), 1);
  return shares;
}

/** The input of the click branch: (5, size, size), channels as `CHANNELS`. */
export function clickMaps(clicks: Clicks, crop: Crop, previous: Float32Array | null): Float32Array {
  const { size } = crop;
  const maps = new Float32Array(CHANNELS.length * size * size);
  const channel = (index: number): Float32Array => maps.subarray(index * size * size, (index + 1) * size * size);
  const centre = (x: number, y: number): Point => toCrop(crop, x + 0.5, y + 0.5);
  const corrections = (foreground: boolean): Point[] =>
    clicks.corrections.filter((c) => c.foreground === foreground).map((c) => centre(c.x, c.y));
  const box = boxOf(clicks);
  gaussians(clicks.inside === null ? [] : [centre(...clicks.inside)], size, FWHM * size, channel(0));
  outsideOfBox(toCrop(crop, box.x0, box.y0), toCrop(crop, box.x1, box.y1), size, channel(1));
  gaussians(corrections(true), size, FWHM * size, channel(2));
  gaussians(corrections(false), size, FWHM * size, channel(3));
  if (previous !== null) channel(4).set(previous);
  return maps;
}

/**
 * Maps drawn from clicks in crop coordinates: what the click branch of the network sees.
 *
 * Maps are float32 in 0..1 at crop resolution, row by row. A click is drawn at the centre of its pixel; the width of
 * a Gaussian is its full width at half maximum. The same rules as `iog.guidance` of the Python package.
 */
import { type Clicks, type Correction, type Pixel, boxOf, pathOf } from "./clicks.js";
import { type Crop, toCrop } from "./crop.js";

/** What the click branch receives, in this order. */
export const CHANNELS = ["inside", "outside", "add", "remove", "previous"] as const;

/** Width of a click's Gaussian as a share of the crop's side. */
const FWHM = 0.03;

/** How far apart it sees clicks along a stroke, as a share of the crop's side. */
const STROKE_SPACING = 0.36;

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

/** A stroke as clicks spaced along it, for a network that was trained with clicks alone; a click as it is. */
export function dotted(correction: Correction, crop: Crop): Correction[] {
  const { path, foreground } = correction;
  if (path === undefined) return [correction];
  const points = path.map(([x, y]) => toCrop(crop, x + 0.5, y + 0.5));
  const along = [0];
  for (let i = 1; i < points.length; i++) {
    const [dx, dy] = [points[i]![0] - points[i - 1]![0], points[i]![1] - points[i - 1]![1]];
    along.push(along[i - 1]! + Math.hypot(dx, dy));
  }
  const length = along.at(-1)!;
  const count = Math.floor(length / (STROKE_SPACING * crop.size)) + 1;
  return Array.from({ length: count }, (_, n) => {
    const at = (length * (n + 0.5)) / count;
    const next = Math.max(1, along.findIndex((walked) => walked >= at));
    const share = (at - along[next - 1]!) / (along[next]! - along[next - 1]!);
    const [x, y] = [0, 1].map((axis) => {
      const [from, to] = [path[next - 1]![axis]! + 0.5, path[next]![axis]! + 0.5];
      return Math.floor(from + share * (to - from));
    }) as [number, number];
    return { x, y, foreground };
  });
}

/** The pixels of the crop (column, row) that a stroke runs through: as near as can be to straight lines. */
export function strokePixels(stroke: Correction, crop: Crop): Pixel[] {
  const limit = (value: number): number => Math.floor(Math.min(Math.max(value, 0), crop.size - 1));
  const corners = pathOf(stroke).map(([x, y]) => toCrop(crop, x + 0.5, y + 0.5).map(limit) as [number, number]);
  const drawn: Pixel[] = [corners[0]!];
  for (let i = 1; i < corners.length; i++) {
    const [ax, ay] = corners[i - 1]!;
    const [dx, dy] = [corners[i]![0] - ax, corners[i]![1] - ay];
    const steps = Math.max(Math.abs(dx), Math.abs(dy));
    const step = (by: number, n: number): number => Math.floor((2 * by * n + steps) / (2 * steps));
    for (let n = 1; n <= steps; n++) drawn.push([ax + step(dx, n), ay + step(dy, n)]);
  }
  return drawn;
}

/** The input of the click branch: (5, size, size), channels as `CHANNELS`. */
export function clickMaps(clicks: Clicks, crop: Crop, previous: Float32Array | null): Float32Array {
  const { size } = crop;
  const maps = new Float32Array(CHANNELS.length * size * size);
  const channel = (index: number): Float32Array => maps.subarray(index * size * size, (index + 1) * size * size);
  const centre = (x: number, y: number): Point => toCrop(crop, x + 0.5, y + 0.5);
  const corrections = (foreground: boolean): Point[] =>
    clicks.corrections
      .filter((c) => c.foreground === foreground)
      .flatMap((c) => dotted(c, crop))
      .map((c) => centre(c.x, c.y));
  const box = boxOf(clicks);
  gaussians(clicks.inside === null ? [] : [centre(...clicks.inside)], size, FWHM * size, channel(0));
  outsideOfBox(toCrop(crop, box.x0, box.y0), toCrop(crop, box.x1, box.y1), size, channel(1));
  gaussians(corrections(true), size, FWHM * size, channel(2));
  gaussians(corrections(false), size, FWHM * size, channel(3));
  if (previous !== null) channel(4).set(previous);
  return maps;
}

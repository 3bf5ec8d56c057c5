/** How clicks become stages of decoding, and how an answer is held to what was clicked (`iog.prompting`). */
import { type Clicks, type Correction, labelled } from "./clicks.js";
import { type Crop, scaleOf, toCrop } from "./crop.js";
import { eachOfGaussian } from "./guidance.js";

/** Probability from which a pixel belongs to the mask. */
export const THRESHOLD = 0.5;

/** The clicks to decode one after the other: the first three, then one more correction each. */
export function stages(clicks: Clicks): Clicks[] {
  return Array.from({ length: clicks.corrections.length + 1 }, (_, count) => ({
    ...clicks,
    corrections: clicks.corrections.slice(0, count),
  }));
}

/**
 * Hold the network's answer (size, size), in place, to what was clicked.
 *
 * A correction that says what the mask already says changes nothing. Where the answer contradicts a click at its very
 * pixel, a small dot is put; the latest click has the last word.
 */
export function settle(probability: Float32Array, clicks: Clicks, crop: Crop, previous: Float32Array | null): void {
  const made = labelled(clicks);
  const newest = made.at(-1);
  if (previous !== null && newest !== undefined && agrees(previous, newest, crop)) probability.set(previous);
  for (const click of made) {
    if (agrees(probability, click, crop)) continue;
    // Wide enough to win the pixel where the crop is finer than the photo.
    const fwhm = Math.max(6, 2 * Math.max(...scaleOf(crop)));
    eachOfGaussian(toCrop(crop, click.x + 0.5, click.y + 0.5), crop.size, fwhm, (at, dot) => {
      const value = probability[at]!;
      probability[at] = click.foreground ? Math.max(value, dot) : Math.min(value, Math.fround(1 - dot));
    });
  }
}

/** Whether a mask in the crop has the clicked label at the clicked pixel. */
function agrees(probability: Float32Array, click: Correction, crop: Crop): boolean {
  const [column, row] = toCrop(crop, click.x + 0.5, click.y + 0.5).map((value) =>
    Math.trunc(Math.min(Math.max(value, 0), crop.size - 1)),
  ) as [number, number];
  return probability[row * crop.size + column]! >= THRESHOLD === click.foreground;
}

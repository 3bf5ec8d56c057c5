/** How clicks become stages of decoding, and how an answer is held to what was clicked (`iog.prompting`). */
import { type Clicks, type Correction, type Pixel, labelled } from "./clicks.js";
import { type Crop, scaleOf, toCrop } from "./crop.js";
import { eachOfGaussian, strokePixels } from "./guidance.js";

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
 * pixel, or a stroke at some of its pixels, a small dot is put; the latest click has the last word.
 */
export function settle(probability: Float32Array, clicks: Clicks, crop: Crop, previous: Float32Array | null): void {
  const made = labelled(clicks);
  const newest = made.at(-1);
  if (previous !== null && newest !== undefined && contradicted(previous, newest, crop).length === 0) probability.set(previous);
  for (const click of made) {
    const wrong = contradicted(probability, click, crop);
    if (wrong.length === 0) continue;
    // Wide enough to win the pixel where the crop is finer than the photo.
    const fwhm = Math.max(6, 2 * Math.max(...scaleOf(crop)));
    const centres = click.path ? wrong.map(([x, y]) => [x + 0.5, y + 0.5] as const) : [toCrop(crop, click.x + 0.5, click.y + 0.5)];
    for (const centre of centres) {
      eachOfGaussian(centre, crop.size, fwhm, (at, dot) => {
        const value = probability[at]!;
        probability[at] = click.foreground ? Math.max(value, dot) : Math.min(value, Math.fround(1 - dot));
      });
    }
  }
}

/** The pixels of a click or a stroke (column, row) at which a mask in the crop has not its label. */
function contradicted(probability: Float32Array, click: Correction, crop: Crop): Pixel[] {
  return strokePixels(click, crop).filter(
    ([column, row]) => probability[row * crop.size + column]! >= THRESHOLD !== click.foreground,
  );
}

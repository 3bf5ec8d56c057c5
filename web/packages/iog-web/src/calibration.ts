/** What a model's own estimate of a mask is worth: the IoU that masks with such an estimate had (`iog.calibration`). */
import { IogError } from "./errors.js";

export type Prompt = "box" | "inside" | "corrections";

interface Curve {
  readonly estimates: readonly number[];
  readonly ious: readonly number[];
}

export interface Calibration {
  readonly weightsSha256: string;
  readonly curves: Readonly<Record<string, Curve>>;
}

/** Reads the text of a NAME.calibration.json. */
export function readCalibration(text: string): Calibration {
  try {
    const data = JSON.parse(text);
    if (data.format !== "iog-calibration-1") throw new Error(`its format is ${data.format}`);
    for (const { estimates, ious } of Object.values(data.curves) as Curve[]) {
      if (!rising(estimates) || !rising(ious) || estimates.length !== ious.length) throw new Error("a curve falls");
    }
    return { weightsSha256: data.weights_sha256, curves: data.curves };
  } catch (error) {
    throw new IogError(`the calibration cannot be read (${(error as Error).message}); make it anew: iog calibrate`);
  }
}

function rising(values: readonly number[]): boolean {
  return [0, ...values].every((value, i) => value <= (values[i] ?? 1));
}

/** The calibrated estimate; as it is where this kind of prompt was not measured. */
export function calibrated(calibration: Calibration | null, prompt: Prompt, estimate: number): number {
  const curve = calibration?.curves[prompt];
  if (curve === undefined || estimate === 0) return estimate;
  const xs = [0, ...curve.estimates, 1];
  const ys = [0, ...curve.ious, 1];
  const right = xs.findIndex((x) => x > estimate);
  if (right < 0) return ys.at(-1)!;
  const [x0, x1, y0, y1] = [xs[right - 1]!, xs[right]!, ys[right - 1]!, ys[right]!];
  return y0 + ((estimate - x0) / (x1 - x0)) * (y1 - y0);
}

/** sum(p over the mask) / (pixels of the mask + sum(p outside it)); 0 for an empty mask. */
export function expectedIou(probability: Float32Array, threshold: number): number {
  let [within, pixels, outside] = [0, 0, 0];
  for (const p of probability) {
    if (p >= threshold) {
      within += p;
      pixels += 1;
    } else {
      outside += p;
    }
  }
  return pixels === 0 ? 0 : within / (pixels + outside);
}

/**
 * From clicks to a mask: `Segmenter`, and one `Session` per object that a person works on.
 *
 * The path is that of the Python package: clicks -> crop -> features (kept) -> click maps -> probability -> mask. A
 * mask is a function of image, clicks and model alone.
 */
import { type Calibration, type Prompt, calibrated, expectedIou, readCalibration } from "./calibration.js";
import {
  type Box,
  type Clicks,
  type Correction,
  type Pixel,
  type Size,
  checkInsideImage,
  clicksOf,
  labelled,
  sameClicks,
  widthOf,
} from "./clicks.js";
import { type Crop, type Picture, cropOf, extract, reached, sameCrop, visible } from "./crop.js";
import { Engine, type Features, type Runtime } from "./engine.js";
import { IogError } from "./errors.js";
import { clickMaps } from "./guidance.js";
import { type Mask } from "./masks.js";
import { type ModelInfo } from "./model.js";
import { THRESHOLD, settle, stages } from "./prompting.js";

/** The files of a model. */
export interface ModelFiles {
  readonly encoder: Uint8Array;
  readonly decoder: Uint8Array;
  readonly calibration?: string;
}

export interface LoadOptions {
  /** ONNX Runtime's build; `onnxruntime-web` if none is given. */
  readonly runtime?: Runtime;
  /** Where the network runs, in order of preference: "wasm" (the default), "webgpu". */
  readonly executionProviders?: readonly string[];
  /** Told how many bytes of how many have come; the second is 0 where the server does not say. */
  readonly progress?: (loaded: number, total: number) => void;
}

/** A mask and how it was made. */
export class Prediction {
  private cached: { box: Box; values: Float32Array } | null = null;

  constructor(
    readonly clicks: Clicks,
    readonly crop: Crop,
    /** The network's answer (size, size) in 0..1, at crop resolution. */
    readonly cropProbability: Float32Array,
    readonly image: Size,
    private readonly calibration: Calibration | null,
  ) {}

  /** How likely each pixel is the object's, (h, w) of `box`; 0 elsewhere. Clicked pixels have their side of 0.5. */
  get probability(): { readonly box: Box; readonly values: Float32Array } {
    if (this.cached === null) {
      const found = visible(this.cropProbability, this.crop, this.image);
      for (const { x, y, foreground } of labelled(this.clicks)) {
        const at = (y - found.box.y0) * widthOf(found.box) + x - found.box.x0;
        const value = found.values[at]!;
        found.values[at] = foreground ? Math.max(value, THRESHOLD) : Math.min(value, BELOW);
      }
      this.cached = found;
    }
    return this.cached;
  }

  get mask(): Mask {
    const { box, pixels } = reached(this.cropProbability, this.crop, this.image, THRESHOLD);
    for (const { x, y, foreground } of labelled(this.clicks)) {
      pixels[(y - box.y0) * widthOf(box) + x - box.x0] = Number(foreground);
    }
    return { ...this.image, box, pixels };
  }

  get prompt(): Prompt {
    if (this.clicks.corrections.length > 0) return "corrections";
    return this.clicks.inside === null ? "box" : "inside";
  }

  /** Expected IoU of the mask in 0..1: what masks with such an estimate had on validation photos. */
  get confidence(): number {
    return calibrated(this.calibration, this.prompt, expectedIou(this.cropProbability, THRESHOLD));
  }
}

const BELOW = 0.5 - 2 ** -25; // the float32 before the threshold

/** Turns clicks into masks with one model. */
export class Segmenter {
  constructor(
    private readonly engine: Engine,
    readonly calibration: Calibration | null = null,
  ) {}

  /**
   * Opens a model from its files, or from the address of its NAME.encoder.onnx; NAME.decoder.onnx and
   * NAME.calibration.json are then taken from beside it.
   */
  static async load(source: string | URL | ModelFiles, options: LoadOptions = {}): Promise<Segmenter> {
    const files = source instanceof URL || typeof source === "string" ? await fetched(source, options) : source;
    const runtime = options.runtime ?? (await import("onnxruntime-web"));
    const providers = [...(options.executionProviders ?? ["wasm"])];
    const engine = await Engine.open(runtime, files.encoder, files.decoder, {
      executionProviders: providers,
      logSeverityLevel: 3, // errors reach the caller as exceptions, not as lines in the console
    });
    const calibration = files.calibration === undefined ? null : readCalibration(files.calibration);
    return new Segmenter(engine, calibration?.weightsSha256 === engine.info.weightsSha256 ? calibration : null);
  }

  get info(): ModelInfo {
    return this.engine.info;
  }

  /** Opens an object: encodes its crop at once, so that the first preview is ready with the hand. */
  async session(image: Picture, corners: readonly (readonly number[])[]): Promise<Session> {
    checkPicture(image);
    return Session.open(this, image, clicksOf(corners));
  }

  /** The mask of one object in one call. */
  async segment(
    image: Picture,
    corners: readonly (readonly number[])[],
    inside: readonly number[] | null = null,
    corrections: readonly Correction[] = [],
  ): Promise<Prediction> {
    checkPicture(image);
    return (await Session.open(this, image, clicksOf(corners, inside, corrections))).prediction;
  }

  crop(clicks: Clicks): Crop {
    return cropOf(clicks, this.info.margin, this.info.size);
  }

  encode(image: Picture, crop: Crop): Promise<Features> {
    return this.engine.encode(extract(image, crop));
  }

  /** The probability (size, size) of clicks on an encoded crop, given the one of the stage before. */
  async decode(
    features: Features,
    clicks: Clicks,
    crop: Crop,
    previous: Float32Array | null,
  ): Promise<Float32Array> {
    const probability = await this.engine.decode(features, clickMaps(clicks, crop, previous));
    settle(probability, clicks, crop, previous);
    return probability;
  }

  /** Frees the model's memory; neither it nor its sessions can be used afterwards. */
  release(): Promise<void> {
    return this.engine.release();
  }
}

interface Step {
  readonly clicks: Clicks;
  readonly crop: Crop;
  readonly probability: Float32Array;
}

/**
 * One object that a person works on: features are kept, so that a click costs a decode.
 *
 * Calls take turns in the order in which they were made.
 */
export class Session {
  private past: Step[] = [];
  private future: Step[] = [];
  private now!: Step;
  private previewed: Step | null = null;
  private encoded: { crop: Crop; features: Features } | null = null;
  private turn: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly segmenter: Segmenter,
    private readonly image: Picture,
  ) {}

  static async open(segmenter: Segmenter, image: Picture, clicks: Clicks): Promise<Session> {
    const session = new Session(segmenter, image);
    session.now = await session.run(clicks, null);
    return session;
  }

  get clicks(): Clicks {
    return this.now.clicks;
  }

  /** The mask for the clicks so far. */
  get prediction(): Prediction {
    return this.predicted(this.now);
  }

  get canUndo(): boolean {
    return this.past.length > 0;
  }

  get canRedo(): boolean {
    return this.future.length > 0;
  }

  /** The mask that an inside click at (x, y) would give; the session stays as it is. */
  preview(x: number, y: number): Promise<Prediction> {
    return this.queued(async () => {
      this.previewed = await this.run(this.with({ inside: [x, y] }), this.now);
      return this.predicted(this.previewed);
    });
  }

  /** Sets (or moves) the inside click. */
  click(x: number, y: number): Promise<Prediction> {
    return this.queued(() => this.changed(this.with({ inside: [x, y] })));
  }

  /** Adds a correction: pixel (x, y) belongs to the object, or does not; with a path a stroke. */
  correct(x: number, y: number, foreground: boolean, path?: readonly Pixel[]): Promise<Prediction> {
    const correction = { x, y, foreground, ...(path ? { path } : {}) };
    return this.queued(() => this.changed(this.with({ corrections: [...this.clicks.corrections, correction] })));
  }

  /** Replaces the clicks altogether, as when one is moved or deleted; `undo` takes it back. */
  change(clicks: Clicks): Promise<Prediction> {
    return this.queued(() => this.changed(clicks));
  }

  /** Takes the last change back; does nothing when there is none. */
  undo(): Promise<Prediction> {
    return this.queued(async () => {
      const step = this.past.pop();
      if (step !== undefined) {
        this.future.push(this.now);
        this.now = step;
      }
      return this.prediction;
    });
  }

  /** Makes the change again that was taken back last; does nothing when there is none. */
  redo(): Promise<Prediction> {
    return this.queued(async () => {
      const step = this.future.pop();
      if (step !== undefined) {
        this.past.push(this.now);
        this.now = step;
      }
      return this.prediction;
    });
  }

  private queued<T>(work: () => Promise<T>): Promise<T> {
    const result = this.turn.then(work);
    this.turn = result.catch(() => undefined); // a refused click does not stop the next
    return result;
  }

  private async changed(clicks: Clicks): Promise<Prediction> {
    const step = await this.run(clicks, this.now);
    this.past.push(this.now);
    this.future = [];
    this.now = step;
    return this.prediction;
  }

  private with(changes: { inside?: [number, number]; corrections?: readonly Correction[] }): Clicks {
    const { corners, inside, corrections } = { ...this.clicks, ...changes };
    return clicksOf(corners, inside, corrections);
  }

  private predicted({ clicks, crop, probability }: Step): Prediction {
    const { width, height } = this.image;
    return new Prediction(clicks, crop, probability, { width, height }, this.segmenter.calibration);
  }

  /** The state for `clicks`: that of the last preview when it is theirs; goes on from `now` when it is the stage before the last. */
  private async run(clicks: Clicks, now: Step | null): Promise<Step> {
    if (this.previewed !== null && sameClicks(this.previewed.clicks, clicks)) return this.previewed;
    checkInsideImage(clicks, this.image);
    const crop = this.segmenter.crop(clicks);
    const features = await this.features(crop);
    let todo = stages(clicks);
    let probability: Float32Array | null = null;
    const before = todo.at(-2);
    if (now !== null && before !== undefined && sameCrop(now.crop, crop) && sameClicks(now.clicks, before)) {
      probability = now.probability;
      todo = todo.slice(-1);
    }
    for (const stage of todo) probability = await this.segmenter.decode(features, stage, crop, probability);
    return { clicks, crop, probability: probability! };
  }

  private async features(crop: Crop): Promise<Features> {
    if (this.encoded === null || !sameCrop(this.encoded.crop, crop)) {
      this.encoded = { crop, features: await this.segmenter.encode(this.image, crop) };
    }
    return this.encoded.features;
  }
}

function checkPicture({ width, height, data }: Picture): void {
  const channels = data.length / (width * height);
  if (channels !== 3 && channels !== 4) {
    throw new IogError(`the picture of ${width} x ${height} has ${data.length} bytes; give RGB or RGBA, 8 bits each`);
  }
}

async function fetched(source: string | URL, { progress }: LoadOptions): Promise<ModelFiles> {
  const address = String(source);
  if (!address.endsWith(".encoder.onnx")) {
    throw new IogError(`${address} does not end in .encoder.onnx; give the address of a model's encoder`);
  }
  const loaded = [0, 0];
  const totals = [0, 0];
  const file = (ending: string, part: number): Promise<Uint8Array> =>
    download(address.replace(/\.encoder\.onnx$/, ending), (bytes, total) => {
      [loaded[part], totals[part]] = [bytes, total];
      progress?.(loaded[0]! + loaded[1]!, totals.every((known) => known > 0) ? totals[0]! + totals[1]! : 0);
    });
  const [encoder, decoder, calibration] = await Promise.all([
    file(".encoder.onnx", 0),
    file(".decoder.onnx", 1),
    download(address.replace(/\.encoder\.onnx$/, ".calibration.json")).catch(() => null),
  ]);
  return { encoder, decoder, ...(calibration && { calibration: new TextDecoder().decode(calibration) }) };
}

async function download(address: string, progress?: (bytes: number, total: number) => void): Promise<Uint8Array> {
  const response = await fetch(address).catch((error: Error) => {
    throw new IogError(`${address} cannot be loaded: ${error.message}`);
  });
  if (!response.ok || response.body === null) {
    throw new IogError(`${address} cannot be loaded: the server answers ${response.status}`);
  }
  const total = Number(response.headers.get("content-length") ?? 0);
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for (const reader = response.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    progress?.((bytes += value.length), total);
  }
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

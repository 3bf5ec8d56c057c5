/** Runs the two halves of a model with ONNX Runtime Web. */
import type { InferenceSession, Tensor } from "onnxruntime-web";

import { IogError } from "./errors.js";
import { CHANNELS } from "./guidance.js";
import { type ModelInfo, readInfo } from "./model.js";

/** The part of ONNX Runtime that is used: `onnxruntime-web`, or its build with WebGPU. */
export type Runtime = Pick<typeof import("onnxruntime-web"), "InferenceSession" | "Tensor">;

export type Features = readonly Tensor[];

export class Engine {
  private constructor(
    readonly info: ModelInfo,
    private readonly runtime: Runtime,
    private readonly encoder: InferenceSession,
    private readonly decoder: InferenceSession,
  ) {}

  /** Opens the two ONNX files of one model; an `IogError` if they cannot be read or do not belong together. */
  static async open(
    runtime: Runtime,
    encoder: Uint8Array,
    decoder: Uint8Array,
    options: InferenceSession.SessionOptions = {},
  ): Promise<Engine> {
    const info = readInfo(encoder);
    if (readInfo(decoder).weightsSha256 !== info.weightsSha256) {
      throw new IogError("encoder and decoder come from different models; give the two files of one model");
    }
    try {
      const [first, second] = [
        await runtime.InferenceSession.create(encoder, options),
        await runtime.InferenceSession.create(decoder, options),
      ];
      return new Engine(info, runtime, first, second);
    } catch (error) {
      throw new IogError(`the model cannot be opened: ${(error as Error).message}`);
    }
  }

  /** Features of a crop (size, size, 3) RGB. */
  async encode(crop: Uint8Array): Promise<Features> {
    const { size } = this.info;
    const input = new this.runtime.Tensor("uint8", crop, [1, size, size, 3]);
    const found = await this.encoder.run({ [this.encoder.inputNames[0]!]: input });
    return this.encoder.outputNames.map((name) => found[name]!);
  }

  /** Probabilities (size, size) of click maps (5, size, size) on features. */
  async decode(features: Features, maps: Float32Array): Promise<Float32Array> {
    const { size } = this.info;
    const input = new this.runtime.Tensor("float32", maps, [1, CHANNELS.length, size, size]);
    const [first, ...rest] = this.decoder.inputNames;
    const feeds = Object.fromEntries(rest.map((name, i) => [name, features[i]!]));
    const found = await this.decoder.run({ ...feeds, [first!]: input });
    // A copy: the runtime may use its memory again at the next click.
    return ((await found[this.decoder.outputNames[0]!]!.getData()) as Float32Array).slice();
  }

  /** Frees the runtime's memory; the engine cannot be used afterwards. */
  async release(): Promise<void> {
    await this.encoder.release();
    await this.decoder.release();
  }
}

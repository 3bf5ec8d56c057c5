// The bundled model on the sample photos: ONNX Runtime's WebAssembly against the Python package.
import { readFile } from "node:fs/promises";
import { PNG } from "pngjs";
import { beforeAll, describe, expect, test } from "vitest";

import {
  type Correction,
  type Mask,
  type Picture,
  type Prediction,
  type RLE,
  Segmenter,
  areaOf,
  decodeRle,
  encodeRle,
  fullMask,
  polygons,
} from "../src/index.js";

type Stored = [number, number, boolean, [number, number][]?];

interface Stage {
  clicks: { corners: number[][]; inside: number[] | null; corrections: Stored[] };
  probability: string;
  mask: RLE;
  parts: number;
  holes: number;
  confidence: number;
}

const STEP = 4; // of the probabilities, every fourth pixel is stored
const LEVELS = 65535;
const source = new URL("../../../../src/iog/", import.meta.url);
const golden: { photo: string; stages: Stage[] }[] = JSON.parse(
  await readFile(new URL("../golden/samples.json", import.meta.url), "utf8"),
);

let segmenter: Segmenter;

beforeAll(async () => {
  const [encoder, decoder, calibration] = await Promise.all(
    ["encoder.onnx", "decoder.onnx", "calibration.json"].map((name) => readFile(new URL(`zoo/lite.${name}`, source))),
  );
  segmenter = await Segmenter.load({ encoder: encoder!, decoder: decoder!, calibration: calibration!.toString() });
}, 120_000);

// Node reads no JPEG; the browser's test (tests/browser/test_iog_web.py) has that photo too.
describe.each(golden.filter(({ photo }) => photo.endsWith(".png")))("$photo", ({ photo, stages }) => {
  let picture: Picture;

  beforeAll(async () => {
    const { width, height, data } = PNG.sync.read(await readFile(new URL(`samples/${photo}`, source)));
    picture = { width, height, data: Uint8Array.from(data) };
  });

  test("every stage has Python's probabilities, mask, run lengths and confidence", async () => {
    for (const stage of stages) {
      const { corners, inside, corrections } = stage.clicks;
      const prediction = await segmenter.segment(picture, corners, inside, corrections.map(named));
      const stored = probabilities(stage);
      const side = segmenter.info.size / STEP;
      const differences = Array.from(stored, (p, i) =>
        Math.abs(p - prediction.cropProbability[STEP * (Math.floor(i / side) * segmenter.info.size + (i % side))]!),
      );
      expect(Math.max(...differences)).toBeLessThan(3e-3);
      expect(iou(prediction.mask, decodeRle(stage.mask)!)).toBeGreaterThanOrEqual(0.999);
      expect(Math.abs(prediction.confidence - stage.confidence)).toBeLessThan(3e-3);
    }
  });

  test("a session that takes its clicks one by one ends with the same mask", async () => {
    const { corners, inside, corrections } = stages.at(-1)!.clicks;
    const session = await segmenter.session(picture, corners);
    await session.preview(...(inside as [number, number]));
    await session.click(...(inside as [number, number]));
    for (const [x, y, foreground] of corrections) await session.correct(x, y, foreground);
    const ended: Prediction = session.prediction;
    await session.undo();
    await session.undo();
    expect(session.clicks.corrections).toEqual([]);
    await session.redo();
    expect(session.canRedo).toBe(true);
    const again = await session.redo();
    const whole = await segmenter.segment(picture, corners, inside, corrections.map(named));
    expect(encodeRle(again.mask)).toEqual(encodeRle(ended.mask));
    expect(encodeRle(whole.mask)).toEqual(encodeRle(ended.mask));
  });

  test("run lengths and polygons of Python's masks", () => {
    for (const stage of stages) {
      const mask = decodeRle(stage.mask)!;
      expect(encodeRle(mask)).toEqual(stage.mask);
      const found = polygons(mask);
      expect([found.length, found.reduce((sum, part) => sum + part.holes.length, 0)]).toEqual([stage.parts, stage.holes]);
    }
  });
});

const named = ([x, y, foreground, path]: Stored): Correction => ({ x, y, foreground, ...(path ? { path } : {}) });

function probabilities(stage: Stage): Float32Array {
  const bytes = Buffer.from(stage.probability, "base64");
  return Float32Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readUInt16LE(2 * i) / LEVELS);
}

function iou(a: Mask, b: Mask): number {
  const [first, second] = [fullMask(a), fullMask(b)];
  const both = first.reduce((sum, value, i) => sum + (value & second[i]!), 0);
  return both / (areaOf(a) + areaOf(b) - both);
}

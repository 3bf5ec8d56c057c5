// What a session computes, and what it does not compute again.
import { readFile } from "node:fs/promises";
import * as ort from "onnxruntime-web";
import { beforeAll, beforeEach, expect, test } from "vitest";

import { type Picture, Segmenter, clicksOf, encodeRle } from "../src/index.js";
import { pattern } from "./pattern.js";

const runs = { encoder: 0, decoder: 0 };
let segmenter: Segmenter;
let picture: Picture;

/** ONNX Runtime, its runs counted. */
async function create(...[file, options]: [Uint8Array, ort.InferenceSession.SessionOptions]): Promise<ort.InferenceSession> {
  const session = await ort.InferenceSession.create(file, options);
  const run = session.run.bind(session);
  session.run = ((feeds: ort.InferenceSession.FeedsType) => {
    runs["click_maps" in feeds ? "decoder" : "encoder"] += 1;
    return run(feeds);
  }) as typeof session.run;
  return session;
}

beforeAll(async () => {
  const zoo = new URL("../../../../src/iog/zoo/", import.meta.url);
  const [encoder, decoder] = await Promise.all(["encoder", "decoder"].map((part) => readFile(new URL(`lite.${part}.onnx`, zoo))));
  const runtime = { Tensor: ort.Tensor, InferenceSession: { create } } as unknown as typeof ort;
  segmenter = await Segmenter.load({ encoder: encoder!, decoder: decoder! }, { runtime });
  picture = pattern(300, 240);
}, 120_000);

beforeEach(() => Object.assign(runs, { encoder: 0, decoder: 0 }));

const CORNERS = [[60, 50], [220, 190]];

test("a click at the pixel that was previewed last has its answer, the same as that of a call with all clicks", async () => {
  const session = await segmenter.session(picture, CORNERS);
  const previewed = await session.preview(120, 110);
  const before = runs.decoder;
  const clicked = await session.click(120, 110);
  expect(runs.decoder).toBe(before);
  expect(clicked.cropProbability).toEqual(previewed.cropProbability);
  const whole = await segmenter.segment(picture, CORNERS, [120, 110]);
  expect(clicked.cropProbability).toEqual(whole.cropProbability);
  expect(encodeRle(clicked.mask)).toEqual(encodeRle(whole.mask));
});

test("a click elsewhere is computed, and so is a correction", async () => {
  const session = await segmenter.session(picture, CORNERS);
  await session.preview(120, 110);
  const before = runs.decoder;
  await session.click(130, 110);
  expect(runs.decoder).toBe(before + 1);
  await session.correct(80, 70, false);
  expect([runs.encoder, runs.decoder]).toEqual([1, before + 2]);
});

test("a preview of an inside click that moves under its corrections serves these corrections alone", async () => {
  const session = await segmenter.session(picture, CORNERS);
  await session.click(120, 110);
  await session.correct(80, 70, false);
  await session.preview(140, 120);
  const before = runs.decoder;
  const moved = await session.change(clicksOf(CORNERS, [140, 120], [{ x: 80, y: 70, foreground: false }]));
  expect(runs.decoder).toBe(before);
  const other = await session.change(clicksOf(CORNERS, [140, 120], [{ x: 80, y: 70, foreground: true }]));
  expect(runs.decoder).toBe(before + 2);
  for (const [prediction, foreground] of [[moved, false], [other, true]] as const) {
    const whole = await segmenter.segment(picture, CORNERS, [140, 120], [{ x: 80, y: 70, foreground }]);
    expect(prediction.cropProbability).toEqual(whole.cropProbability);
  }
});

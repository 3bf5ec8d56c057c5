/**
 * Resizing without moving edges: area average where an axis shrinks, linear where it grows, each axis on its own.
 *
 * The rule of `cv2.resize` with INTER_AREA, then INTER_LINEAR, as the Python package uses it. Photos are resized bit
 * for bit as OpenCV does it: in 8-bit arithmetic one grey level at one pixel moves the network's answer visibly.
 */
import type { Box, Size } from "./clicks.js";
import { heightOf, widthOf } from "./clicks.js";

/** For each output position of one axis: where its inputs start, and their weights (which sum to 1). */
interface Taps {
  readonly start: Int32Array;
  /** `offset[i]` to `offset[i + 1]` are output i's places in `weight`. */
  readonly offset: Int32Array;
  readonly weight: Float32Array;
}

/** Gives row y of a photo, (width, 3) RGB. */
type Rows = (y: number, out: Uint8Array) => void;

const CHANNELS = 3;

/** A photo of size `from` as (side, side, 3), bit for bit as OpenCV resizes it. */
export function resizedPhoto(rows: Rows, from: Size, side: number): Uint8Array {
  const shrunk = { width: Math.min(side, from.width), height: Math.min(side, from.height) };
  const averaged = averagedPhoto(rows, from, shrunk);
  const grows = shrunk.width < side || shrunk.height < side;
  return grows ? interpolatedPhoto(averaged, shrunk, side) : averaged;
}

/** INTER_AREA: sums of 32-bit floats, across each row of the photo, then down. */
function averagedPhoto(rows: Rows, from: Size, to: Size): Uint8Array {
  const result = new Uint8Array(to.width * to.height * CHANNELS);
  const row = new Uint8Array(from.width * CHANNELS);
  if (from.width === to.width && from.height === to.height) {
    for (let y = 0; y < to.height; y++) {
      rows(y, row);
      result.set(row, y * row.length);
    }
    return result;
  }
  if (from.width % to.width === 0 && from.height % to.height === 0) return blockMeans(rows, from, to, result);
  const across = areaTaps(from.width, to.width, 0, to.width);
  const down = areaTaps(from.height, to.height, 0, to.height);
  const [wide, sums] = [new Float32Array(to.width * CHANNELS), new Float32Array(to.width * CHANNELS)];
  let ready = -1;
  for (let y = 0; y < to.height; y++) {
    sums.fill(0);
    for (let t = down.offset[y]!; t < down.offset[y + 1]!; t++) {
      const source = down.start[y]! + t - down.offset[y]!;
      if (source !== ready) {
        rows(source, row);
        stretchRow(row, across, wide);
        ready = source;
      }
      const share = down.weight[t]!;
      for (let i = 0; i < sums.length; i++) sums[i] = sums[i]! + Math.fround(share * wide[i]!);
    }
    for (let i = 0, at = y * sums.length; i < sums.length; i++) result[at++] = roundHalfEven(sums[i]!);
  }
  return result;
}

function stretchRow(row: Uint8Array, across: Taps, out: Float32Array): void {
  for (let x = 0, to = 0; x < across.start.length; x++) {
    let [red, green, blue] = [0, 0, 0];
    let at = across.start[x]! * CHANNELS;
    for (let t = across.offset[x]!; t < across.offset[x + 1]!; t++) {
      const share = across.weight[t]!;
      red = Math.fround(red + Math.fround(share * row[at++]!));
      green = Math.fround(green + Math.fround(share * row[at++]!));
      blue = Math.fround(blue + Math.fround(share * row[at++]!));
    }
    out[to++] = red;
    out[to++] = green;
    out[to++] = blue;
  }
}

/** INTER_AREA by whole factors: sums of integers, and of 2 x 2 pixels a half rounds up. */
function blockMeans(rows: Rows, from: Size, to: Size, result: Uint8Array): Uint8Array {
  const [stepX, stepY] = [from.width / to.width, from.height / to.height];
  const row = new Uint8Array(from.width * CHANNELS);
  const sums = new Int32Array(to.width * CHANNELS);
  const share = Math.fround(1 / (stepX * stepY));
  for (let y = 0; y < to.height; y++) {
    sums.fill(0);
    for (let i = 0; i < stepY; i++) {
      rows(y * stepY + i, row);
      for (let x = 0, at = 0; x < from.width; x++) {
        const to = Math.floor(x / stepX) * CHANNELS;
        for (let c = 0; c < CHANNELS; c++) sums[to + c]! += row[at++]!;
      }
    }
    for (let i = 0, at = y * sums.length; i < sums.length; i++) {
      const sum = sums[i]!;
      result[at++] = stepX === 2 && stepY === 2 ? (sum + 2) >> 2 : roundHalfEven(Math.fround(sum * share));
    }
  }
  return result;
}

const ONE = 2048; // OpenCV's weights of 8-bit linear interpolation have 11 bits

/** INTER_LINEAR of 8-bit pixels. */
function interpolatedPhoto(photo: Uint8Array, from: Size, side: number): Uint8Array {
  const across = linearWeights(from.width, side);
  const down = linearWeights(from.height, side);
  const result = new Uint8Array(side * side * CHANNELS);
  const stride = from.width * CHANNELS;
  const wide = Array.from({ length: from.height }, (_, y) => {
    const out = new Int32Array(side * CHANNELS);
    for (let x = 0, to = 0; x < side; x++) {
      const [first, second] = [across.first[x]!, across.second[x]!];
      const at = y * stride + Math.max(across.start[x]!, 0) * CHANNELS;
      const next = y * stride + Math.min(across.start[x]! + 1, from.width - 1) * CHANNELS;
      for (let c = 0; c < CHANNELS; c++) out[to++] = photo[at + c]! * first + photo[next + c]! * second;
    }
    return out;
  });
  for (let y = 0, to = 0; y < side; y++) {
    const [first, second] = [down.first[y]!, down.second[y]!];
    const upper = wide[Math.max(down.start[y]!, 0)]!;
    const lower = wide[Math.min(down.start[y]! + 1, from.height - 1)]!;
    for (let i = 0; i < upper.length; i++) {
      result[to++] = ((((upper[i]! >> 4) * first) >> 16) + (((lower[i]! >> 4) * second) >> 16) + 2) >> 2;
    }
  }
  return result;
}

/** Where each output lies between two inputs, -1 for the one before the first, and the weights of both. */
function linearWeights(from: number, to: number): { start: Int32Array; first: Int32Array; second: Int32Array } {
  const [start, first, second] = [new Int32Array(to), new Int32Array(to), new Int32Array(to)];
  for (let i = 0; i < to; i++) {
    const position = Math.fround((i + 0.5) * (from / to) - 0.5);
    start[i] = Math.floor(position);
    const share = Math.fround(position - start[i]!);
    first[i] = roundHalfEven(Math.fround(Math.fround(1 - share) * ONE));
    second[i] = roundHalfEven(Math.fround(share * ONE));
  }
  return { start, first, second };
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

/**
 * Values (height, width) resized to `to`; of the answer only `part` is made, so that what a large photo costs depends
 * on the object alone.
 */
export function resizedPart(values: Float32Array, from: Size, to: Size, part: Box): Float32Array {
  const [width, height] = [widthOf(part), heightOf(part)];
  const result = new Float32Array(width * height);
  const across = taps(from.width, to.width, part.x0, part.x1);
  const down = taps(from.height, to.height, part.y0, part.y1);
  const rows = new Map<number, Float32Array>(); // rows of the input, resized across, while they are needed
  for (let y = 0; y < height; y++) {
    const begin = down.start[y]!;
    for (const row of rows.keys()) if (row < begin) rows.delete(row);
    const out = result.subarray(y * width, (y + 1) * width);
    for (let t = down.offset[y]!; t < down.offset[y + 1]!; t++) {
      const row = begin + t - down.offset[y]!;
      let wide = rows.get(row);
      if (wide === undefined) {
        rows.set(row, (wide = new Float32Array(width)));
        stretch(values, row * from.width, across, wide, 0, 0, width);
      }
      const share = down.weight[t]!;
      if (share !== 0) for (let x = 0; x < width; x++) out[x]! += share * wide[x]!;
    }
  }
  return result;
}

/**
 * Where the values that `resizedPart` makes of values in 0..1 reach `threshold`: 1, elsewhere 0. Only those near an edge are
 * made: a weighted mean of values that all lie on one side of the threshold lies there too.
 */
export function reachedPart(values: Float32Array, from: Size, to: Size, part: Box, threshold: number): Uint8Array {
  const [width, height] = [widthOf(part), heightOf(part)];
  const result = new Uint8Array(width * height);
  const across = taps(from.width, to.width, part.x0, part.x1);
  const down = taps(from.height, to.height, part.y0, part.y1);
  let [first, last] = [-1, -1]; // rows of the input, of which the spans and the wide rows are
  let spans: Span[] = [];
  let wide = new Float32Array(0);
  for (let y = 0; y < height; y++) {
    const [begin, end] = [down.start[y]!, down.start[y]! + down.offset[y + 1]! - down.offset[y]!];
    if (begin !== first || end !== last) {
      [first, last] = [begin, end];
      spans = spansOf(values, from.width, begin, end, across, threshold);
      if (wide.length < (end - begin) * width) wide = new Float32Array((end - begin) * width);
      for (const { edge, x0, x1 } of spans) {
        for (let row = begin; edge && row < end; row++) stretch(values, row * from.width, across, wide, (row - begin) * width, x0, x1);
      }
    }
    for (const { edge, x0, x1 } of spans) {
      if (!edge) result.fill(1, y * width + x0, y * width + x1);
      for (let x = x0; edge && x < x1; x++) {
        let sum = 0;
        for (let t = down.offset[y]!, at = x; t < down.offset[y + 1]!; t++, at += width) {
          sum = Math.fround(sum + down.weight[t]! * wide[at]!);
        }
        if (sum >= threshold) result[y * width + x] = 1;
      }
    }
  }
  return result;
}

/** Output columns x0 <= x < x1 that reach the threshold for sure, or, at an `edge`, perhaps. */
interface Span {
  readonly edge: boolean;
  readonly x0: number;
  x1: number;
}

const SURE = 1e-4; // beyond the threshold; rounded weights sum to 1 within 1e-6

function spansOf(values: Float32Array, width: number, begin: number, end: number, across: Taps, threshold: number): Span[] {
  const [lowest, highest] = [new Float32Array(width).fill(Infinity), new Float32Array(width).fill(-Infinity)];
  for (let at = begin * width, x = 0; at < end * width; at++, x = x + 1 < width ? x + 1 : 0) {
    const value = values[at]!;
    if (value < lowest[x]!) lowest[x] = value;
    if (value > highest[x]!) highest[x] = value;
  }
  const spans: Span[] = [];
  let span: Span | null = null;
  for (let x = 0; x < across.start.length; x++) {
    let [low, high] = [Infinity, -Infinity];
    const count = across.offset[x + 1]! - across.offset[x]!;
    for (let at = across.start[x]!; at < across.start[x]! + count; at++) {
      if (lowest[at]! < low) low = lowest[at]!;
      if (highest[at]! > high) high = highest[at]!;
    }
    if (high < threshold - SURE) {
      span = null;
      continue;
    }
    const edge = low < threshold + SURE;
    if (span === null || span.edge !== edge) spans.push((span = { edge, x0: x, x1: x }));
    span.x1 = x + 1;
  }
  return spans;
}

/** The row of values that begins at `row`, resized across: x0 <= x < x1 of it into `out`, which begins at `at`. */
function stretch(values: Float32Array, row: number, across: Taps, out: Float32Array, at: number, x0: number, x1: number): void {
  for (let x = x0; x < x1; x++) {
    let sum = 0;
    let from = row + across.start[x]!;
    for (let t = across.offset[x]!; t < across.offset[x + 1]!; t++) sum += across.weight[t]! * values[from++]!;
    out[at + x] = sum;
  }
}

/** The taps that resize `from` pixels to `to`, for the output positions first <= i < last alone. */
function taps(from: number, to: number, first: number, last: number): Taps {
  return to < from ? areaTaps(from, to, first, last) : linearTaps(from, to, first, last);
}

function areaTaps(from: number, to: number, first: number, last: number): Taps {
  const scale = from / to;
  return collected(first, last, (i) => {
    const [left, right] = [i * scale, i * scale + scale];
    const cell = Math.min(scale, from - left);
    const begin = Math.min(Math.ceil(left), Math.min(Math.floor(right), from - 1));
    const end = Math.min(Math.floor(right), from - 1);
    const weights: number[] = [];
    if (begin - left > 1e-3) weights.push((begin - left) / cell);
    for (let j = begin; j < end; j++) weights.push(1 / cell);
    if (right - end > 1e-3) weights.push(Math.min(right - end, 1, cell) / cell);
    return [begin - left > 1e-3 ? begin - 1 : begin, weights];
  });
}

function linearTaps(from: number, to: number, first: number, last: number): Taps {
  const each = Math.min(from, 2);
  const start = new Int32Array(last - first);
  const offset = Int32Array.from({ length: last - first + 1 }, (_, i) => each * i);
  const weight = new Float32Array(each * start.length).fill(1);
  for (let i = first; i < last; i++) {
    const position = Math.min(Math.max((i + 0.5) * (from / to) - 0.5, 0), from - 1);
    const begin = Math.min(Math.floor(position), Math.max(from - 2, 0));
    start[i - first] = begin;
    if (each === 2) weight.set([1 - position + begin, position - begin], 2 * (i - first));
  }
  return { start, offset, weight };
}

function collected(first: number, last: number, of: (i: number) => [number, number[]]): Taps {
  const start = new Int32Array(last - first);
  const offset = new Int32Array(last - first + 1);
  const weight: number[] = [];
  for (let i = first; i < last; i++) {
    const [begin, weights] = of(i);
    start[i - first] = begin;
    weight.push(...weights);
    offset[i - first + 1] = weight.length;
  }
  return { start, offset, weight: Float32Array.from(weight) };
}

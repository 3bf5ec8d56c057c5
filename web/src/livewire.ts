// The shortest way along edges between two points of a picture, as a person draws it ("intelligent scissors").
//
// Nodes are the corners of pixels, so that a way along an edge lies between the pixels of its two sides. A step costs little
// where colours change much, and the way to any node is known once a search from the start has passed it.

import type { Point } from "./types";

const FLAT = 24; // what a step costs where nothing changes, in costs of one along a clear edge
const CLEAR = 0.97; // share of the nodes that change less than what counts as a clear edge
const NOISE = 3; // in the same measure: less is not worth a move
const LEAST = 20; // of 255: changes below that are noise, however few others there are
const [STRAIGHT, DIAGONAL] = [5, 7];
const BUCKETS = DIAGONAL * (FLAT + 1) + 1; // more than the dearest step
const STEPS: [number, number, number][] = [
  [1, 0, STRAIGHT], [-1, 0, STRAIGHT], [0, 1, STRAIGHT], [0, -1, STRAIGHT],
  [1, 1, DIAGONAL], [1, -1, DIAGONAL], [-1, 1, DIAGONAL], [-1, -1, DIAGONAL],
];

/** What it costs to pass each corner of a picture's pixels, row by row: 1 on a clear edge. */
export interface Edges {
  /** Nodes of a row, and rows: one more than pixels. */
  width: number;
  height: number;
  cost: Uint8Array;
}

/** Of a picture (RGBA, row by row). */
export function edgesOf(rgba: Uint8ClampedArray, width: number, height: number): Edges {
  const [columns, rows] = [width + 1, height + 1];
  const change = new Float32Array(columns * rows);
  for (let channel = 0; channel < 3; channel++) {
    const values = blurred(rgba, channel, width, height);
    for (let y = 0; y < rows; y++) {
      const above = Math.max(0, y - 1) * width;
      const below = Math.min(height - 1, y) * width;
      for (let x = 0; x < columns; x++) {
        const left = Math.max(0, x - 1);
        const right = Math.min(width - 1, x);
        const [a, b, c, d] = [values[above + left]!, values[above + right]!, values[below + left]!, values[below + right]!];
        const size = Math.hypot(b + d - a - c, c + d - a - b) / 2;
        if (size > change[y * columns + x]!) change[y * columns + x] = size;
      }
    }
  }
  const clear = Math.max(LEAST, percentile(change, CLEAR));
  const cost = Uint8Array.from(change, (size) => 1 + Math.round(FLAT * (1 - Math.min(1, size / clear)) ** 1.5));
  return { width: columns, height: rows, cost };
}

/** The node of the clearest edge around one, the nearest of several. */
export function snapped({ width, height, cost }: Edges, [x, y]: Point, radius: number): Point {
  let best: Point = [x, y];
  let least = cost[y * width + x]! - NOISE;
  for (let ny = Math.max(0, y - radius); ny <= Math.min(height - 1, y + radius); ny++) {
    for (let nx = Math.max(0, x - radius); nx <= Math.min(width - 1, x + radius); nx++) {
      const distance = Math.hypot(nx - x, ny - y);
      const value = cost[ny * width + nx]! + distance;
      if (distance <= radius && value < least) [best, least] = [[nx, ny], value];
    }
  }
  return best;
}

/** The ways from one node to all others; searched no further than was asked for. */
export class Wire {
  private readonly before: Int32Array;
  private readonly known: Int32Array;
  private readonly passed: Uint8Array;
  private readonly buckets: number[][] = Array.from({ length: BUCKETS }, () => []);
  private at = 0;
  private waiting = 0;

  constructor(private readonly edges: Edges, [x, y]: Point) {
    const count = edges.width * edges.height;
    this.before = new Int32Array(count).fill(-1);
    this.known = new Int32Array(count).fill(0x7fffffff);
    this.passed = new Uint8Array(count);
    this.offer(y * edges.width + x, 0, -1);
  }

  /** The nodes from the start (left out) to another. */
  pathTo([x, y]: Point): Point[] {
    const { width } = this.edges;
    const end = y * width + x;
    this.search(end);
    const path: Point[] = [];
    for (let node = end; this.before[node]! >= 0; node = this.before[node]!) path.push([node % width, Math.floor(node / width)]);
    return path.reverse();
  }

  private search(end: number): void {
    const { width, height, cost } = this.edges;
    while (!this.passed[end] && this.waiting > 0) {
      const node = this.buckets[this.at % BUCKETS]!.pop();
      if (node === undefined) {
        this.at += 1;
        continue;
      }
      this.waiting -= 1;
      if (this.passed[node]) continue;
      this.passed[node] = 1;
      const [x, y] = [node % width, Math.floor(node / width)];
      for (const [dx, dy, length] of STEPS) {
        const [nx, ny] = [x + dx, y + dy];
        if (nx < 0 || ny < 0 || nx >= width || ny >= height) continue;
        const next = ny * width + nx;
        if (!this.passed[next]) this.offer(next, this.known[node]! + length * cost[next]!, node);
      }
    }
  }

  private offer(node: number, price: number, before: number): void {
    if (price >= this.known[node]!) return;
    this.known[node] = price;
    this.before[node] = before;
    this.buckets[price % BUCKETS]!.push(node);
    this.waiting += 1;
  }
}

/** A path without points that lie at most so far from what is left (Douglas and Peucker); its ends stay. */
export function simplified(path: readonly Point[], tolerance: number): Point[] {
  const kept = new Uint8Array(path.length);
  kept[0] = kept[path.length - 1] = 1;
  const waiting: [number, number][] = [[0, path.length - 1]];
  for (let span = waiting.pop(); span; span = waiting.pop()) {
    const [first, last] = span;
    let [farthest, place] = [tolerance, -1];
    for (let i = first + 1; i < last; i++) {
      const distance = toSegment(path[i]!, path[first]!, path[last]!);
      if (distance > farthest) [farthest, place] = [distance, i];
    }
    if (place < 0) continue;
    kept[place] = 1;
    waiting.push([first, place], [place, last]);
  }
  return path.filter((_, i) => kept[i]);
}

function toSegment([x, y]: Point, [ax, ay]: Point, [bx, by]: Point): number {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const t = length ? Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length)) : 0;
  return Math.hypot(x - ax - t * dx, y - ay - t * dy);
}

/** One channel, each value with its neighbours (1 2 1, both ways), so that a pixel's noise is no edge. */
function blurred(rgba: Uint8ClampedArray, channel: number, width: number, height: number): Float32Array {
  const across = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = (column: number) => rgba[4 * (y * width + Math.min(width - 1, Math.max(0, column))) + channel]!;
      across[y * width + x] = (value(x - 1) + 2 * value(x) + value(x + 1)) / 4;
    }
  }
  const both = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const above = Math.max(0, y - 1) * width;
    const below = Math.min(height - 1, y + 1) * width;
    for (let x = 0; x < width; x++) both[y * width + x] = (across[above + x]! + 2 * across[y * width + x]! + across[below + x]!) / 4;
  }
  return both;
}

/** Of values from 0 to 512. */
function percentile(values: Float32Array, share: number): number {
  const counts = new Uint32Array(512);
  for (const value of values) counts[Math.min(511, Math.floor(value))]! += 1;
  let [sum, place] = [0, 0];
  while (place < 511 && (sum += counts[place]!) < share * values.length) place += 1;
  return place;
}

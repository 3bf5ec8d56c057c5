// From what is kept to what the page is told.

import { type Box, heightOf, widthOf } from "../../packages/iog-web/src/clicks";
import { NO_FACTS } from "../facts";
import type { Clicks, MaskMessage, ObjectMessage } from "../types";
import { clicksOf, type Clicks as CheckedClicks } from "../../packages/iog-web/src/clicks";
import { Patch, runsOf } from "./patch";
import type { Found } from "./rows";

/** Pixels a side of a mask that answers a click; the page asks for more when a person zooms in. */
export const SCREEN_SIDE = 768;

export function objectMessage({ id, photo, version, label, state, work, mask, confidence, touched, facts = NO_FACTS }: Found): ObjectMessage {
  const patch = mask && Patch.restored(mask);
  const { clicks, strokes, largest, fill, spare } = work;
  return {
    id, photo, version, label, state, work: { clicks, strokes, largest, fill, spare },
    mask: patch && maskMessage(patch.box, patch.pixels, SCREEN_SIDE),
    computed: patch !== null, area: patch?.area ?? 0, confidence, touched, facts,
  };
}

/** A mask for the screen, at most `side` pixels a side; null for an empty one. */
export function maskMessage(box: Box, pixels: Uint8Array, side: number): MaskMessage | null {
  if (!pixels.includes(1)) return null;
  const [wide, high] = [widthOf(box), heightOf(box)];
  const scale = Math.min(1, side / Math.max(wide, high));
  const size: [number, number] = [Math.max(1, Math.round(wide * scale)), Math.max(1, Math.round(high * scale))];
  const shown = scale < 1 ? shrunk(pixels, wide, high, ...size) : pixels;
  return { box: [box.x0, box.y0, box.x1, box.y1], size, runs: runsOf(shown) };
}

/** The pixels in the middle. */
function shrunk(pixels: Uint8Array, wide: number, high: number, width: number, height: number): Uint8Array {
  const found = new Uint8Array(width * height);
  const columns = Array.from({ length: width }, (_, x) => Math.floor(((x + 0.5) * wide) / width));
  for (let y = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * high) / height) * wide;
    for (let x = 0; x < width; x++) found[y * width + x] = pixels[row + columns[x]!]!;
  }
  return found;
}

/** The page's clicks, checked. */
export function checkedClicks({ corners, inside, corrections }: Clicks): CheckedClicks {
  return clicksOf(corners, inside, corrections.map(([x, y, foreground, path]) => ({ x, y, foreground, ...(path ? { path } : {}) })));
}

/** Clicks as the page has them. */
export function clicksMessage({ corners, inside, corrections }: CheckedClicks): Clicks {
  const [[ax, ay], [bx, by]] = corners;
  return {
    corners: [[ax, ay], [bx, by]],
    inside: inside && [inside[0], inside[1]],
    corrections: corrections.map(({ x, y, foreground, path }) =>
      path ? [x, y, foreground, path.map(([px, py]): [number, number] => [px, py])] : [x, y, foreground]),
  };
}

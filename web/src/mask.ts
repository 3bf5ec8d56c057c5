import type { MaskMessage } from "./types";

/** A mask ready to be drawn: a bitmap and its outline, both stretched over `box` (image pixels). */
export interface Mask {
  box: MaskMessage["box"];
  bitmap: OffscreenCanvas;
  /** Edges between object and background, in bitmap pixels. */
  outline: Path2D;
  /** Whether the bitmap has the object at a point of the image. */
  covers(x: number, y: number): boolean;
}

/** Decode a mask; `colour` as #rrggbb. */
export async function readMask(message: MaskMessage, colour: string): Promise<Mask> {
  const bytes = Uint8Array.from(atob(message.png), (character) => character.charCodeAt(0));
  const picture = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  const bitmap = new OffscreenCanvas(picture.width, picture.height);
  const context = bitmap.getContext("2d", { willReadFrequently: true })!;
  context.drawImage(picture, 0, 0);
  picture.close();
  const { width, height } = bitmap;
  const { data } = context.getImageData(0, 0, width, height);
  const inside = (x: number, y: number) =>
    x >= 0 && y >= 0 && x < width && y < height && data[4 * (y * width + x) + 3]! > 127;
  context.globalCompositeOperation = "source-in";
  context.fillStyle = colour;
  context.fillRect(0, 0, width, height);
  const [x0, y0, x1, y1] = message.box;
  return {
    box: message.box,
    bitmap,
    outline: outlineOf(inside, width, height),
    covers: (x, y) =>
      inside(Math.floor(((x - x0) / (x1 - x0)) * width), Math.floor(((y - y0) / (y1 - y0)) * height)),
  };
}

/** Runs of edges, row by row and column by column: a stroke does not care about their order. */
function outlineOf(inside: (x: number, y: number) => boolean, width: number, height: number): Path2D {
  const path = new Path2D();
  for (let y = 0; y <= height; y++) {
    let start = -1;
    for (let x = 0; x <= width; x++) {
      const edge = x < width && inside(x, y - 1) !== inside(x, y);
      if (edge && start < 0) start = x;
      if (!edge && start >= 0) {
        path.moveTo(start, y);
        path.lineTo(x, y);
        start = -1;
      }
    }
  }
  for (let x = 0; x <= width; x++) {
    let start = -1;
    for (let y = 0; y <= height; y++) {
      const edge = y < height && inside(x - 1, y) !== inside(x, y);
      if (edge && start < 0) start = y;
      if (!edge && start >= 0) {
        path.moveTo(x, start);
        path.lineTo(x, y);
        start = -1;
      }
    }
  }
  return path;
}

// Okabe and Ito's colours: told apart with any kind of colour vision.
const COLOURS = ["#0072b2", "#e69f00", "#cc79a7", "#009e73", "#d55e00", "#56b4e9", "#f0e442", "#8a63d2"];

/** The colour of a label, by its place in the list. */
export function colourOf(labels: readonly string[], label: string): string {
  const place = labels.indexOf(label);
  return COLOURS[(place < 0 ? labels.length : place) % COLOURS.length]!;
}

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
  const solid = new Uint8Array(width * height);
  for (let i = 0; i < solid.length; i++) solid[i] = data[4 * i + 3]! > 127 ? 1 : 0;
  const inside = (x: number, y: number) =>
    x >= 0 && y >= 0 && x < width && y < height && solid[y * width + x] === 1;
  context.globalCompositeOperation = "source-in";
  context.fillStyle = colour;
  context.fillRect(0, 0, width, height);
  const [x0, y0, x1, y1] = message.box;
  return {
    box: message.box,
    bitmap,
    outline: outlineOf(solid, width, height),
    covers: (x, y) =>
      inside(Math.floor(((x - x0) / (x1 - x0)) * width), Math.floor(((y - y0) / (y1 - y0)) * height)),
  };
}

/** Runs of edges along rows and along columns: a stroke does not care about their order. */
function outlineOf(solid: Uint8Array, width: number, height: number): Path2D {
  const path = new Path2D();
  // Upright edges are followed row by row too, where the memory is: `since` holds where each began, or -1.
  const since = new Int32Array(width + 1).fill(-1);
  for (let y = 0; y <= height; y++) {
    let start = -1;
    let left = 0;
    for (let x = 0; x <= width; x++) {
      const here = x < width && y < height ? solid[y * width + x]! : 0;
      const above = x < width && y > 0 ? solid[(y - 1) * width + x]! : 0;
      if (here !== above) {
        if (start < 0) start = x;
      } else if (start >= 0) {
        path.moveTo(start, y);
        path.lineTo(x, y);
        start = -1;
      }
      if (here !== left) {
        if (since[x]! < 0) since[x] = y;
      } else if (since[x]! >= 0) {
        path.moveTo(x, since[x]!);
        path.lineTo(x, y);
        since[x] = -1;
      }
      left = here;
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

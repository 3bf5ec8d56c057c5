// Masks and boxes onto a canvas whose unit is a CSS pixel.

import type { Mask } from "./mask";
import type { View } from "./view";

/** Left, top, right, bottom, in CSS pixels of the stage. */
export type Rect = [number, number, number, number];
export type Line = [style: string, width: number];
export type Place = Pick<View, "x" | "y" | "scale">;

export function begin(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext("2d")!;
  context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  return context;
}

/** Where a box of the image is on the screen. */
export function rectOf([x0, y0, x1, y1]: readonly number[], view: Place): Rect {
  return [x0! * view.scale + view.x, y0! * view.scale + view.y, x1! * view.scale + view.x, y1! * view.scale + view.y];
}

export function overlaps(one: Rect, other: Rect): boolean {
  return one[0] <= other[2] && other[0] <= one[2] && one[1] <= other[3] && other[1] <= one[3];
}

/** `spacing`: pixels of the screen between corners, at least; what drawing costs depends on their number. */
export function fillMask(context: CanvasRenderingContext2D, mask: Mask, rect: Rect, colour: string, spacing = 1): void {
  stretched(context, mask, rect, spacing, (path) => {
    context.fillStyle = colour;
    context.fill(path, "evenodd");
  });
}

/** Lines over each other, so that they are seen on dark and on light, and on things of their own colour. */
export function strokeMask(context: CanvasRenderingContext2D, mask: Mask, rect: Rect, lines: Line[], spacing = 1): void {
  stretched(context, mask, rect, spacing, (path, scale) => {
    for (const [style, width] of lines) {
      context.strokeStyle = style;
      context.lineWidth = width / scale;
      context.stroke(path);
    }
  });
}

export function strokeBox(context: CanvasRenderingContext2D, [left, top, right, bottom]: Rect, lines: Line[]): void {
  for (const [style, width] of lines) {
    context.strokeStyle = style;
    context.lineWidth = width;
    context.strokeRect(left, top, right - left, bottom - top);
  }
}

/** Draw in mask pixels: the mask's kept path need not be copied for it. */
function stretched(
  context: CanvasRenderingContext2D, mask: Mask, [left, top, right, bottom]: Rect, spacing: number,
  draw: (path: Path2D, scale: number) => void,
): void {
  const scale = (right - left) / mask.width;
  context.save();
  context.transform(scale, 0, 0, (bottom - top) / mask.height, left, top);
  context.lineJoin = "round";
  draw(mask.path((scale * devicePixelRatio) / spacing), scale);
  context.restore();
}

import type { MaskMessage, Point } from "./types";

type Box = MaskMessage["box"];

const CLOSEST = 64; // screen pixels per image pixel

/** Where the photo lies on the screen: screen = image * scale + offset, in CSS pixels. */
export class View {
  scale = 1;
  x = 0;
  y = 0;
  private fitted = true;

  constructor(private imageWidth = 1, private imageHeight = 1, private width = 1, private height = 1) {}

  /** A photo of the same size is seen where the one before was. */
  setImage(width: number, height: number): void {
    if (!this.fitted && width === this.imageWidth && height === this.imageHeight) return;
    this.imageWidth = width;
    this.imageHeight = height;
    this.fit();
  }

  /** The window changed its size; a fitted photo stays fitted, another keeps its centre. */
  resize(width: number, height: number): void {
    this.x += (width - this.width) / 2;
    this.y += (height - this.height) / 2;
    this.width = width;
    this.height = height;
    if (this.fitted) this.fit();
  }

  fit(): void {
    this.scale = this.fitScale();
    this.x = (this.width - this.imageWidth * this.scale) / 2;
    this.y = (this.height - this.imageHeight * this.scale) / 2;
    this.fitted = true;
  }

  /** Zoom so that the image point under (x, y) stays there. */
  zoomAt(x: number, y: number, factor: number): void {
    const scale = Math.min(CLOSEST, Math.max(this.fitScale() / 2, this.scale * factor));
    const ratio = scale / this.scale;
    this.x = x - (x - this.x) * ratio;
    this.y = y - (y - this.y) * ratio;
    this.scale = scale;
    this.fitted = false;
  }

  /** Around the middle of the window. */
  zoom(factor: number): void {
    this.zoomAt(this.width / 2, this.height / 2, factor);
  }

  /** One pixel of the screen for each of the photo. */
  actualSize(): void {
    this.zoom(1 / devicePixelRatio / this.scale);
  }

  pan(dx: number, dy: number): void {
    this.x += dx;
    this.y += dy;
    this.fitted = false;
  }

  /** Whether some of a box of the image is in the window. */
  sees([x0, y0, x1, y1]: Box): boolean {
    const [left, top] = this.toScreen([x0, y0]);
    const [right, bottom] = this.toScreen([x1, y1]);
    return left < this.width && right > 0 && top < this.height && bottom > 0;
  }

  /** Move the middle of a box to the middle of the window. */
  reveal([x0, y0, x1, y1]: Box): void {
    const [x, y] = this.toScreen([(x0 + x1) / 2, (y0 + y1) / 2]);
    this.pan(this.width / 2 - x, this.height / 2 - y);
  }

  toImage(x: number, y: number): Point {
    return [(x - this.x) / this.scale, (y - this.y) / this.scale];
  }

  toScreen([x, y]: Point): Point {
    return [x * this.scale + this.x, y * this.scale + this.y];
  }

  /** A point that lies in the image, at its nearest pixel. */
  clamp([x, y]: Point): Point {
    return [
      Math.min(this.imageWidth - 1, Math.max(0, Math.floor(x))),
      Math.min(this.imageHeight - 1, Math.max(0, Math.floor(y))),
    ];
  }

  private fitScale(): number {
    const margin = 24;
    return Math.min(
      16,
      Math.max(1, this.width - margin) / this.imageWidth,
      Math.max(1, this.height - margin) / this.imageHeight,
    );
  }
}

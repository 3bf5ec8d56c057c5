import type { App } from "./app";
import { boxOf } from "./clicks";
import { h } from "./dom";
import type { Item } from "./items";
import type { Mask } from "./mask";
import { View } from "./view";

const SETTLED = 120; // ms without a movement of the view, after which many objects are drawn sharply again
const QUICK = 6; // ms that drawing all objects may take within each frame of a movement
const FAINT = 0.4; // of the opacity, beside an open object

type Place = Pick<View, "x" | "y" | "scale">;

/** All masks: those of the closed objects are drawn once and kept, the open one lies in front of them. */
export class MaskLayer {
  readonly canvas = h("canvas", { className: "masks", ariaHidden: "true" });
  private readonly others = document.createElement("canvas");
  private othersState: unknown[] = [];
  private othersPlace: Place | null = null;
  private drawn: unknown[] = [];
  private cost = 0;
  private timer = 0;

  constructor(private readonly app: App, private readonly view: View) {}

  resize(width: number, height: number): void {
    for (const canvas of [this.canvas, this.others]) Object.assign(canvas, { width, height });
    this.othersState = [];
    this.drawn = [];
  }

  draw(): void {
    const { app, view } = this;
    const { active, preview, mode } = app.editor;
    const others = app.picture ? app.editor.items.filter((item) => item !== active && app.editor.sight.shows(item, active)) : [];
    const open = active && app.editor.sight.shows(active, active) ? active : null;
    const front = mode === "centre" && preview ? preview.mask : (open?.mask ?? null);
    const { opacity } = app.settings;
    const content = [
      app.photo?.id, opacity, active !== null,
      ...others.flatMap((item) => [item.mask ?? item.work.clicks, app.labels.colour(item.label)]),
    ];
    const place = [view.x, view.y, view.scale];
    const state = [...place, ...content, front, open && app.labels.colour(open.label)];
    if (same(state, this.drawn)) return;
    this.drawn = state;
    this.keepOthers(others, content);
    const context = begin(this.canvas);
    this.place(context);
    if (open && front) this.drawMask(context, front, app.labels.colour(open.label), opacity, true);
    context.restore();
  }

  /** Draw the closed objects, unless they can be moved as they are until the view rests. */
  private keepOthers(others: Item[], content: unknown[]): void {
    const { view, app } = this;
    const known = same(content, this.othersState);
    const moved = !this.othersPlace || !same(values(view), values(this.othersPlace));
    if (known && !moved) return;
    if (known && this.cost > QUICK) {
      clearTimeout(this.timer);
      this.timer = window.setTimeout(() => {
        this.othersState = [];
        this.drawn = [];
        app.changed();
      }, SETTLED);
      return;
    }
    const start = performance.now();
    const context = begin(this.others);
    const { opacity } = app.settings;
    const strength = opacity * (app.editor.active ? FAINT : 0.7);
    for (const item of others) {
      const colour = app.labels.colour(item.label);
      if (item.mask) this.drawMask(context, item.mask, colour, strength, false);
      else if (item.work.clicks) this.drawBox(context, boxOf(item.work.clicks), colour);
    }
    context.restore();
    this.othersState = content;
    this.othersPlace = { x: view.x, y: view.y, scale: view.scale };
    this.cost = performance.now() - start;
  }

  /** The kept picture of the closed objects, where the view is now; clipped to the photo. */
  private place(context: CanvasRenderingContext2D): void {
    const { view, app, othersPlace } = this;
    if (!app.photo || !othersPlace) return;
    context.beginPath();
    context.rect(view.x, view.y, app.photo.width! * view.scale, app.photo.height! * view.scale);
    context.clip();
    const ratio = view.scale / othersPlace.scale;
    const width = this.others.width / devicePixelRatio;
    const height = this.others.height / devicePixelRatio;
    const [left, top] = [view.x - othersPlace.x * ratio, view.y - othersPlace.y * ratio];
    context.drawImage(this.others, left, top, width * ratio, height * ratio);
  }

  private drawMask(context: CanvasRenderingContext2D, mask: Mask, colour: string, opacity: number, front: boolean): void {
    const [x0, y0, x1, y1] = mask.box;
    const [left, top] = this.view.toScreen([x0, y0]);
    const [width, height] = [(x1 - x0) * this.view.scale, (y1 - y0) * this.view.scale];
    const { clientWidth, clientHeight } = this.canvas;
    if (left > clientWidth || top > clientHeight || left + width < 0 || top + height < 0) return;
    context.globalAlpha = opacity;
    context.imageSmoothingEnabled = width < mask.width;
    context.drawImage(mask.bitmap(colour), left, top, width, height);
    context.globalAlpha = 1;
    if (opacity === 0 && !front) return;
    const edge = new Path2D();
    edge.addPath(mask.outline, new DOMMatrix([width / mask.width, 0, 0, height / mask.height, left, top]));
    if (front) stroke(context, edge, [["rgb(0 0 0 / 65%)", 4], ["#ffffff", 1.6]]);
    else stroke(context, edge, [["rgb(255 255 255 / 55%)", 2.6], [colour, 1.3]]);
  }

  private drawBox(context: CanvasRenderingContext2D, [x0, y0, x1, y1]: number[], colour: string): void {
    const [left, top] = this.view.toScreen([x0!, y0!]);
    const [right, bottom] = this.view.toScreen([x1!, y1!]);
    const path = new Path2D();
    path.rect(left, top, right - left, bottom - top);
    stroke(context, path, [["rgb(255 255 255 / 70%)", 2.2], [colour, 1.2]]);
  }
}

/** Lines over each other, so that they are seen on dark and on light, and on things of their own colour. */
function stroke(context: CanvasRenderingContext2D, path: Path2D, lines: [string, number][]): void {
  context.lineCap = "square";
  for (const [style, width] of lines) {
    context.strokeStyle = style;
    context.lineWidth = width;
    context.stroke(path);
  }
}

function begin(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext("2d")!;
  context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.save();
  return context;
}

const values = ({ x, y, scale }: Place) => [x, y, scale];

function same(one: unknown[], other: unknown[]): boolean {
  return one.length === other.length && one.every((part, place) => part === other[place]);
}

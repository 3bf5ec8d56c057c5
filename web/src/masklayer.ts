import type { App } from "./app";
import { ClosedLayer, type Look } from "./closedlayer";
import { h } from "./dom";
import type { Item } from "./items";
import { begin, fillMask, rectOf, strokeMask } from "./paint";
import type { View } from "./view";

const SETTLED = 120; // ms without a movement of the view, after which many objects are drawn sharply again
const QUICK = 6; // ms that drawing all objects may take within each frame of a movement
const FAINT = 0.4; // of the opacity, beside an open object
const CLOSED = 0.7; // of the opacity, when none is open

/** All masks: the closed objects are a kept picture, the open one lies in front of it. */
export class MaskLayer {
  readonly canvas = h("canvas", { className: "masks", ariaHidden: "true" });
  private readonly closed = new ClosedLayer();
  private drawn: unknown[] = [];
  private cost = 0;
  private timer = 0;

  constructor(private readonly app: App, private readonly view: View) {}

  resize(width: number, height: number): void {
    Object.assign(this.canvas, { width, height });
    this.closed.resize({ width, height });
    this.drawn = [];
  }

  draw(): void {
    const { app, view } = this;
    const { active, preview, mode, sight } = app.editor;
    const looks = this.looks();
    const open = active && sight.shows(active, active) ? active : null;
    const front = mode === "centre" && preview ? preview.mask : (open?.mask ?? null);
    const { opacity } = app.settings;
    const colour = open && app.labels.colour(open.label);
    const same = this.closed.shows(looks);
    const state = [app.photo?.id, view.x, view.y, view.scale, opacity, active !== null, front, colour];
    if (same && state.every((part, place) => part === this.drawn[place])) return;
    this.drawn = state;
    this.keep(looks, same);
    const context = begin(this.canvas);
    if (!app.photo) return;
    context.save();
    context.beginPath();
    context.rect(view.x, view.y, app.photo.width! * view.scale, app.photo.height! * view.scale);
    context.clip();
    this.closed.paste(context, view, opacity * (active ? FAINT : CLOSED));
    if (front && colour) {
      const rect = rectOf(front.box, view);
      context.globalAlpha = opacity;
      fillMask(context, front, rect, colour);
      context.globalAlpha = 1;
      strokeMask(context, front, rect, [["rgb(0 0 0 / 65%)", 4], ["#ffffff", 1.6]]);
    }
    context.restore();
  }

  /** The closed objects that are to be seen. */
  private looks(): Map<Item, Look> {
    const { editor, labels, picture } = this.app;
    const looks = new Map<Item, Look>();
    if (!picture) return looks;
    for (const item of editor.items) {
      if (item === editor.active || !editor.sight.shows(item, editor.active)) continue;
      looks.set(item, { mask: item.mask, clicks: item.mask ? null : item.work.clicks, colour: labels.colour(item.label) });
    }
    return looks;
  }

  /** Draw the closed objects, unless the picture of them can be moved as it is until the view rests. */
  private keep(looks: Map<Item, Look>, same: boolean): void {
    const { view, app, closed } = this;
    const there = closed.isAt(view);
    if (same && there) return;
    if (same && this.cost > QUICK) {
      clearTimeout(this.timer);
      this.timer = window.setTimeout(() => {
        this.cost = 0;
        this.drawn = [];
        app.changed();
      }, SETTLED);
      return;
    }
    const start = performance.now();
    closed.draw(looks, view);
    if (!there) this.cost = performance.now() - start + looks.size / 40; // what the browser does later counts too
  }
}

import { boxOf } from "./clicks";
import type { Item } from "./items";
import type { Mask } from "./mask";
import { fillMask, overlaps, rectOf, strokeBox, strokeMask, type Place, type Rect } from "./paint";
import type { Clicks } from "./types";

const MANY = 60; // changed objects from which all are drawn anew
const SPACING = 2; // pixels of the screen between corners of an outline: hundreds of objects are drawn in half the time
const EDGE = 3; // CSS pixels that lines reach beyond what they go around

/** How an object looks. */
export interface Look {
  mask: Mask | null;
  clicks: Clicks | null;
  colour: string;
}

interface Drawn extends Look {
  rect: Rect;
  size: number;
}

/**
 * The closed objects as pictures that are kept: where something changes, only that place is drawn anew. Insides and edges
 * are apart, so that insides can be made faint without being drawn again; the smallest lie in front.
 */
export class ClosedLayer {
  private readonly insides = document.createElement("canvas");
  private readonly edges = document.createElement("canvas");
  private drawn = new Map<Item, Drawn>();
  private place: Place | null = null;

  resize(size: { width: number; height: number }): void {
    for (const canvas of [this.insides, this.edges]) Object.assign(canvas, size);
    this.place = null;
  }

  /** Whether it shows these objects, as seen from here. */
  shows(looks: Map<Item, Look>): boolean {
    return this.changed(looks).length === 0;
  }

  /** Whether the photo lies where it lay when the objects were drawn. */
  isAt({ x, y, scale }: Place): boolean {
    return this.place !== null && this.place.x === x && this.place.y === y && this.place.scale === scale;
  }

  /** Draw what is not as it should be; answers with the rectangles that changed. */
  draw(looks: Map<Item, Look>, view: Place): void {
    const changed = this.changed(looks);
    const whole = !this.isAt(view) || changed.length > MANY;
    if (whole) this.place = { x: view.x, y: view.y, scale: view.scale };
    const dirty: Rect[] = [];
    for (const item of whole ? new Set([...this.drawn.keys(), ...looks.keys()]) : changed) {
      const before = this.drawn.get(item);
      const look = looks.get(item);
      if (before) dirty.push(before.rect);
      if (!look) {
        this.drawn.delete(item);
        continue;
      }
      const box = look.mask?.box ?? (look.clicks ? boxOf(look.clicks) : [0, 0, 0, 0]);
      const rect = rectOf(box, view);
      this.drawn.set(item, { ...look, rect: outwards(rect), size: (rect[2] - rect[0]) * (rect[3] - rect[1]) });
      dirty.push(outwards(rect));
    }
    const all: Rect = [0, 0, this.insides.width / devicePixelRatio, this.insides.height / devicePixelRatio];
    if (whole) this.redraw([all]);
    else if (dirty.length) this.redraw(dirty);
  }

  /** Onto another canvas, where the view is now; `strength`: of the insides. */
  paste(context: CanvasRenderingContext2D, view: Place, strength: number): void {
    if (!this.place || this.drawn.size === 0) return;
    const ratio = view.scale / this.place.scale;
    const [left, top] = [view.x - this.place.x * ratio, view.y - this.place.y * ratio];
    const [width, height] = [this.insides.width / devicePixelRatio, this.insides.height / devicePixelRatio];
    for (const [canvas, alpha] of [[this.insides, strength], [this.edges, strength > 0 ? 1 : 0]] as const) {
      context.globalAlpha = alpha;
      if (alpha > 0) context.drawImage(canvas, left, top, width * ratio, height * ratio);
    }
    context.globalAlpha = 1;
  }

  private changed(looks: Map<Item, Look>): Item[] {
    const changed: Item[] = [];
    let known = 0;
    for (const [item, look] of looks) {
      const before = this.drawn.get(item);
      if (before) known++;
      if (!before || before.mask !== look.mask || before.clicks !== look.clicks || before.colour !== look.colour) changed.push(item);
    }
    if (known < this.drawn.size) for (const item of this.drawn.keys()) if (!looks.has(item)) changed.push(item);
    return changed;
  }

  private redraw(places: Rect[]): void {
    const shown = [...this.drawn.values()].filter(({ rect }) => places.some((place) => overlaps(place, rect)));
    shown.sort((a, b) => b.size - a.size);
    this.within(this.insides, places, (context) => {
      for (const { mask, rect, colour } of shown) if (mask) fillMask(context, mask, inwards(rect), colour, SPACING);
    });
    this.within(this.edges, places, (context) => {
      for (const { mask, clicks, rect, colour } of shown) {
        if (mask) strokeMask(context, mask, inwards(rect), [["rgb(255 255 255 / 55%)", 2.6], [colour, 1.3]], SPACING);
        else if (clicks) strokeBox(context, inwards(rect), [["rgb(255 255 255 / 70%)", 2.2], [colour, 1.2]]);
      }
    });
  }

  /** Clear some places of a canvas and draw there alone. */
  private within(canvas: HTMLCanvasElement, places: Rect[], draw: (context: CanvasRenderingContext2D) => void): void {
    const context = canvas.getContext("2d")!;
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.save();
    context.beginPath();
    for (const place of places) {
      // Whole pixels of the screen: half ones would leave a seam.
      const [left, top] = [down(place[0]), down(place[1])];
      context.rect(left, top, up(place[2]) - left, up(place[3]) - top);
    }
    context.clip();
    context.clearRect(0, 0, canvas.width, canvas.height);
    draw(context);
    context.restore();
  }
}

const down = (value: number) => Math.floor(value * devicePixelRatio) / devicePixelRatio;
const up = (value: number) => Math.ceil(value * devicePixelRatio) / devicePixelRatio;
const outwards = ([left, top, right, bottom]: Rect): Rect => [left - EDGE, top - EDGE, right + EDGE, bottom + EDGE];
const inwards = ([left, top, right, bottom]: Rect): Rect => [left + EDGE, top + EDGE, right - EDGE, bottom - EDGE];

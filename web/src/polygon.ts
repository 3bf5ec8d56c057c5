import { simplified } from "./livewire";
import type { Point } from "./types";

const MOST = 5000; // points that a backend takes

/** Leads a polygon along the edges of the photo. */
export interface Guide {
  /** A point, or the edge beside it; `from`: the point before it. */
  snap(point: Point, from: Point | null): Point;
  /** From a point (left out) to another. */
  way(from: Point, to: Point): Point[];
}

/** A polygon under the hand, in continuous image coordinates: from corner to corner straight, or along edges. */
export class Polygon {
  /** What leads from the corner before to each corner, which is its last point. */
  private legs: Point[][] = [];
  /** Null: corners are joined by straight lines. */
  guide: Guide | null = null;

  get corners(): Point[] {
    return this.legs.map((leg) => leg.at(-1)!);
  }

  get points(): Point[] {
    return this.legs.flat();
  }

  get begun(): boolean {
    return this.legs.length > 0;
  }

  get closable(): boolean {
    return this.legs.length >= 2 && this.points.length >= 3;
  }

  private get last(): Point | null {
    return this.legs.at(-1)?.at(-1) ?? null;
  }

  /** What a corner here would add. */
  legTo(point: Point): Point[] {
    const { last, guide } = this;
    if (!guide) return [point];
    const end = guide.snap(point, last);
    return last ? guide.way(last, end) : [end];
  }

  add(point: Point): void {
    this.legs.push(this.legTo(point));
  }

  /** Take the last corner back; whether there was one. */
  back(): boolean {
    return this.legs.pop() !== undefined;
  }

  drop(): void {
    this.legs = [];
  }

  /** The outline, closed as its corners are joined; the next polygon begins. */
  take(): Point[] {
    const { last, guide, legs } = this;
    const [first] = legs[0]!;
    const closing = guide && last ? guide.way(last, first!).slice(0, -1) : [];
    let outline = [...this.points, ...closing];
    for (let tolerance = 0.5; outline.length > MOST; tolerance *= 2) outline = simplified(outline, tolerance);
    this.drop();
    return outline;
  }
}

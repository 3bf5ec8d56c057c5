import type { Point } from "./types";

/** A polygon under the hand: its corners so far, in continuous image coordinates. */
export class Polygon {
  points: Point[] = [];

  get closable(): boolean {
    return this.points.length >= 3;
  }

  add(point: Point): void {
    this.points = [...this.points, point];
  }

  /** Take the last corner back; whether there was one. */
  back(): boolean {
    const begun = this.points.length > 0;
    this.points = this.points.slice(0, -1);
    return begun;
  }

  /** The corners; the next polygon begins. */
  take(): Point[] {
    const { points } = this;
    this.points = [];
    return points;
  }
}

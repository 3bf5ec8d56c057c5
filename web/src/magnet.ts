import type { App } from "./app";
import type { Drawn } from "./backend";
import { Wire, edgesOf, simplified, snapped, type Edges } from "./livewire";
import type { Guide } from "./polygon";
import type { Point } from "./types";
import type { View } from "./view";

const AROUND = 300; // grid nodes that a search reaches to each side
const CATCH = 4; // grid nodes from which a point is drawn to an edge
const EXACT = 0.5; // grid nodes that a simplified way may stray

/** A part of the photo as a grid: one node a pixel of the screen, or of the picture where that is coarser. */
interface Part {
  edges: Edges;
  /** Of its first node, in nodes of the whole photo. */
  x: number;
  y: number;
  /** Nodes per photo pixel. */
  scale: number;
  picture: Drawn;
}

/** Ways along the edges of the open photo, around the last fixed point. */
export class Magnet implements Guide {
  private part: Part | null = null;
  private wire: { from: Point; part: Part; ways: Wire } | null = null;
  private readonly canvas = document.createElement("canvas");

  constructor(private readonly app: App, private readonly view: View) {}

  /** A point of the photo, or the edge beside it. */
  snap(point: Point, from: Point | null): Point {
    const part = from ? this.partOf(from) : this.partAt(point);
    return part && this.covers(part, point) ? this.pointOf(part, snapped(part.edges, this.nodeOf(part, point), CATCH)) : point;
  }

  /** From a point (left out) along edges to another; straight on where the search ends. */
  way(from: Point, to: Point): Point[] {
    const part = this.partOf(from);
    if (!part) return [to];
    if (this.wire?.part !== part || this.wire.from !== from) {
      this.wire = { from, part, ways: new Wire(part.edges, this.nodeOf(part, from)) };
    }
    const path = this.wire.ways.pathTo(this.nodeOf(part, to)).map((node) => this.pointOf(part, node));
    if (this.covers(part, to)) path.pop(); // the point itself, to a node
    const [, ...way] = simplified([from, ...path, to], EXACT / part.scale);
    return way;
  }

  /** Around a fixed point, at the zoom that it is seen with now. */
  private partOf(from: Point): Part | null {
    const known = this.wire?.from === from ? this.wire.part : null;
    return known && known.scale === this.scale && known.picture === this.app.picture ? known : this.partAt(from);
  }

  private get scale(): number {
    return Math.min(this.app.scale, this.view.scale * devicePixelRatio);
  }

  private partAt([px, py]: Point): Part | null {
    const { photo, picture } = this.app;
    if (!photo || !picture) return null;
    const { scale, part: known } = this;
    const [nx, ny] = [Math.round(px * scale), Math.round(py * scale)];
    const centred = known && Math.abs(known.x + known.edges.width / 2 - nx) < AROUND / 4 && Math.abs(known.y + known.edges.height / 2 - ny) < AROUND / 4;
    if (known && centred && known.scale === scale && known.picture === picture) return known;
    const [x, y] = [Math.max(0, nx - AROUND), Math.max(0, ny - AROUND)];
    const width = Math.max(1, Math.min(Math.floor(photo.width! * scale), nx + AROUND) - x);
    const height = Math.max(1, Math.min(Math.floor(photo.height! * scale), ny + AROUND) - y);
    Object.assign(this.canvas, { width, height });
    const context = this.canvas.getContext("2d", { willReadFrequently: true })!;
    context.imageSmoothingQuality = "high";
    const shown = this.app.scale / scale; // picture pixels a node
    context.drawImage(picture, x * shown, y * shown, width * shown, height * shown, 0, 0, width, height);
    const edges = edgesOf(context.getImageData(0, 0, width, height).data, width, height);
    return (this.part = { edges, x, y, scale, picture });
  }

  private nodeOf({ edges, x, y, scale }: Part, [px, py]: Point): Point {
    const limit = (value: number, count: number) => Math.min(count - 1, Math.max(0, Math.round(value)));
    return [limit(px * scale - x, edges.width), limit(py * scale - y, edges.height)];
  }

  private pointOf({ x, y, scale }: Part, [nx, ny]: Point): Point {
    const { width, height } = this.app.photo!;
    const rounded = (value: number, most: number) => Math.round(100 * Math.min(most, value / scale)) / 100;
    return [rounded(nx + x, width!), rounded(ny + y, height!)];
  }

  private covers({ edges, x, y, scale }: Part, [px, py]: Point): boolean {
    const [nx, ny] = [px * scale - x, py * scale - y];
    return nx >= 0 && ny >= 0 && nx <= edges.width - 1 && ny <= edges.height - 1;
  }
}

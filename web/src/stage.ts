import type { App } from "./app";
import type { Drawn } from "./backend";
import { boxOf, cornersOf, moveClick, type Handle } from "./clicks";
import { h } from "./dom";
import type { Item } from "./items";
import { Magnet } from "./magnet";
import { MaskLayer } from "./masklayer";
import { bend, placeAt, replaced, type Place } from "./rings";
import { strings } from "./strings";
import { POLYGON_TOOLS } from "./tool";
import type { Clicks, Point } from "./types";
import { View } from "./view";

const ADD = "#0a7d3c";
const REMOVE = "#c62828";
const POINTS = "#ffd43b";
const RADIUS = 7; // of a click's mark, in screen pixels

/** The photo, its masks, clicks and cursor: three canvases, so that what has not changed is not drawn again. */
export class Stage {
  readonly view = new View();
  readonly photo = h("canvas", { className: "photo", ariaHidden: "true" });
  readonly overlay = h("canvas", { className: "overlay", tabIndex: 0, id: "stage" });
  private readonly masks: MaskLayer;
  readonly element: HTMLDivElement;
  /** Of the cursor, in CSS pixels of the stage; null when it is elsewhere. */
  cursor: Point | null = null;
  /** The movement of brush or stroke under way, in image coordinates. */
  stroke: Point[] = [];
  /** Whether a stroke under way adds. */
  strokeAdds = true;
  /** A click that is being dragged, and where it is now. */
  dragged: { handle: Handle; point: Point } | null = null;
  /** A point of the outline that is being dragged, or picked up with a key, and where it is now. */
  bent: { place: Place; point: Point } | null = null;
  private shown: Drawn | null = null;
  private followed: Item | null = null;
  private drawn = "";

  constructor(private readonly app: App) {
    this.masks = new MaskLayer(app, this.view);
    app.editor.magnet = new Magnet(app, this.view);
    app.editor.sight.view = this.view;
    this.element = h("div", { className: "stage" }, this.photo, this.masks.canvas, this.overlay);
    this.overlay.setAttribute("role", "application");
    this.overlay.setAttribute("aria-label", strings.stage);
    new ResizeObserver(() => this.resize()).observe(this.element);
    app.onChange(() => this.draw());
  }

  get pixel(): Point | null {
    return this.cursor && this.view.clamp(this.view.toImage(...this.cursor));
  }

  /** Whether the cursor is over the photo itself. */
  get onPhoto(): boolean {
    if (!this.cursor || !this.app.photo) return false;
    const [x, y] = this.view.toImage(...this.cursor);
    return x >= 0 && y >= 0 && x < this.app.photo.width! && y < this.app.photo.height!;
  }

  /** The click under a point of the screen, the newest first. */
  handleAt(x: number, y: number): Handle | null {
    const clicks = this.app.editor.active?.work.clicks;
    if (!clicks) return null;
    const near = (point: Point) => {
      const [px, py] = this.view.toScreen([point[0] + 0.5, point[1] + 0.5]);
      return Math.hypot(px - x, py - y) <= RADIUS + 3;
    };
    for (let index = clicks.corrections.length - 1; index >= 0; index--) {
      const [cx, cy] = clicks.corrections[index]!;
      if (near([cx, cy])) return { kind: "correction", index };
    }
    if (clicks.inside && near(clicks.inside)) return { kind: "inside" };
    const index = cornersOf(clicks).findIndex(near);
    return index >= 0 ? { kind: "corner", index } : null;
  }

  /** The point or edge of the shown outline under a point of the screen. */
  placeAt(x: number, y: number): Place | null {
    const { rings } = this.app.editor.outline;
    return rings && placeAt(rings, (point) => this.view.toScreen(point), x, y, RADIUS + 3);
  }

  /** A point of the screen in continuous image coordinates, within the photo. */
  within(x: number, y: number): Point {
    const { width, height } = this.app.photo!;
    const [ix, iy] = this.view.toImage(x, y);
    const limit = (value: number, most: number) => Math.round(100 * Math.min(most, Math.max(0, value))) / 100;
    return [limit(ix, width!), limit(iy, height!)];
  }

  /** Whether the cursor is at a point of the image. */
  isNear(point: Point): boolean {
    if (!this.cursor) return false;
    const [x, y] = this.view.toScreen(point);
    return Math.hypot(x - this.cursor[0], y - this.cursor[1]) <= RADIUS + 3;
  }

  /** The object whose mask is under a point of the image, the newest first. */
  itemAt([x, y]: Point): Item | null {
    const { editor } = this.app;
    return editor.items.findLast((item) => editor.sight.shows(item, editor.active) && item.mask?.covers(x + 0.5, y + 0.5)) ?? null;
  }

  private resize(): void {
    const { clientWidth: width, clientHeight: height } = this.element;
    const size = { width: Math.round(width * devicePixelRatio), height: Math.round(height * devicePixelRatio) };
    for (const canvas of [this.photo, this.overlay]) Object.assign(canvas, size);
    this.masks.resize(size.width, size.height);
    this.view.resize(width, height);
    this.drawn = "";
    this.app.changed();
  }

  private draw(): void {
    const { app, view } = this;
    const picture = app.photo && app.picture;
    if (picture !== this.shown) {
      this.shown = picture;
      if (app.photo && picture) view.setImage(app.photo.width!, app.photo.height!);
    }
    this.follow();
    this.drawPhoto();
    this.masks.draw();
    if (this.shown) app.editor.sharpen(view.scale * devicePixelRatio);
    const context = this.overlay.getContext("2d")!;
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.clearRect(0, 0, this.overlay.width, this.overlay.height);
    if (!this.shown) return;
    if (app.editor.active && app.editor.outline.rings && !app.editor.sight.hideAll) this.drawRings(context);
    this.drawClicks(context);
    this.drawPolygon(context);
    this.drawCursor(context);
    // For whoever measures how long an answer takes.
    this.element.dataset["drawn"] = app.editor.active ? `${app.editor.active.saved.id}.${app.editor.active.shown}` : "";
    this.element.dataset["previewed"] = String(app.editor.preview?.sequence ?? "");
  }

  /** The window goes where an object is opened. */
  private follow(): void {
    const { active } = this.app.editor;
    if (!this.shown || active === this.followed || (active && !active.mask && active.pending > 0)) return;
    this.followed = active;
    if (active?.mask && !this.view.sees(active.mask.box)) this.view.reveal(active.mask.box);
  }

  private drawPhoto(): void {
    const { view, app, shown } = this;
    const { brightness, contrast } = app.settings;
    const filter = brightness === 1 && contrast === 1 ? "" : `brightness(${brightness}) contrast(${contrast})`;
    if (this.photo.style.filter !== filter) this.photo.style.filter = filter;
    const state = [shown && app.photo!.id, view.x, view.y, view.scale, this.photo.width, this.photo.height].join();
    if (state === this.drawn) return;
    this.drawn = state;
    const context = this.photo.getContext("2d")!;
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.clearRect(0, 0, this.photo.width, this.photo.height);
    if (!shown) return;
    context.imageSmoothingEnabled = view.scale < 3;
    context.imageSmoothingQuality = "high";
    const { width, height } = app.photo!;
    context.drawImage(shown, view.x, view.y, width! * view.scale, height! * view.scale);
  }

  private drawRings(context: CanvasRenderingContext2D): void {
    const { view, bent, cursor } = this;
    const known = this.app.editor.outline.rings!;
    const change = bent && bend(known, bent.place, bent.point);
    const rings = change ? replaced(known, change) : known;
    const under = !bent && cursor ? this.placeAt(...cursor) : null;
    context.lineJoin = "round";
    for (const [number, ring] of rings.entries()) {
      const path = new Path2D();
      for (const point of ring) path.lineTo(...view.toScreen(point));
      path.closePath();
      context.strokeStyle = "rgb(0 0 0 / 60%)";
      context.lineWidth = 3.5;
      context.stroke(path);
      context.strokeStyle = POINTS;
      context.lineWidth = 1.75;
      context.stroke(path);
      context.fillStyle = "#ffffff";
      context.strokeStyle = "#14213d";
      context.lineWidth = 1.25;
      for (const [index, point] of ring.entries()) {
        const [x, y] = view.toScreen(point);
        const held = under !== null && !under.insert && under.ring === number && under.index === index;
        const half = held ? 5 : ring.length > 400 ? 2 : 3;
        context.fillRect(x - half, y - half, 2 * half, 2 * half);
        context.strokeRect(x - half, y - half, 2 * half, 2 * half);
      }
    }
    if (under?.insert && cursor) {
      context.beginPath();
      context.arc(...cursor, 4, 0, 2 * Math.PI);
      context.fillStyle = POINTS;
      context.fill();
      context.strokeStyle = "#14213d";
      context.stroke();
    }
  }

  private drawClicks(context: CanvasRenderingContext2D): void {
    const { app } = this;
    if (app.editor.mode === "second") {
      this.drawBox(context, { corners: [app.editor.corner!, this.pixel ?? app.editor.corner!], inside: null, corrections: [] });
      return;
    }
    const clicks = app.editor.active?.work.clicks;
    if (!clicks || app.editor.sight.hideAll || app.editor.outline.rings) return;
    const moved = this.dragged ? moveClick(clicks, this.dragged.handle, this.dragged.point) : clicks;
    this.drawBox(context, moved);
    if (!moved.inside) this.drawCentreHint(context, moved);
    else this.drawMark(context, moved.inside, true, true);
    for (const [, , foreground, path] of moved.corrections) if (path) this.drawStroke(context, path, foreground);
    for (const [x, y, foreground] of moved.corrections) this.drawMark(context, [x, y], foreground, false);
  }

  private drawBox(context: CanvasRenderingContext2D, clicks: Clicks): void {
    const [x0, y0, x1, y1] = boxOf(clicks);
    const [left, top] = this.view.toScreen([x0, y0]);
    const [right, bottom] = this.view.toScreen([x1, y1]);
    this.line(context, (path) => path.rect(left, top, right - left, bottom - top));
    cornersOf(clicks).forEach((corner, index) => {
      const [x, y] = this.view.toScreen([corner[0] + 0.5, corner[1] + 0.5]);
      context.beginPath();
      context.arc(x, y, index < 2 ? 5 : 4, 0, 2 * Math.PI);
      context.fillStyle = index < 2 ? REMOVE : "rgb(255 255 255 / 85%)";
      context.fill();
      context.lineWidth = 1.5;
      context.strokeStyle = index < 2 ? "#ffffff" : REMOVE;
      context.stroke();
    });
  }

  private drawCentreHint(context: CanvasRenderingContext2D, clicks: Clicks): void {
    const [x0, y0, x1, y1] = boxOf(clicks);
    const [x, y] = this.view.toScreen([(x0 + x1) / 2, (y0 + y1) / 2]);
    this.line(context, (path) => {
      path.moveTo(x + 13, y);
      path.arc(x, y, 13, 0, 2 * Math.PI);
    });
    this.line(context, (path) => {
      for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]] as Point[]) {
        path.moveTo(x + 9 * dx, y + 9 * dy);
        path.lineTo(x + 18 * dx, y + 18 * dy);
      }
    }, []);
  }

  /** A correction that is a line, on pixels of the photo. */
  private drawStroke(context: CanvasRenderingContext2D, pixels: Point[], foreground: boolean): void {
    const path = new Path2D();
    for (const [x, y] of pixels) path.lineTo(...this.view.toScreen([x + 0.5, y + 0.5]));
    context.lineCap = context.lineJoin = "round";
    for (const [width, colour] of [[7, "#ffffff"], [4, foreground ? ADD : REMOVE]] as const) {
      context.lineWidth = width;
      context.strokeStyle = colour;
      context.stroke(path);
    }
  }

  /** A + or - in a disc: colour is not the only sign. The inside click has a ring. */
  private drawMark(context: CanvasRenderingContext2D, point: Point, foreground: boolean, inside: boolean): void {
    const [x, y] = this.view.toScreen([point[0] + 0.5, point[1] + 0.5]);
    context.beginPath();
    context.arc(x, y, RADIUS, 0, 2 * Math.PI);
    context.fillStyle = foreground ? ADD : REMOVE;
    context.fill();
    context.lineWidth = 2;
    context.strokeStyle = "#ffffff";
    context.stroke();
    if (inside) {
      context.beginPath();
      context.arc(x, y, RADIUS + 3, 0, 2 * Math.PI);
      context.lineWidth = 1.5;
      context.strokeStyle = ADD;
      context.stroke();
    }
    context.beginPath();
    context.moveTo(x - 3.5, y);
    context.lineTo(x + 3.5, y);
    if (foreground) {
      context.moveTo(x, y - 3.5);
      context.lineTo(x, y + 3.5);
    }
    context.lineWidth = 1.8;
    context.strokeStyle = "#ffffff";
    context.stroke();
  }

  /** The corners so far, and the edge that the next click would make. */
  private drawPolygon(context: CanvasRenderingContext2D): void {
    const { polygon } = this.app.editor;
    if (!polygon.begun || !this.app.photo) return;
    const next = this.cursor ? polygon.legTo(this.within(...this.cursor)) : [];
    this.line(context, (path) => {
      for (const point of [...polygon.points, ...next]) path.lineTo(...this.view.toScreen(point));
    }, []);
    for (const [index, corner] of polygon.corners.entries()) {
      const [x, y] = this.view.toScreen(corner);
      const held = index === 0 && polygon.closable && this.isNear(corner);
      context.beginPath();
      context.arc(x, y, held ? RADIUS : 4, 0, 2 * Math.PI);
      context.fillStyle = held ? ADD : "#ffffff";
      context.fill();
      context.lineWidth = 1.5;
      context.strokeStyle = "#14213d";
      context.stroke();
    }
  }

  private drawCursor(context: CanvasRenderingContext2D): void {
    const { app, cursor } = this;
    const brushing = app.editor.tool === "brush" || app.editor.tool === "eraser";
    if (brushing) {
      const radius = (app.settings.brush / 2) * this.view.scale;
      if (this.stroke.length) {
        context.beginPath();
        for (const point of this.stroke) context.lineTo(...this.view.toScreen(point));
        context.lineCap = context.lineJoin = "round";
        context.lineWidth = 2 * radius;
        context.strokeStyle = app.editor.tool === "brush" ? app.labels.colour(app.editor.label) : "#ffffff";
        context.globalAlpha = 0.5;
        context.stroke();
        context.globalAlpha = 1;
      }
      if (cursor) this.line(context, (path) => path.arc(...cursor, radius, 0, 2 * Math.PI), []);
      return;
    }
    if (app.editor.strokable && this.stroke.length) this.drawStroke(context, this.stroke, this.strokeAdds);
    const aiming = (app.editor.mode === "first" || app.editor.mode === "second") && !POLYGON_TOOLS.includes(app.editor.tool);
    if (!cursor || !aiming || !app.settings.guides) return;
    const { clientWidth: width, clientHeight: height } = this.element;
    const [x, y] = cursor;
    this.line(context, (path) => {
      path.moveTo(0, y);
      path.lineTo(width, y);
      path.moveTo(x, 0);
      path.lineTo(x, height);
    }, [6, 4]);
  }

  /** A line that shows on any photo: white over black. */
  private line(context: CanvasRenderingContext2D, make: (path: Path2D) => void, dash = [5, 4]): void {
    const path = new Path2D();
    make(path);
    context.lineCap = "butt";
    context.setLineDash([]);
    context.lineWidth = 2.5;
    context.strokeStyle = "rgb(0 0 0 / 50%)";
    context.stroke(path);
    context.setLineDash(dash);
    context.lineWidth = 1.25;
    context.strokeStyle = "#ffffff";
    context.stroke(path);
    context.setLineDash([]);
  }
}

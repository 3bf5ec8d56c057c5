import type { App } from "./app";
import { boxOf, moveClick, removeClick, type Handle } from "./clicks";
import { bend, type Place } from "./rings";
import type { Stage } from "./stage";
import { strings } from "./strings";
import { POLYGON_TOOLS } from "./tool";
import type { Point } from "./types";

const DRAG = 4; // CSS pixels from which a press is a drag
const LONG = 500; // ms from which a press of a finger removes

type Gesture =
  | { kind: "press"; start: Point; handle: Handle | null; remove: boolean; timer: number }
  | { kind: "pan"; last: Point }
  | { kind: "drag"; handle: Handle }
  | { kind: "paint"; add: boolean }
  | { kind: "stroke"; add: boolean }
  | { kind: "point"; start: Point; place: Place | null; remove: boolean; timer: number }
  | { kind: "pinch" }
  | null;

/** Mouse, pen, trackpad and fingers on the stage. */
export class Pointer {
  /** Space is down: a drag moves the photo. */
  panning = false;
  /** The photo was moved since Space went down: releasing it accepts nothing. */
  panned = false;
  private gesture: Gesture = null;
  private fingers = new Map<number, Point>();

  constructor(private readonly app: App, private readonly stage: Stage) {
    const { overlay } = stage;
    overlay.addEventListener("pointerdown", (event) => this.down(event));
    overlay.addEventListener("pointermove", (event) => this.move(event));
    overlay.addEventListener("pointerup", (event) => this.up(event));
    overlay.addEventListener("pointercancel", (event) => this.cancel(event));
    overlay.addEventListener("pointerleave", () => this.leave());
    overlay.addEventListener("contextmenu", (event) => event.preventDefault());
    overlay.addEventListener("dblclick", (event) => this.twice(event));
    overlay.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
  }

  private at(event: MouseEvent): Point {
    const bounds = this.stage.overlay.getBoundingClientRect();
    return [event.clientX - bounds.left, event.clientY - bounds.top];
  }

  private down(event: PointerEvent): void {
    const { app, stage } = this;
    const point = this.at(event);
    stage.overlay.focus({ preventScroll: true });
    stage.overlay.setPointerCapture(event.pointerId);
    stage.cursor = point;
    if (event.pointerType === "touch") {
      this.fingers.set(event.pointerId, point);
      if (this.fingers.size === 2) {
        this.drop();
        this.gesture = { kind: "pinch" };
        return;
      }
    }
    if (this.gesture) return;
    if (event.button === 1 || (event.button === 0 && this.panning)) {
      event.preventDefault();
      this.gesture = { kind: "pan", last: point };
      return;
    }
    if (event.button !== 0 && event.button !== 2) return;
    app.editor.sync.begin();
    const away = event.button === 2 || event.shiftKey || event.altKey;
    if (POLYGON_TOOLS.includes(app.editor.tool)) {
      this.corner(event.button === 2, event.shiftKey || event.altKey);
      return;
    }
    if (app.editor.tool === "brush" || (app.editor.active && app.editor.tool === "eraser")) {
      this.gesture = { kind: "paint", add: (app.editor.tool === "brush") !== away };
      stage.stroke = [stage.view.toImage(...point)];
    } else {
      const timer = event.pointerType === "touch" ? window.setTimeout(() => this.hold(), LONG) : 0;
      if (app.editor.active && app.editor.tool === "points") {
        this.gesture = { kind: "point", start: point, place: stage.placeAt(...point), remove: away, timer };
        app.changed();
        return;
      }
      const remove = away || app.editor.tool === "remove";
      this.gesture = { kind: "press", start: point, handle: stage.handleAt(...point), remove, timer };
    }
    app.changed();
  }

  private move(event: PointerEvent): void {
    const { app, stage, gesture } = this;
    const point = this.at(event);
    const before = this.fingers.get(event.pointerId);
    stage.cursor = point;
    if (before) this.fingers.set(event.pointerId, point);
    switch (gesture?.kind) {
      case "pinch":
        if (before) this.pinch(event.pointerId, before, point);
        break;
      case "pan":
        stage.view.pan(point[0] - gesture.last[0], point[1] - gesture.last[1]);
        gesture.last = point;
        this.panned = true;
        break;
      case "paint":
        stage.stroke.push(stage.view.toImage(...point).map((value) => Math.round(value * 10) / 10) as Point);
        break;
      case "stroke":
        stage.stroke.push(stage.pixel!);
        break;
      case "press":
        if (Math.hypot(point[0] - gesture.start[0], point[1] - gesture.start[1]) > DRAG) {
          clearTimeout(gesture.timer);
          if (gesture.handle) this.gesture = { kind: "drag", handle: gesture.handle };
          else if (app.editor.strokable) {
            stage.strokeAdds = !gesture.remove;
            stage.stroke = [stage.view.clamp(stage.view.toImage(...gesture.start)), stage.pixel!];
            this.gesture = { kind: "stroke", add: stage.strokeAdds };
          }
          // A box drawn in one movement: the press was its first corner, the release will be its second.
          else if (app.editor.mode === "first") app.editor.click(stage.view.clamp(stage.view.toImage(...gesture.start)), true);
        }
        break;
      case "point":
        if (gesture.place && Math.hypot(point[0] - gesture.start[0], point[1] - gesture.start[1]) > DRAG) {
          clearTimeout(gesture.timer);
          stage.bent = { place: gesture.place, point: stage.within(...point) };
        } else if (stage.bent) stage.bent.point = stage.within(...point);
        break;
      case undefined:
        if (stage.bent) stage.bent.point = stage.within(...point); // picked up with a key
        stage.overlay.style.cursor = this.panning ? "grab" : this.grips(point) ? "move" : "crosshair";
    }
    if (this.gesture?.kind === "drag") {
      stage.dragged = { handle: this.gesture.handle, point: this.clamped(this.gesture.handle, stage.pixel!) };
    }
    if (!this.gesture || this.gesture.kind === "press") app.editor.hover(stage.pixel);
    app.changed();
  }

  private up(event: PointerEvent): void {
    const { app, stage, gesture } = this;
    this.fingers.delete(event.pointerId);
    stage.cursor = this.at(event);
    if (gesture?.kind === "pinch") {
      if (this.fingers.size === 0) this.gesture = null;
      return;
    }
    this.gesture = null;
    const clicks = app.editor.active?.work.clicks;
    if (gesture?.kind === "press") {
      clearTimeout(gesture.timer);
      const opened = event.ctrlKey || event.metaKey ? stage.itemAt(stage.pixel!) : null;
      if (opened) app.editor.openObject(opened);
      else if (gesture.handle && clicks) this.take(gesture.handle);
      else this.click(!gesture.remove);
    } else if (gesture?.kind === "drag" && stage.dragged && clicks) {
      app.editor.changeClicks(moveClick(clicks, gesture.handle, stage.dragged.point), "move");
    } else if (gesture?.kind === "paint") {
      app.editor.paint(stage.stroke, gesture.add);
    } else if (gesture?.kind === "stroke") {
      app.editor.correctAlong(stage.stroke, gesture.add);
    } else if (gesture?.kind === "point") {
      clearTimeout(gesture.timer);
      const opened = event.ctrlKey || event.metaKey ? stage.itemAt(stage.pixel!) : null;
      if (opened) app.editor.openObject(opened);
      else if (stage.bent) this.bend(stage.bent.place, stage.bent.point);
      else if (gesture.remove && gesture.place && !gesture.place.insert) this.bend(gesture.place, null);
    }
    stage.bent = null;
    stage.dragged = null;
    stage.stroke = [];
    if (event.pointerType === "touch") stage.cursor = null;
    app.changed();
  }

  /** A corner of a polygon by hand, or its end; `back` takes the last one away, `away` takes its inside off the object. */
  corner(back: boolean, away: boolean): void {
    const { stage, app } = this;
    const { polygon } = app.editor;
    if (!stage.cursor || !app.picture) return;
    app.editor.sync.begin();
    if (back) polygon.back();
    else if (polygon.closable && stage.isNear(polygon.corners[0]!)) app.editor.closePolygon(!away);
    else polygon.add(stage.within(...stage.cursor));
    app.changed();
  }

  /** A double click ends a polygon: its second click has set the last corner once more. */
  private twice(event: MouseEvent): void {
    const { editor } = this.app;
    if (event.button !== 0 || this.panning || !POLYGON_TOOLS.includes(editor.tool)) return;
    editor.polygon.back();
    editor.closePolygon(!(event.shiftKey || event.altKey));
    editor.changed();
  }

  /** Corners may lie beside the photo, at whose edge they end; a click on the object is on the photo. */
  private click(foreground: boolean): void {
    const { app, stage } = this;
    const point = stage.pixel!;
    if (app.editor.active && !stage.onPhoto) app.say(strings.hint.besidePhoto);
    else app.editor.click(point, foreground);
  }

  /** Whether a press here would take hold of something. */
  private grips(point: Point): boolean {
    const { app, stage } = this;
    return app.editor.tool === "points" ? stage.placeAt(...point) !== null : stage.handleAt(...point) !== null;
  }

  /** Move a point of the outline, or take it away. */
  bend(place: Place, to: Point | null): void {
    const change = this.app.editor.outline.rings && bend(this.app.editor.outline.rings, place, to);
    if (change) this.app.editor.reshape(change);
  }

  /** A click on a click takes it away. */
  private take(handle: Handle): void {
    const { app } = this;
    const clicks = app.editor.active!.work.clicks!;
    const rest = removeClick(clicks, handle);
    if (rest) app.editor.changeClicks(rest, "remove");
    else if (app.editor.mode === "centre") app.editor.click(this.stage.pixel!, true);
  }

  /** A finger rested on the photo: remove instead of add. */
  private hold(): void {
    if (this.gesture?.kind !== "press" && this.gesture?.kind !== "point") return;
    this.gesture.remove = true;
    navigator.vibrate?.(20);
  }

  private pinch(moved: number, before: Point, now: Point): void {
    const other = [...this.fingers].find(([id]) => id !== moved)?.[1];
    if (!other) return;
    const { view } = this.stage;
    const distance = (point: Point) => Math.max(1, Math.hypot(point[0] - other[0], point[1] - other[1]));
    view.pan((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
    view.zoomAt((now[0] + other[0]) / 2, (now[1] + other[1]) / 2, distance(now) / distance(before));
  }

  private wheel(event: WheelEvent): void {
    event.preventDefault();
    const { view } = this.stage;
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 30 : 1;
    view.zoomAt(...this.at(event), Math.exp((-event.deltaY * lines) / (event.ctrlKey ? 120 : 500)));
    this.app.changed();
  }

  private leave(): void {
    if (this.gesture) return;
    this.stage.cursor = null;
    this.app.editor.hover(null);
    this.app.changed();
  }

  private cancel(event: PointerEvent): void {
    this.fingers.delete(event.pointerId);
    this.drop();
    this.app.changed();
  }

  /** Forget what the hand has begun; whether there was anything. */
  drop(): boolean {
    const begun = this.gesture !== null;
    if (this.gesture?.kind === "press" || this.gesture?.kind === "point") clearTimeout(this.gesture.timer);
    this.gesture = null;
    this.stage.bent = null;
    this.stage.dragged = null;
    this.stage.stroke = [];
    return begun;
  }

  /** The inside click stays within its box, a stroke with all its pixels within the photo. */
  private clamped(handle: Handle, [x, y]: Point): Point {
    const clicks = this.app.editor.active!.work.clicks!;
    if (handle.kind === "correction") {
      const [cx, cy, , path] = clicks.corrections[handle.index]!;
      if (!path) return [x, y];
      const { width, height } = this.app.photo!;
      const limit = (to: number, at: number, all: number[], size: number) =>
        Math.min(size - 1 + at - Math.max(...all), Math.max(at - Math.min(...all), to));
      return [limit(x, cx, path.map((p) => p[0]), width!), limit(y, cy, path.map((p) => p[1]), height!)];
    }
    if (handle.kind !== "inside") return [x, y];
    const [x0, y0, x1, y1] = boxOf(clicks);
    return [Math.min(x1 - 1, Math.max(x0, x)), Math.min(y1 - 1, Math.max(y0, y))];
  }
}

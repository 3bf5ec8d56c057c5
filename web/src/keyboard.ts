import type { App } from "./app";
import { nameOf, type Action } from "./keys";
import type { Pointer } from "./pointer";
import type { Stage } from "./stage";
import { POLYGON_TOOLS } from "./tool";
import type { Point } from "./types";

const ARROWS: Record<string, Point> = {
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
};

const ZOOM = 1.25;
const REPEATED = new Set<Action>(["undo", "redo", "smaller", "larger", "zoomIn", "zoomOut", "nextObject", "previousObject"]);

/** Keys of the whole page; fields and dialogs keep their own. */
export class Keyboard {
  /** The key that is held to hide all. */
  private hiding = "";

  constructor(
    private readonly app: App, private readonly stage: Stage, private readonly pointer: Pointer,
    private readonly rooms: Record<"help" | "findLabel" | "several" | "facts", () => void>,
  ) {
    document.addEventListener("keydown", (event) => this.down(event));
    document.addEventListener("keyup", (event) => this.up(event));
    window.addEventListener("blur", () => this.release());
  }

  private down(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    if (document.querySelector("dialog[open]")) return; // its own keys, Esc above all
    if (target.closest("input:not([type=range]):not([type=checkbox]), select")) return;
    const arrow = ARROWS[event.key];
    if (arrow && (target === this.stage.overlay || target === document.body)) {
      event.preventDefault();
      this.app.editor.sync.begin();
      this.moveCursor(arrow, event.shiftKey ? 1 : 10);
      return;
    }
    // Space and Enter press the button that has the focus.
    const name = nameOf(event);
    if ((name === "Space" || name === "Enter") && target.closest("button, a, input, summary")) return;
    if (name === "Space") {
      event.preventDefault();
      this.app.editor.sync.begin();
      if (!event.repeat) {
        this.pointer.panning = true;
        this.pointer.panned = false;
      }
      return;
    }
    const label = /^[1-9]$/.test(name) ? this.app.labels.names[Number(name) - 1] : undefined;
    const action = this.app.keys.action(name);
    if (!action && label === undefined) return;
    event.preventDefault();
    this.app.editor.sync.begin();
    if (action === "hide") this.hiding = event.code; // its release may come with Shift down, or up
    if (!action) this.app.editor.setLabel(label!);
    else if (!event.repeat || REPEATED.has(action)) {
      this.run(action);
    }
  }

  private up(event: KeyboardEvent): void {
    if (event.code === "Space" && this.pointer.panning) {
      const action = this.pointer.panned ? null : this.app.keys.action("Space");
      this.pointer.panning = false;
      if (action) this.run(action);
    }
    if (event.code === this.hiding) this.release();
  }

  private release(): void {
    this.pointer.panning = false;
    this.hiding = "";
    this.app.editor.sight.hideAll = false;
    this.app.changed();
  }

  private run(action: Action): void {
    const { app, stage } = this;
    const actions: Record<Action, () => void> = {
      guides: () => app.set("guides", !app.settings.guides),
      nextPhoto: () => void app.go("next"),
      previousPhoto: () => void app.go("previous"),
      doneAndNext: () => void app.finish(),
      accept: () => app.editor.accept(),
      cancel: () => {
        if (stage.bent) stage.bent = null;
        else if (!this.pointer.drop()) app.editor.cancel();
        app.changed();
      },
      undo: () => app.editor.undo(),
      redo: () => app.editor.redo(),
      deleteObject: () => app.editor.removeLast(),
      fit: () => { stage.view.fit(); app.changed(); },
      actualSize: () => { stage.view.actualSize(); app.changed(); },
      zoomIn: () => { stage.view.zoom(ZOOM); app.changed(); },
      zoomOut: () => { stage.view.zoom(1 / ZOOM); app.changed(); },
      onlyThis: () => { app.editor.sight.toggle("active"); app.changed(); },
      showNone: () => { app.editor.sight.toggle("none"); app.changed(); },
      ...this.rooms,
      previousObject: () => app.editor.openNext(-1),
      hide: () => { app.editor.sight.hideAll = true; app.changed(); },
      clickTool: () => app.editor.setTool("click"),
      brush: () => app.editor.setTool("brush"),
      polygon: () => app.editor.setTool("polygon"),
      magnetic: () => app.editor.setTool("magnetic"),
      eraser: () => app.editor.setTool("eraser"),
      points: () => app.editor.setTool("points"),
      nextObject: () => app.editor.openNext(),
      smaller: () => app.set("brush", Math.max(1, Math.round(app.settings.brush / 1.25))),
      larger: () => app.set("brush", Math.min(200, Math.max(app.settings.brush + 1, Math.round(app.settings.brush * 1.25)))),
      clickHere: () => this.clickHere(true),
      removeHere: () => this.clickHere(false),
    };
    actions[action]();
  }

  private clickHere(foreground: boolean): void {
    if (this.app.editor.active && this.app.editor.tool === "points") {
      this.pointHere(foreground);
      return;
    }
    if (POLYGON_TOOLS.includes(this.app.editor.tool)) {
      this.pointer.corner(!foreground, false);
      return;
    }
    if (this.stage.pixel) this.app.editor.click(this.stage.pixel, foreground);
    this.app.editor.hover(this.stage.pixel);
  }

  /** Pick up the point of the outline at the keyboard's cursor, put it down, or take it away. */
  private pointHere(keep: boolean): void {
    const { stage, pointer } = this;
    const { cursor, bent } = stage;
    if (!cursor) return;
    const place = bent?.place ?? stage.placeAt(...cursor);
    if (!keep) {
      if (place && !place.insert) pointer.bend(place, null);
      stage.bent = null;
    } else if (bent) {
      stage.bent = null;
      pointer.bend(bent.place, bent.point);
    } else if (place) stage.bent = { place, point: stage.within(...cursor) };
    this.app.changed();
  }

  private moveCursor([dx, dy]: Point, by: number): void {
    const { stage } = this;
    const { clientWidth, clientHeight } = stage.element;
    const [x, y] = stage.cursor ?? [clientWidth / 2, clientHeight / 2];
    stage.cursor = [
      Math.min(clientWidth - 1, Math.max(0, x + dx * by)), Math.min(clientHeight - 1, Math.max(0, y + dy * by)),
    ];
    if (stage.bent) stage.bent.point = stage.within(...stage.cursor);
    this.app.editor.hover(stage.pixel);
    this.app.changed();
  }
}

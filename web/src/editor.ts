import { reasonAgainst } from "./acceptable";
import { boxOf, contains, strokeOf } from "./clicks";
import { History } from "./history";
import { doubt, drawnItem, newItem, type Item, type Step } from "./items";
import { OutlineEditor } from "./outline";
import type { Page } from "./page";
import { Polygon, type Guide } from "./polygon";
import { Previewer } from "./previewer";
import type { Bend } from "./rings";
import { Sight } from "./sight";
import { strings } from "./strings";
import { Sync, type Screen } from "./sync";
import { HAND_TOOLS, MASK_TOOLS, POLYGON_TOOLS, type Mode, type Tool } from "./tool";
import type { Area, Clicks, Correction, FactsChange, Kind, NewObject, PhotoDetail, PhotoMessage, Point, Stroke } from "./types";

/** The objects of the open photo, and everything a person can do to them. */
export class Editor implements Screen {
  readonly outline: OutlineEditor;
  readonly polygon = new Polygon();
  readonly history = new History(this);
  photo: PhotoMessage | null = null;
  items: Item[] = [];
  active: Item | null = null;
  corner: Point | null = null;
  tool: Tool = "click";
  /** Knows the edges of the photo. */
  magnet: Guide | null = null;
  readonly sight = new Sight();
  /** Called when an object was accepted and that is saved. */
  onAccepted: () => void = () => undefined;
  readonly sync: Sync;
  private readonly previewer: Previewer;
  private hovered: Point | null = null;

  constructor(private readonly page: Page) {
    this.outline = new OutlineEditor(page.backend, () => page.changed());
    this.sync = new Sync(page.backend, page.saver, this);
    this.previewer = new Previewer(page.backend, () => page.changed());
  }

  changed(): void {
    this.page.changed();
  }

  say(message: string): void {
    this.page.say(message);
  }

  // ---- the photo

  /** No photo is shown. */
  clear(): void {
    this.closeObject();
    this.photo = null;
    this.corner = null;
    this.items = [];
    this.history.read({ can_undo: false, can_redo: false });
  }

  /** Show a photo's objects; the draft that was worked on last is open, or in a review the least certain one. */
  load(detail: PhotoDetail, reviewing = false): void {
    this.photo = detail.photo;
    this.history.read(detail);
    this.items = detail.objects.map((message) => newItem(message));
    this.sync.stopClock();
    const [latest] = this.items.filter((item) => item.state === "draft").sort((a, b) => b.saved.touched - a.saved.touched);
    if (reviewing) this.openDraft();
    else if (latest) this.openObject(latest);
    this.changed();
  }

  // ---- what holds now

  get mode(): Mode {
    if (!this.photo) return "loading";
    if (this.active) return this.active.work.clicks && !this.active.work.clicks.inside ? "centre" : "correct";
    return this.corner ? "second" : "first";
  }

  /** The label of the open object, or else the one that the next object gets. */
  get label(): string {
    if (this.active) return this.active.label;
    const { names } = this.page.labels;
    return names.includes(this.page.settings.label) ? this.page.settings.label : (names[0] ?? "object");
  }

  get undoable(): boolean {
    return this.corner !== null || this.polygon.begun || this.history.undoable;
  }

  get redoable(): boolean {
    return this.history.redoable;
  }

  /** The mask under the cursor, before the inside click. */
  get preview(): Previewer["shown"] {
    return this.mode === "centre" ? this.previewer.shown : null;
  }

  get drafts(): number {
    return this.items.filter((item) => item.state === "draft").length;
  }

  get boxesWithoutMask(): number {
    return this.items.filter((item) => !item.saved.computed && item !== this.active).length;
  }

  // ---- objects

  openObject(item: Item): void {
    if (item === this.active) return;
    this.closeObject();
    this.active = item;
    item.hidden = false;
    this.page.message = "";
    if (item.saved.id) void this.sync.open(item);
    this.changed();
  }

  /** The next (1) or previous (-1) object of the photo's list, after the last one the first. */
  openNext(by: 1 | -1 = 1): void {
    const { items, active } = this;
    const place = active ? items.indexOf(active) + by : by > 0 ? 0 : -1;
    const next = items.at(place % Math.max(1, items.length));
    if (next) this.openObject(next);
  }

  /** The draft that the model is least sure of; boxes come last. */
  openDraft(): void {
    const drafts = this.items.filter((item) => item.state === "draft");
    const [first] = drafts.sort((a, b) => doubt(b) - doubt(a));
    if (first) this.openObject(first);
  }

  closeObject(): void {
    if (this.active) this.active.fresh = false;
    this.active = null;
    this.polygon.drop();
    void this.outline.read(null, 0);
    this.previewer.stop();
    if (HAND_TOOLS.includes(this.tool)) this.tool = "click";
    this.changed();
  }

  setTool(tool: Tool): void {
    if (MASK_TOOLS.includes(tool) && !this.active) this.say(strings.hint.needsObject);
    else {
      this.tool = tool;
      this.corner = null;
      if (!POLYGON_TOOLS.includes(tool)) this.polygon.drop();
      this.polygon.guide = tool === "magnetic" ? this.magnet : null;
      this.page.message = "";
      void this.readOutline();
    }
    this.changed();
  }

  /** A click of the click tools: whatever the stage of the object makes of it. */
  click(point: Point, foreground: boolean): void {
    this.sync.begin();
    this.page.message = "";
    const { active } = this;
    switch (this.mode) {
      case "loading":
        return;
      case "first":
        this.corner = point;
        break;
      case "second":
        this.begin({ corners: [this.corner!, point] });
        break;
      case "centre":
        if (foreground) this.setInside(point);
        break;
      case "correct": {
        const clicks = active!.work.clicks;
        if (clicks) this.correct(clicks, [...point, foreground]);
        else this.restart(point);
      }
    }
    this.changed();
  }

  /** Whether a stroke can be drawn now. */
  get strokable(): boolean {
    const clicking = this.tool === "click" || this.tool === "remove";
    return clicking && this.mode === "correct" && this.active!.work.clicks !== null;
  }

  /** A correction that was drawn through pixels of the photo. */
  correctAlong(pixels: Point[], foreground: boolean): void {
    this.page.message = "";
    if (this.strokable) this.correct(this.active!.work.clicks!, strokeOf(pixels, foreground));
  }

  private correct(clicks: Clicks, correction: Correction): void {
    this.changeClicks({ ...clicks, corrections: [...clicks.corrections, correction] }, "correction");
  }

  changeClicks(clicks: Clicks, kind: Kind): void {
    const { active } = this;
    if (active) void this.commit(active, kind, { work: { ...active.work, clicks } });
  }

  paint(points: Point[], add: boolean): void {
    this.draw({ points, radius: this.page.settings.brush / 2, add });
  }

  /** The polygon is closed: its inside is the object's, or not. */
  closePolygon(add: boolean): void {
    if (this.polygon.closable) this.draw({ outline: this.polygon.take(), add });
  }

  /** Onto the open object, or else a new one. */
  private draw(stroke: Stroke | Area): void {
    const { active } = this;
    if (!active) this.begin({ corners: null, strokes: [stroke] });
    else void this.commit(active, "brush", { work: { ...active.work, strokes: [...active.work.strokes, stroke] } });
  }

  /** Move, insert or take away a point of the outline. */
  reshape(bend: Bend): void {
    const { active } = this;
    if (!active || !this.outline.rings) return;
    const { stroke, keep } = this.outline.bend(bend, this.page.settings.tolerance);
    const done = this.commit(active, "reshape", { work: { ...active.work, strokes: [...active.work.strokes, stroke] } });
    if (!keep) void done.then(() => this.readOutline());
  }

  tidy(name: "largest" | "fill" | "spare", on: boolean): void {
    if (name === "spare") this.page.set("spare", on);
    const { active } = this;
    if (active) void this.commit(active, "tidy", { work: { ...active.work, [name]: on } });
  }

  /** Accept what is shown, and open the next draft. */
  accept(): void {
    const { active } = this;
    if (this.polygon.closable) this.closePolygon(true);
    else if (active) this.acceptShown(active);
  }

  private acceptShown(active: Item): void {
    const reason = reasonAgainst(active, this.sight);
    if (reason) {
      this.say(reason);
      return;
    }
    const done = this.commit(active, "accept", { state: "accepted" });
    this.closeObject();
    this.tool = "click";
    this.openDraft();
    void done.then((kept) => (kept ? this.onAccepted() : this.lookAgain(active)));
  }

  /** What was to be accepted was not: it is open again, with the reason. */
  private lookAgain(item: Item): void {
    const { message } = this.page;
    if (this.items.includes(item)) this.openObject(item);
    this.say(message);
  }

  cancel(): void {
    if (this.corner) this.corner = null;
    else if (this.polygon.begun) this.polygon.drop();
    else if (this.active?.fresh && this.mode === "centre") this.remove(this.active);
    else this.closeObject();
    this.changed();
  }

  /** The last corner of a polygon under the hand, or else the open object. */
  removeLast(): void {
    if (this.polygon.back()) this.changed();
    else if (this.active) this.remove(this.active);
  }

  remove(item: Item): void {
    void this.commit(item, "delete", { state: "deleted" });
    this.items = this.items.filter((other) => other !== item);
    if (item === this.active) this.closeObject();
    this.changed();
  }

  setLabel(label: string, item: Item | null = this.active): void {
    this.page.set("label", label);
    if (item && item.label !== label) void this.commit(item, "label", { label });
    this.changed();
  }

  /** Attributes, comment, group of the open object, or of another. */
  state(facts: FactsChange, item: Item | null = this.active): void {
    if (item) void this.commit(item, "facts", { facts });
  }

  undo(): void {
    if (this.corner) this.cancel();
    else if (this.polygon.back()) this.changed();
    else void this.history.walk("undo");
  }

  redo(): void {
    void this.history.walk("redo");
  }

  // ---- preview

  /** The cursor is over the photo at a pixel, or has left (null). */
  hover(point: Point | null): void {
    this.hovered = point;
    const { active } = this;
    const box = active?.work.clicks && boxOf(active.work.clicks);
    if (!active?.saved.id || !box || this.mode !== "centre" || !point || !contains(box, point)) {
      if (this.preview) this.previewer.stop();
      return;
    }
    this.previewer.ask(active.saved.id, point);
  }

  // ---- what became of it

  adopted(item: Item, settled: boolean): void {
    if (settled) this.place(item);
    if (item === this.active && !item.outlined) void this.readOutline();
    if (this.photo) this.photo.objects = this.items.length;
    this.changed();
  }

  failed(item: Item): void {
    this.items = this.items.filter((other) => other !== item);
    if (this.active === item) this.closeObject();
  }

  conflict(kind: Kind | null, same: boolean): void {
    this.say(kind !== "accept" ? strings.conflict : same ? strings.hint.onAccepted : strings.hint.lookAgain);
  }

  /** Into the list, or out of it; the photo may have been opened anew meanwhile. */
  private place(item: Item): void {
    const listed = this.items.find(({ saved }) => saved.id === item.saved.id);
    if (listed && listed !== item) {
      if (listed.saved.version < item.saved.version) this.sync.show(listed, item.saved);
    } else if (item.state === "deleted") this.failed(item);
    else if (!listed && item.saved.photo === this.photo?.id) {
      this.items = [...this.items, item].sort((a, b) => a.saved.id - b.saved.id);
    }
  }

  // ---- inside

  /** A new object, open from now on. */
  private begin(start: Pick<NewObject, "corners" | "strokes">): void {
    const { photo, label } = this;
    if (!photo) return;
    const wish = { ...start, label, spare: this.page.settings.spare };
    const item = drawnItem(photo.id, wish);
    this.corner = null;
    this.items.push((this.active = item));
    this.history.stepped();
    void this.sync.create(item, photo.id, wish).then(() => this.hover(this.hovered));
  }

  private setInside(point: Point): void {
    const { clicks } = this.active!.work;
    if (!contains(boxOf(clicks!), point)) {
      this.say(strings.hint.outsideBox);
      return;
    }
    // What was previewed here stays until the answer comes.
    const { preview } = this;
    if (preview?.mask) this.active!.mask = preview.mask;
    this.changeClicks({ ...clicks!, inside: point }, "inside");
    if (preview && `${preview.point}` === `${point}`) this.active!.maskOf = this.active!.work;
    this.previewer.stop();
  }

  /** A click on an imported mask: its box and this click take the mask's place. */
  private restart(point: Point): void {
    const box = this.active?.saved.mask?.box;
    if (!box) return;
    const corners: [Point, Point] = [[box[0], box[1]], [box[2] - 1, box[3] - 1]];
    if (contains(box, point)) this.changeClicks({ corners, inside: point, corrections: [] }, "inside");
    else this.say(strings.hint.outsideMask);
  }

  private commit(item: Item, kind: Kind, step: Step): Promise<boolean> {
    this.history.stepped();
    return this.sync.commit(item, kind, step);
  }

  /** With as many pixels as the screen can show; `scale`: screen pixels per image pixel. */
  sharpen(scale: number): void {
    this.sync.sharpen(this.items, scale);
  }

  readOutline(): Promise<void> {
    return this.outline.read(this.tool === "points" ? this.active : null, this.page.settings.tolerance);
  }
}

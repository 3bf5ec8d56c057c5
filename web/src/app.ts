import { api, Refusal, type ListQuery } from "./api";
import { Keys } from "./keys";
import { colourOf, readMask, type Mask } from "./mask";
import { Previewer } from "./previewer";
import { Saver } from "./saver";
import { loadSettings, storeSettings, type Settings } from "./settings";
import { crossing, flat, replaced, type Bend, type Ring } from "./rings";
import { strings } from "./strings";
import type {
  Clicks, HoverAnswer, Kind, MaskMessage, ObjectMessage, PhotoDetail, PhotoMessage, Point, Project, State, Statistics, Work,
} from "./types";

/** Tools that change the mask of the open object directly. */
export const HAND_TOOLS: readonly Tool[] = ["brush", "eraser", "points"];

const SETTLED = 300; // ms without a change, after which masks are made sharp

const IDLE = 60; // seconds: a longer pause is not work

export type Tool = "click" | "remove" | "brush" | "eraser" | "points";
export type Mode = "loading" | "first" | "second" | "centre" | "correct";

/** An object on the screen: what the server has (`saved`), and what the person wants it to be. */
export interface Item {
  saved: ObjectMessage;
  work: Work;
  label: string;
  state: State;
  mask: Mask | null;
  /** Version of the object whose mask that is. */
  shown: number;
  /** It has all its pixels, also where it came with fewer at first. */
  whole: boolean;
  hidden: boolean;
  /** Changes on their way to the server. */
  pending: number;
  /** Grows with a conflict: changes made before it are not sent any more. */
  epoch: number;
  /** Its box was drawn just now, so that giving up takes it away. */
  fresh: boolean;
  /** The points on the screen are this mask's. */
  outlined: boolean;
}

type Wish = Pick<Item, "work" | "label" | "state">;

class Dropped extends Error {}

/** The page's state and everything a person can do to it; drawing and widgets only read it. */
export class App {
  readonly settings: Settings = loadSettings();
  readonly keys = new Keys();
  /** Called at once when the save state changes: it must never show "saved" too long. */
  onSaveState: () => void = () => undefined;
  readonly saver = new Saver(() => {
    this.onSaveState();
    this.changed();
  });
  readonly previewer = new Previewer((answer) => this.showPreview(answer));

  project!: Project;
  labels: string[] = [];
  list: ListQuery = { filter: "all", search: "" };
  photo: PhotoMessage | null = null;
  picture: HTMLImageElement | null = null;
  /** Pixels of the displayed picture per photo pixel. */
  scale = 1;
  items: Item[] = [];
  active: Item | null = null;
  corner: Point | null = null;
  tool: Tool = "click";
  preview: { mask: Mask | null; confidence: number; sequence: number } | null = null;
  /** The open object's outline as polygons, while its points can be moved. */
  rings: Ring[] | null = null;
  /** What this visit has cost so far. */
  effort: Statistics | null = null;
  hideAll = false;
  busy = "";
  message = "";
  private listeners: (() => void)[] = [];
  private scheduled = false;
  private lastStep = performance.now();
  private readonly visit = Date.now() / 1000;
  private loading = 0;
  private readings = 0;
  private sharpening = 0;
  private deleted: Item | null = null;
  private hovered: Point | null = null;

  async start(): Promise<void> {
    this.project = await api.project();
    this.labels = this.project.labels;
    document.title = strings.title(this.project.name);
    const asked = Number(new URLSearchParams(location.hash.slice(1)).get("photo"));
    const first = asked > 0 ? asked : this.project.first?.id;
    if (first) await this.openPhoto(first);
    else this.say(strings.hint.empty);
    this.changed();
  }

  // ---- telling the others

  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Draw again with the next frame. */
  changed(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    requestAnimationFrame(() => {
      this.scheduled = false;
      for (const listener of this.listeners) listener();
    });
  }

  say(message: string): void {
    this.message = message;
    this.changed();
  }

  set<K extends keyof Settings>(name: K, value: Settings[K]): void {
    this.settings[name] = value;
    storeSettings(this.settings);
    if (name === "tolerance") void this.readRings();
    this.changed();
  }

  // ---- what holds now

  get mode(): Mode {
    if (!this.picture) return "loading";
    if (this.active) return this.active.work.clicks && !this.active.work.clicks.inside ? "centre" : "correct";
    return this.corner ? "second" : "first";
  }

  /** The label of the open object, or else the one that the next object gets. */
  get label(): string {
    if (this.active) return this.active.label;
    return this.labels.includes(this.settings.label) ? this.settings.label : (this.labels[0] ?? "object");
  }

  get undoable(): boolean {
    if (this.corner) return true;
    const item = this.active ?? this.lastTouched();
    return item !== null && (item.saved.can_undo || item.pending > 0);
  }

  get redoable(): boolean {
    const item = this.active ?? this.lastTouched();
    return item !== null && item.saved.can_redo && item.pending === 0;
  }

  get boxesWithoutMask(): number {
    return this.items.filter((item) => !item.saved.computed && item !== this.active).length;
  }

  colour(label: string): string {
    return colourOf(this.labels, label);
  }

  // ---- photos

  async openPhoto(id: number): Promise<void> {
    const ticket = ++this.loading;
    this.closeObject();
    this.corner = null;
    this.picture = null;
    this.items = [];
    this.deleted = null;
    this.message = "";
    this.changed();
    history.replaceState(null, "", `#photo=${id}`);
    try {
      const detail = await api.photo(id);
      if (ticket !== this.loading) return;
      if (detail.photo.problem) {
        this.photo = detail.photo;
        this.say(detail.photo.problem);
        return;
      }
      const picture = new Image();
      picture.src = api.imageAddress(detail.photo);
      await picture.decode();
      if (ticket !== this.loading) return;
      await this.showPhoto(detail, picture);
    } catch (error) {
      if (ticket !== this.loading) return;
      this.say((error as Error).message);
    }
  }

  async go(direction: "next" | "previous"): Promise<void> {
    if (!this.photo) return;
    const { photo } = await api.neighbour(this.photo.id, direction, this.list);
    if (photo) await this.openPhoto(photo.id);
  }

  async setDone(done: boolean): Promise<void> {
    if (!this.photo) return;
    const { id } = this.photo;
    const photo = await this.saver.run(() => api.setDone(id, done));
    if (this.photo.id === id) this.photo = photo;
    this.project = await api.project();
    this.changed();
  }

  private async showPhoto(detail: PhotoDetail, picture: HTMLImageElement): Promise<void> {
    this.photo = detail.photo;
    this.scale = detail.scale;
    this.items = detail.objects.map((message) => newItem(message));
    for (const item of this.items) {
      item.mask = this.maskOf(item.saved);
      item.shown = item.saved.version;
    }
    const last = detail.last_touched;
    this.deleted = last?.state === "deleted" ? newItem(last) : null;
    this.picture = picture;
    this.lastStep = performance.now();
    const drafts = this.items.filter((item) => item.state === "draft");
    const latest = drafts.sort((a, b) => b.saved.touched - a.saved.touched)[0];
    if (latest) this.openObject(latest);
    this.changed();
    // Decoded ahead: the server keeps it, the browser too.
    const { photo: next } = await api.neighbour(detail.photo.id, "next", this.list);
    if (next && !next.problem) {
      const { photo } = await api.photo(next.id);
      if (!photo.problem) new Image().src = api.imageAddress(photo);
    }
  }

  // ---- objects

  openObject(item: Item): void {
    if (item === this.active) return;
    this.closeObject();
    this.active = item;
    item.hidden = false;
    this.message = "";
    if (item.saved.id) void api.open(item.saved.id).catch(() => undefined);
    this.changed();
  }

  /** The next object of the photo's list, after the last one the first. */
  openNext(): void {
    const { items, active } = this;
    const next = items[active ? (items.indexOf(active) + 1) % items.length : 0];
    if (next) this.openObject(next);
  }

  closeObject(): void {
    if (this.active) this.active.fresh = false;
    this.active = null;
    this.rings = null;
    this.endPreview();
    if (HAND_TOOLS.includes(this.tool)) this.tool = "click";
    this.changed();
  }

  setTool(tool: Tool): void {
    if (HAND_TOOLS.includes(tool) && !this.active) this.say(strings.hint.needsObject);
    else {
      this.tool = tool;
      this.message = "";
      void this.readRings();
    }
    this.changed();
  }

  /** A click of the click tools: whatever the stage of the object makes of it. */
  click(point: Point, foreground: boolean): void {
    this.message = "";
    const { active } = this;
    switch (this.mode) {
      case "loading":
        return;
      case "first":
        this.corner = point;
        break;
      case "second":
        this.create(this.corner!, point);
        break;
      case "centre":
        if (foreground) this.setInside(point);
        break;
      case "correct": {
        const clicks = active!.work.clicks;
        if (clicks) {
          const corrections = [...clicks.corrections, [...point, foreground] as [number, number, boolean]];
          this.changeClicks({ ...clicks, corrections }, "correction");
        } else this.restart(point);
      }
    }
    this.changed();
  }

  changeClicks(clicks: Clicks, kind: Kind): void {
    const { active } = this;
    if (active) void this.commit(active, kind, { work: { ...active.work, clicks } });
  }

  paint(points: Point[], add: boolean): void {
    const { active } = this;
    if (!active) return;
    const stroke = { points, radius: this.settings.brush / 2, add };
    void this.commit(active, "brush", { work: { ...active.work, strokes: [...active.work.strokes, stroke] } });
  }

  /** Move, insert or take away a point of the outline. */
  reshape(bend: Bend): void {
    const { active, rings } = this;
    if (!active || !rings) return;
    const { before, after } = bend;
    const stroke = { before, after, tolerance: this.settings.tolerance };
    // The person's own points stay while they are a clean outline; otherwise they are read from the mask anew.
    this.readings += 1;
    this.rings = replaced(rings, bend);
    const keep = !crossing(this.rings, bend);
    const done = this.commit(active, "reshape", { work: { ...active.work, strokes: [...active.work.strokes, stroke] } });
    if (!keep) void done.then(() => this.readRings());
    this.changed();
  }

  tidy(name: "largest" | "fill" | "spare", on: boolean): void {
    if (name === "spare") this.set("spare", on);
    const { active } = this;
    if (active) void this.commit(active, "tidy", { work: { ...active.work, [name]: on } });
  }

  accept(): void {
    const { active } = this;
    if (!active) return;
    const done = this.commit(active, "accept", { state: "accepted" });
    this.closeObject();
    this.tool = "click";
    const next = this.items.find((item) => item.state === "draft");
    if (next) this.openObject(next);
    void done.then(() => this.readEffort());
  }

  cancel(): void {
    if (this.corner) this.corner = null;
    else if (this.active?.fresh && this.mode === "centre") this.remove(this.active);
    else this.closeObject();
    this.changed();
  }

  remove(item: Item): void {
    void this.commit(item, "delete", { state: "deleted" });
    this.items = this.items.filter((other) => other !== item);
    this.deleted = item;
    if (item === this.active) this.closeObject();
    this.changed();
  }

  setLabel(label: string, item: Item | null = this.active): void {
    this.set("label", label);
    if (item && item.label !== label) void this.commit(item, "label", { label });
    this.changed();
  }

  relabelAll(label: string): void {
    for (const item of this.items) this.setLabel(label, item);
  }

  async addLabel(label: string): Promise<void> {
    const name = label.trim();
    if (!name) return;
    if (this.labels.includes(name)) {
      this.setLabel(name);
      return;
    }
    const answer = await this.saver.run(() => api.setLabels([...this.labels, name])).catch((error: Error) => {
      this.say(error.message);
      return null;
    });
    if (!answer) return;
    this.labels = answer.labels;
    this.setLabel(name);
  }

  /** In the whole project; false if that was refused. */
  async renameLabel(old: string, name: string): Promise<boolean> {
    if (name === old) return true;
    try {
      this.labels = (await this.saver.run(() => api.renameLabel(old, name))).labels;
    } catch (error) {
      this.say((error as Error).message);
      return false;
    }
    if (this.settings.label === old) this.set("label", name);
    // All objects with this label have new versions.
    if (this.photo) await this.openPhoto(this.photo.id);
    this.changed();
    return true;
  }

  undo(): void {
    if (this.corner) {
      this.corner = null;
      this.changed();
    } else this.shift("undo");
  }

  redo(): void {
    if (this.redoable) this.shift("redo");
  }

  async masksForBoxes(): Promise<void> {
    if (!this.photo) return;
    const { id } = this.photo;
    this.busy = strings.working;
    this.changed();
    try {
      await this.saver.run(() => api.masksForBoxes(id));
      if (this.photo.id === id) await this.openPhoto(id);
      // The queue of what to look at starts with the first; accepting one opens the next.
      const first = this.items.find((item) => item.state === "draft");
      if (first) this.openObject(first);
    } catch (error) {
      this.say((error as Error).message);
    } finally {
      this.busy = "";
      this.changed();
    }
  }

  // ---- preview

  /** The cursor is over the photo at a pixel, or has left (null). */
  hover(point: Point | null): void {
    this.hovered = point;
    const { active } = this;
    const box = active?.work.clicks && boxOf(active.work.clicks);
    if (!active?.saved.id || !box || this.mode !== "centre" || !point || !contains(box, point)) {
      if (this.preview) this.endPreview();
      return;
    }
    this.previewer.ask(active.saved.id, point);
  }

  private showPreview(answer: HoverAnswer): void {
    const { active } = this;
    if (!active || this.mode !== "centre") return;
    const mask = answer.mask && readMask(answer.mask, this.colour(active.label));
    this.preview = { mask, confidence: answer.confidence, sequence: answer.sequence };
    this.changed();
  }

  private endPreview(): void {
    this.previewer.stop();
    this.preview = null;
    this.changed();
  }

  // ---- inside

  private create(first: Point, second: Point): void {
    const { photo, label } = this;
    if (!photo) return;
    const { spare } = this.settings;
    const corners: [Point, Point] = [first, second];
    const item = newItem({
      id: 0, photo: photo.id, version: 0, label, state: "draft", mask: null, computed: false, area: 0,
      confidence: null, can_undo: false, can_redo: false, touched: 0,
      work: { clicks: { corners, inside: null, corrections: [] }, strokes: [], largest: false, fill: false, spare },
    });
    item.fresh = true;
    this.corner = null;
    this.items.push(item);
    this.active = item;
    const seconds = this.step();
    void this.send(item, null, () => api.create(photo.id, { corners, label, spare, seconds })).then(() =>
      this.hover(this.hovered),
    );
  }

  private setInside(point: Point): void {
    const { clicks } = this.active!.work;
    const box = boxOf(clicks!);
    if (!contains(box, point)) return;
    // What was previewed here stays until the answer comes.
    if (this.preview?.mask) this.active!.mask = this.preview.mask;
    this.changeClicks({ ...clicks!, inside: point }, "inside");
    this.endPreview();
  }

  /** A click on an imported mask: its box and this click take the mask's place. */
  private restart(point: Point): void {
    const { active } = this;
    const box = active?.saved.mask?.box;
    if (!active || !box) return;
    const corners: [Point, Point] = [[box[0], box[1]], [box[2] - 1, box[3] - 1]];
    if (contains(box, point)) this.changeClicks({ corners, inside: point, corrections: [] }, "inside");
  }

  private shift(direction: "undo" | "redo"): void {
    const item = this.active ?? this.lastTouched();
    if (!item) return;
    const seconds = this.step();
    this.message = "";
    item.outlined = false;
    void this.send(item, null, () => api.shift(item.saved.id, direction, item.saved.version, seconds)).then(() => {
      if (!this.active && !this.corner && item.state === "draft" && this.items.includes(item)) this.openObject(item);
    });
  }

  private commit(item: Item, kind: Kind, wish: { work?: Work; label?: string; state?: State }): Promise<void> {
    // A click on an accepted object opens it again.
    const reopened = wish.work && item.state === "accepted" ? { state: "draft" as const } : {};
    Object.assign(item, reopened, wish);
    const { work, label, state } = item;
    const seconds = this.step();
    if (kind !== "reshape") item.outlined = false;
    return this.send(item, { work, label, state }, () =>
      api.change(item.saved.id, { version: item.saved.version, kind, work, label, state, seconds }, (mask) =>
        this.showUnsaved(item, mask),
      ),
    );
  }

  /** The mask of a change that is still on its way to the disk, with as many pixels as the screen shows. */
  private showUnsaved(item: Item, mask: MaskMessage | null): void {
    item.mask = mask && readMask(mask, this.colour(item.label));
    item.shown = item.saved.version + 1;
    item.whole = false;
    this.changed();
  }

  private send(item: Item, wish: Wish | null, task: () => Promise<ObjectMessage>): Promise<void> {
    const { epoch } = item;
    item.pending += 1;
    return this.saver
      .run(async () => {
        if (item.epoch !== epoch) throw new Dropped();
        const newest = await task();
        // Made ready before anything is said to be saved, so that no frame shows that without it.
        return [newest, this.maskOf(newest)] as const;
      })
      .then(
        ([newest, mask]) => this.adopt(item, newest, mask, item.pending === 1),
        (error: Error) => this.refused(item, wish, error),
      )
      .finally(() => {
        item.pending -= 1;
        this.changed();
      });
  }

  private refused(item: Item, wish: Wish | null, error: Error): void {
    if (error instanceof Dropped) return;
    item.epoch += 1;
    item.outlined = false;
    const newest = error instanceof Refusal ? error.newest : null;
    if (!newest) {
      this.say(error.message);
      if (item.saved.id) this.adopt(item, item.saved, this.maskOf(item.saved), true);
      else {
        this.items = this.items.filter((other) => other !== item);
        if (this.active === item) this.closeObject();
      }
      return;
    }
    // The answer to the first attempt may have been lost; then the server has what we wanted.
    if (!wish || !sameWork(newest, wish)) this.say(strings.conflict);
    this.adopt(item, newest, this.maskOf(newest), true);
  }

  /** The server's newest state of an object; `all`: nothing newer is on its way. */
  private adopt(item: Item, newest: ObjectMessage, mask: Mask | null, all: boolean): void {
    item.saved = newest;
    item.mask = mask;
    item.shown = newest.version;
    item.whole = false;
    if (all) {
      item.work = newest.work;
      item.label = newest.label;
      const gone = newest.state === "deleted";
      const came = item.state === "deleted" && !gone;
      item.state = newest.state;
      if (gone) {
        this.items = this.items.filter((other) => other !== item);
        this.deleted = item;
        if (this.active === item) this.closeObject();
      } else if (came || !this.items.includes(item)) {
        if (newest.photo === this.photo?.id) this.items = [...this.items, item].sort((a, b) => a.saved.id - b.saved.id);
        this.deleted = null;
      }
    }
    if (item === this.active && !item.outlined) void this.readRings();
    if (this.photo) this.photo.objects = this.items.length;
    this.changed();
  }

  private maskOf({ mask, label }: ObjectMessage): Mask | null {
    return mask && readMask(mask, this.colour(label));
  }

  /** Read all pixels of masks that are shown larger than they came; `scale`: screen pixels per image pixel. */
  sharpen(scale: number): void {
    clearTimeout(this.sharpening);
    this.sharpening = window.setTimeout(() => {
      for (const item of this.items) {
        if (!item.mask || item.hidden || item.pending > 0) continue;
        const all = item.mask.box[2] - item.mask.box[0];
        if (!item.whole && item.mask.bitmap.width < Math.min(all, 0.8 * scale * all)) void this.readWholeMask(item);
      }
    }, SETTLED);
  }

  private async readWholeMask(item: Item): Promise<void> {
    const before = item.mask;
    const message = await api.mask(item.saved.id).catch(() => null);
    const mask = message && readMask(message, this.colour(item.saved.label));
    if (!mask || item.mask !== before) return;
    item.mask = mask;
    item.whole = true;
    this.changed();
  }

  /** Read the outline anew, if its points are shown. */
  private async readRings(): Promise<void> {
    const { active, settings } = this;
    if (!active?.saved.id || this.tool !== "points") {
      this.rings = null;
      return;
    }
    const reading = ++this.readings;
    const outline = await api.outline(active.saved.id, settings.tolerance).catch(() => null);
    if (reading !== this.readings || this.active !== active || this.tool !== "points") return;
    this.rings = outline && flat(outline);
    active.outlined = true;
    this.changed();
  }

  private async readEffort(): Promise<void> {
    this.effort = await api.statistics(this.visit).catch(() => this.effort);
    this.changed();
  }

  /** What undo refers to when no object is open. */
  private lastTouched(): Item | null {
    const all = this.deleted ? [...this.items, this.deleted] : this.items;
    return all.reduce<Item | null>(
      (last, item) => (last && last.saved.touched >= item.saved.touched ? last : item), null,
    );
  }

  /** Seconds since the last step. */
  private step(): number {
    const now = performance.now();
    const seconds = Math.min(IDLE, (now - this.lastStep) / 1000);
    this.lastStep = now;
    return seconds;
  }
}

export function boxOf({ corners: [a, b] }: Clicks): [number, number, number, number] {
  return [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[0], b[0]) + 1, Math.max(a[1], b[1]) + 1];
}

function contains([x0, y0, x1, y1]: [number, number, number, number], [x, y]: Point): boolean {
  return x >= x0 && x < x1 && y >= y0 && y < y1;
}

function newItem(saved: ObjectMessage): Item {
  const { work, label, state } = saved;
  return { saved, work, label, state, mask: null, shown: 0, whole: false, hidden: false, pending: 0, epoch: 0, fresh: false, outlined: false };
}

function sameWork(saved: ObjectMessage, wish: Wish): boolean {
  const known = ({ work, label, state }: Wish) => {
    const { clicks, strokes, largest, fill, spare } = work;
    return JSON.stringify([
      clicks && [clicks.corners, clicks.inside, clicks.corrections],
      strokes.map((stroke) =>
        "before" in stroke ? [stroke.before, stroke.after, stroke.tolerance] : [stroke.points, stroke.radius, stroke.add],
      ),
      largest, fill, spare, label, state,
    ]);
  };
  return known(saved) === known(wish);
}

import { Lost, Refusal, type Backend, type Drawn, type ListQuery } from "./backend";
import { ask } from "./dialog";
import { Editor } from "./editor";
import { Page } from "./page";
import { strings } from "./strings";
import type { PhotoDetail, PhotoMessage, Project, Statistics } from "./types";

const DOUBTFUL = 0.8; // as the server's list of doubtful photos
const LARGE = 24_000_000; // pixels of a photo from which the next one is not decoded ahead

/** The page's state: the project, its photos, and the open one with its editor. Drawing and widgets only read it. */
export class App extends Page {
  readonly editor = new Editor(this);
  project!: Project;
  list: ListQuery = { filter: "all", search: "" };
  photo: PhotoMessage | null = null;
  picture: Drawn | null = null;
  /** Pixels of the displayed picture per photo pixel. */
  scale = 1;
  /** What this visit has cost so far. */
  effort: Statistics | null = null;
  private readonly visit = Date.now() / 1000;
  private loading = 0;
  /** What decided, when it was counted last, in which lists the open photo is. */
  private standing = "";
  /** The photo that is open, or being opened. */
  private opened = 0;

  constructor(backend: Backend) {
    super(backend);
    this.editor.onAccepted = () => void this.accepted();
    this.onChange(() => this.recount());
  }

  /** Open the photo that the address names, or else the first unfinished one. */
  async start(): Promise<void> {
    await this.readProject();
    document.title = strings.title(this.project.name);
    const first = askedPhoto() ?? this.project.first?.id;
    if (first && !askedPhoto()) history.replaceState(null, "", `#photo=${first}`);
    if (first) await this.openPhoto(first);
    if (this.project.lost) this.fail(new Lost(this.project.lost));
    else if (!first && !this.backend.intake) this.say(strings.hint.empty);
  }

  /** The address names another photo: Back was pressed, or it was typed. */
  followAddress(): void {
    const asked = askedPhoto();
    if (asked && asked !== this.opened) void this.openPhoto(asked);
  }

  async readProject(): Promise<void> {
    this.project = await this.backend.project();
    this.labels.read(this.project.labels, this.project.colours);
    this.changed();
  }

  /** Nothing is left to do on this photo but to say so. */
  get allDone(): boolean {
    const { items } = this.editor;
    return items.length > 0 && !this.photo?.done && items.every((item) => item.state === "accepted");
  }

  // ---- photos

  async openPhoto(id: number): Promise<void> {
    const ticket = ++this.loading;
    this.opened = id;
    this.editor.clear();
    const before = this.picture;
    this.picture = null;
    this.message = "";
    this.changed();
    if (before) freed(before);
    if (askedPhoto() !== id) history.pushState(null, "", `#photo=${id}`);
    try {
      const detail = await this.backend.photo(id);
      if (ticket !== this.loading) return;
      this.photo = detail.photo;
      if (detail.photo.problem) {
        this.say(detail.photo.problem);
        return;
      }
      const picture = await this.backend.picture(detail.photo);
      if (ticket === this.loading) await this.showPhoto(detail, picture);
      else freed(picture);
    } catch (error) {
      if (ticket === this.loading) await this.notOpened(id, error as Error);
    }
  }

  /** There is no such photo: the one before stays. */
  private async notOpened(id: number, error: Error): Promise<void> {
    const back = this.photo?.id ?? this.project.first?.id;
    if (error instanceof Refusal && back && back !== id) {
      history.replaceState(null, "", `#photo=${back}`);
      await this.openPhoto(back);
    } else if (error instanceof Lost) this.photo = null;
    this.fail(error);
  }

  /** The next photo of the list. */
  async neighbour(): Promise<PhotoMessage | null> {
    return this.photo && (await this.backend.neighbour(this.photo.id, "next", this.list)).photo;
  }

  async go(direction: "next" | "previous"): Promise<void> {
    if (!this.photo) return;
    const { photo } = await this.backend.neighbour(this.photo.id, direction, this.list);
    if (photo) await this.openPhoto(photo.id);
  }

  /** False if the person would rather look at the drafts first. */
  async setDone(done: boolean): Promise<boolean> {
    if (!this.photo) return false;
    const { id } = this.photo;
    const { drafts } = this.editor;
    if (done && drafts && !(await ask(strings.photoNotDone, strings.draftsLeft(drafts), strings.markAnyway, strings.showDrafts))) {
      this.editor.openDraft();
      return false;
    }
    const photo = await this.saver.run(() => this.backend.setDone(id, done));
    if (this.photo.id === id) this.photo = photo;
    await this.readProject();
    return true;
  }

  /** Mark the photo done, or not; after a done one comes the next. */
  async finish(done = true): Promise<void> {
    if (!(await this.setDone(done)) || !done) return;
    const { photo } = this;
    await this.go("next");
    if (photo !== this.photo) return;
    const { all, broken, done: finished } = this.project.counts;
    this.say(strings.lastDone(all - broken - finished));
  }

  private async showPhoto(detail: PhotoDetail, picture: Drawn): Promise<void> {
    this.photo = detail.photo;
    this.scale = detail.scale;
    this.picture = picture;
    this.editor.load(detail, this.reviewing);
    await this.lookAhead(detail.photo.id);
  }

  /** Have the next photo decoded: the backend keeps it, the browser too. */
  private async lookAhead(id: number): Promise<void> {
    // Decoding takes several times a photo's size, beside what is open.
    if (!this.backend.ahead || !this.photo || this.photo.width! * this.photo.height! > LARGE) return;
    const { photo } = await this.backend.neighbour(id, "next", this.list);
    if (photo && !photo.problem) await this.backend.ahead(photo);
  }

  /** The counts of the lists follow what became of the open photo, once that is saved. */
  private recount(): void {
    const { photo, editor } = this;
    if (!photo || editor.photo?.id !== photo.id || this.saver.state !== "saved") return;
    const states = editor.items.map(({ state, saved }) => [state, (saved.confidence ?? 1) < DOUBTFUL].join());
    const standing = [`${photo.id}:`, ...new Set(states.sort())].join(" ");
    const before = this.standing;
    this.standing = standing;
    if (standing !== before && before.startsWith(`${photo.id}:`)) void this.readProject().catch(() => undefined);
  }

  // ---- labels

  async addLabel(label: string): Promise<void> {
    const name = label.trim();
    if (!name) return;
    const { editor, settings: { label: before } } = this;
    const { active } = editor;
    const known = this.labels.names.includes(name) || (await this.refusal(this.labels.add(name)));
    // Another label may have been chosen while this one was on its way.
    if (known && this.settings.label === before) editor.setLabel(name, active);
  }

  /** In the whole project; false if that was refused. */
  async renameLabel(old: string, name: string): Promise<boolean> {
    if (name === old) return true;
    if (!(await this.refusal(this.labels.rename(old, name)))) return false;
    if (this.settings.label === old) this.set("label", name);
    // All objects with this label have new versions.
    if (this.photo) await this.openPhoto(this.photo.id);
    return true;
  }

  /** Whether a promise was kept; says why not. */
  private async refusal(promise: Promise<unknown>): Promise<boolean> {
    try {
      await promise;
      return true;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.say(error.message);
      return false;
    }
  }

  /** The list is of photos with something to look at. */
  private get reviewing(): boolean {
    return ["review", "doubtful"].includes(this.list.filter);
  }

  /** In a review the next draft may be on the next photo. */
  private async accepted(): Promise<void> {
    await this.readEffort();
    if (!this.reviewing || this.editor.drafts > 0) return;
    await this.go("next");
    await this.readProject();
  }

  private async readEffort(): Promise<void> {
    this.effort = await this.backend.statistics(this.visit).catch(() => this.effort);
    this.changed();
  }

}

/** Its memory at once, not when the next collection finds it. */
function freed(picture: Drawn): void {
  if (picture instanceof ImageBitmap) picture.close();
}

/** The number of the photo that the address names. */
export function askedPhoto(): number | null {
  const asked = Number(new URLSearchParams(location.hash.slice(1)).get("photo"));
  return asked > 0 ? asked : null;
}

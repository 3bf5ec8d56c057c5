import type { App } from "./app";
import { Lost, Refusal } from "./backend";
import { h, setText } from "./dom";
import { strings } from "./strings";
import type { PhotoFilter, PhotoMessage, Project } from "./types";

const ROW = 60; // CSS pixels; as in style.css
const PAGE = 100;
const LONGEST = 16; // signs of a name that are shown: more have no room in a row
const HEAD = 6;

/** The photo list: only the rows in sight exist, pages are fetched when they come into sight. */
export class PhotoList {
  private readonly spacer = h("div", { className: "spacer" });
  private readonly rows = h("ul", { className: "rows" });
  private readonly scroller = h("div", { className: "scroller", on: { scroll: () => this.draw() } }, this.spacer, this.rows);
  private readonly empty = h("p", { className: "quiet", hidden: true }, strings.noPhotos);
  private readonly search = h("input", {
    type: "search", placeholder: strings.search, aria: { label: strings.search }, on: { input: () => this.searched() },
  });
  private readonly filter = h(
    "select", { aria: { label: strings.filter }, on: { change: () => this.filtered() } },
    ...(Object.keys(strings.filters) as PhotoFilter[]).map((name) => h("option", { value: name }, strings.filters[name])),
  );
  private readonly progress = h("progress", { aria: { label: strings.progress } });
  private readonly progressText = h("span", { className: "quiet" });
  readonly element = h(
    "nav", { className: "panel photos", aria: { label: strings.photos } },
    h(
      "div", { className: "filters" },
      this.filter, this.search, h("div", { className: "progress" }, this.progress, this.progressText),
    ), this.scroller, this.empty,
  );
  private total = 0;
  private known = new Map<number, PhotoMessage>();
  private asked = new Set<number>();
  private generation = 0;
  /** What is known is of a list that was read before: it is shown until the new one is there. */
  private outdated = false;
  private counts = "";
  private timer = 0;
  private current = 0;
  private drawn = "";
  private shown = "";
  private kept = new Map<string, HTMLLIElement>();

  constructor(private readonly app: App) {
    app.onChange(() => this.changed());
    new ResizeObserver(() => this.draw()).observe(this.scroller);
  }

  /** Read the list anew, and show the open photo in it. */
  async reload(): Promise<void> {
    this.generation += 1;
    this.asked.clear();
    this.outdated = true;
    await this.fetch(0);
    await this.reveal();
  }

  private changed(): void {
    const { photo, project } = this.app;
    if (!project) return;
    const state = JSON.stringify([photo, project.counts]);
    if (state === this.shown) return;
    this.shown = state;
    for (const option of this.filter.options) {
      const name = option.value as PhotoFilter;
      setText(option, `${strings.filters[name]} (${project.counts[name]})`);
    }
    this.drawProgress(project.counts);
    const counts = JSON.stringify(project.counts);
    if (counts !== this.counts) {
      const first = this.counts === "";
      this.counts = counts;
      if (!first) void this.reload(); // a photo may have left the list that is filtered
    }
    if (!photo) return;
    for (const [index, known] of this.known) if (known.id === photo.id) this.known.set(index, photo);
    this.draw();
    if (photo.id !== this.current) {
      this.current = photo.id;
      void this.reveal();
    }
  }

  private drawProgress(counts: Project["counts"]): void {
    const all = counts.all - counts.broken;
    this.progress.max = Math.max(1, all);
    this.progress.value = counts.done;
    this.progressText.textContent = strings.photosDone(counts.done, all);
  }

  private async reveal(): Promise<void> {
    const { photo, list } = this.app;
    if (!photo) return;
    const place = [...this.known].find(([, known]) => known.id === photo.id)?.[0] ?? (await this.placeOf(photo, list));
    const top = place * ROW;
    const { scrollTop, clientHeight } = this.scroller;
    if (top < scrollTop || top + ROW > scrollTop + clientHeight) this.scroller.scrollTop = top - clientHeight / 2;
    this.draw();
  }

  private async showThumbnail(image: HTMLImageElement, photo: PhotoMessage): Promise<void> {
    try {
      image.src = await this.app.backend.thumbnail(photo);
    } catch (error) {
      if (!(error instanceof Refusal)) return;
      const broken = { ...photo, problem: error.message };
      for (const [index, known] of this.known) if (known.id === photo.id) this.known.set(index, broken);
      this.draw();
    }
  }

  private async placeOf(photo: PhotoMessage, list: App["list"]): Promise<number> {
    const previous = await this.app.backend.neighbour(photo.id, "previous", list).catch(() => null);
    return previous?.photo ? previous.place + 1 : 0;
  }

  private searched(): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      this.app.list = { ...this.app.list, search: this.search.value };
      void this.reload();
    }, 150);
  }

  private filtered(): void {
    this.app.list = { ...this.app.list, filter: this.filter.value as PhotoFilter };
    void this.reload();
  }

  private async fetch(page: number): Promise<void> {
    if (this.asked.has(page)) return;
    this.asked.add(page);
    const { generation } = this;
    try {
      const { total, photos } = await this.app.backend.photos(this.app.list, page * PAGE, PAGE);
      if (generation !== this.generation) return;
      this.total = total;
      if (this.outdated) this.known.clear();
      this.outdated = false;
      photos.forEach((photo, index) => this.known.set(page * PAGE + index, photo));
    } catch (error) {
      this.asked.delete(page);
      if (error instanceof Lost) this.app.fail(error);
    }
    this.draw();
  }

  private draw(): void {
    const { scrollTop, clientHeight } = this.scroller;
    const first = Math.max(0, Math.floor(scrollTop / ROW) - 2);
    const last = Math.min(this.total, Math.ceil((scrollTop + clientHeight) / ROW) + 2);
    const seen = Array.from({ length: Math.max(0, last - first) }, (_, index) => first + index);
    const state = JSON.stringify([this.total, this.app.photo?.id, seen.map((index) => [index, this.known.get(index)])]);
    if (state === this.drawn) return;
    this.drawn = state;
    const focused = (document.activeElement as HTMLElement | null)?.dataset["photo"];
    this.empty.hidden = this.total > 0;
    this.spacer.style.height = `${this.total * ROW}px`;
    this.rows.style.transform = `translateY(${first * ROW}px)`;
    // Rows that look as before are kept, with their pictures and the keyboard's focus.
    const before = this.kept;
    this.kept = new Map();
    const wanted = seen.map((index) => {
      const key = JSON.stringify([this.known.get(index) ?? index, this.known.get(index)?.id === this.app.photo?.id]);
      const row = before.get(key) ?? this.row(index);
      this.kept.set(key, row);
      return row;
    });
    for (const row of [...this.rows.children]) if (!wanted.includes(row as HTMLLIElement)) row.remove();
    wanted.forEach((row, place) => {
      if (this.rows.children[place] !== row) this.rows.insertBefore(row, this.rows.children[place] ?? null);
    });
    const focus = wanted.find((row) => focused && row.querySelector(`[data-photo="${focused}"]`));
    if (focus && !focus.contains(document.activeElement)) focus.querySelector("button")?.focus({ preventScroll: true });
  }

  private row(index: number): HTMLLIElement {
    const photo = this.known.get(index);
    if (!photo) {
      void this.fetch(Math.floor(index / PAGE));
      return h("li", { className: "row" });
    }
    const status = photo.problem ? strings.broken : strings.photoStatus(photo.objects, photo.done);
    const kind = photo.problem ? "broken" : photo.done ? "done" : photo.objects ? "started" : "todo";
    const image = photo.problem
      ? h("span", { className: "thumbnail" })
      : h("img", { className: "thumbnail", alt: "", decoding: "async" });
    if (image instanceof HTMLImageElement) void this.showThumbnail(image, photo);
    const button = h(
      "button",
      {
        type: "button", className: `photo-row ${kind}`, title: photo.problem ?? photo.path,
        data: { photo: String(photo.id) },
        aria: photo.id === this.app.photo?.id ? { current: "true" } : {},
        // A press of the mouse leaves the keys to the photo: the row may be drawn anew before the button is up again.
        on: { click: () => void this.app.openPhoto(photo.id), mousedown: (event) => event.preventDefault() },
      },
      image,
      h("span", { className: "texts" }, h("span", { className: "name" }, shortened(photo.path)), h("span", { className: "status" }, status)),
    );
    return h("li", { className: "row" }, button);
  }
}

/** Without its middle: numbered names differ at their ends. */
function shortened(name: string): string {
  return name.length <= LONGEST ? name : `${name.slice(0, HEAD)}…${name.slice(HEAD + 1 - LONGEST)}`;
}

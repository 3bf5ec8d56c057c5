import type { App } from "./app";
import type { Intake } from "./backend";
import { ask } from "./dialog";
import { h } from "./dom";
import type { SaveState } from "./saver";
import { strings } from "./strings";
import type { Count } from "./types";

const texts = strings.intake;

/** How much of the model is there. */
class Loading {
  private readonly bar = h("progress", { max: 1, aria: { label: texts.loading } });
  private readonly text = h("span", { className: "quiet" });
  readonly element = h("div", { className: "progress", hidden: true }, this.bar, this.text);

  show(loaded: number, total: number): void {
    this.element.hidden = loaded >= total;
    this.bar.value = loaded / total;
    const text = texts.model(Math.floor((100 * loaded) / total));
    if (this.text.textContent !== text) this.text.textContent = text;
  }
}

/** How photos get into a page without a server: picked, dropped, pasted, taken. */
export class IntakeBar {
  private readonly remove = h("button", { type: "button", on: { click: () => void this.takeAway() } }, texts.remove);
  private readonly loading = [new Loading(), new Loading()] as const;
  /** Below the list of photos. */
  readonly buttons = h("div", { className: "intake" }, this.loading[0].element, ...this.ways(), this.remove);
  /** In place of the photo, while there is none. */
  readonly welcome = h(
    "section", { className: "welcome", hidden: true, aria: { label: texts.name } },
    h("p", {}, texts.welcome),
    h("div", { className: "intake" }, this.way(texts.samples, () => this.intake.addSamples(), "primary"), ...this.ways(), this.loading[1].element),
  );

  constructor(private readonly app: App, private readonly intake: Intake, private readonly added: () => Promise<void>) {
    intake.onProgress((loaded, total) => { for (const one of this.loading) one.show(loaded, total); });
    app.onChange(() => {
      this.welcome.hidden = !app.project || app.project.counts.all > 0;
      this.remove.hidden = !app.photo;
    });
    document.addEventListener("dragover", (event) => {
      if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
    });
    document.addEventListener("drop", (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      const { dataTransfer } = event;
      void this.take(() => intake.addDropped(dataTransfer));
    });
    document.addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length) void this.take(() => intake.add(files));
    });
  }

  /** What the page says of work that is not saved; null: as everywhere. */
  stateText(state: SaveState): string | null {
    return state === "lost" ? texts.full : state === "offline" ? texts.offline : null;
  }

  private ways(): HTMLElement[] {
    const picked = (input: HTMLInputElement) => {
      const files = [...(input.files ?? [])];
      input.value = "";
      if (files.length) void this.take(() => this.intake.add(files));
    };
    const picker = (camera: boolean) => {
      const input = h("input", { type: "file", accept: "image/*", multiple: !camera, hidden: true, on: { change: () => picked(input) } });
      if (camera) input.setAttribute("capture", "environment");
      return input;
    };
    const [files, camera] = [picker(false), picker(true)];
    const take = h("button", { type: "button", className: "camera", on: { click: () => camera.click() } }, texts.camera);
    return [
      files, camera,
      h("button", { type: "button", on: { click: () => files.click() } }, texts.add),
      this.way(texts.folder, () => this.intake.addFolder()),
      take,
    ];
  }

  private way(text: string, add: () => Promise<Count>, className = ""): HTMLButtonElement {
    return h("button", { type: "button", className, on: { click: () => void this.take(add) } }, text);
  }

  private async take(add: () => Promise<Count>): Promise<void> {
    try {
      if (!this.app.project) await this.app.readProject(); // dropped before the page was there
      const first = this.app.project.counts.all === 0;
      const { count, notes } = await this.app.saver.run(add);
      if (first && count) await this.added();
      else await this.app.readProject();
      this.app.say([count || !notes.length ? texts.added(count) : "", ...notes.slice(0, 3)].join(" ").trim());
    } catch (error) {
      this.app.say((error as Error).message);
    }
  }

  private async takeAway(): Promise<void> {
    const { photo } = this.app;
    if (!photo || !(await ask(texts.remove, texts.removeSure, texts.remove, texts.cancel))) return;
    await this.app.go("next");
    if (this.app.photo?.id === photo.id) await this.app.go("previous");
    await this.app.saver.run(() => this.intake.remove(photo.id));
    if (this.app.photo?.id === photo.id) location.hash = "";
    await this.added();
  }
}

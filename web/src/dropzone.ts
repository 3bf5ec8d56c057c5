import type { App } from "./app";
import { h } from "./dom";
import { strings } from "./strings";

const texts = strings.dropzone;

/** While the folder holds no photos: photos can be dropped here or picked, and are put into it. */
export class DropZone {
  private readonly picker = h("input", {
    type: "file", accept: "image/*", multiple: true, hidden: true, on: { change: () => void this.take([...(this.picker.files ?? [])]) },
  });
  private readonly said = h("p", { role: "status" });
  readonly element = h(
    "section", { className: "welcome", hidden: true, aria: { label: texts.name } },
    h("p", {}, texts.intro),
    h("button", { type: "button", className: "primary", on: { click: () => this.picker.click() } }, texts.pick),
    this.picker, this.said,
  );

  constructor(private readonly app: App, private readonly added: () => Promise<void>) {
    if (!app.backend.folder) return;
    app.onChange(() => { this.element.hidden = !app.project || app.project.counts.all > 0; });
    document.addEventListener("dragover", (event) => {
      if (!this.element.hidden) event.preventDefault();
    });
    document.addEventListener("drop", (event) => {
      if (this.element.hidden) return;
      event.preventDefault();
      void this.take([...(event.dataTransfer?.files ?? [])]);
    });
  }

  private async take(files: File[]): Promise<void> {
    const { folder } = this.app.backend;
    if (!folder) return;
    const refused: string[] = [];
    for (const [place, file] of files.entries()) {
      this.said.textContent = strings.ofAll(place, files.length);
      await this.app.saver.run(() => folder.addPhoto(file)).catch((error: Error) => refused.push(error.message));
    }
    this.said.textContent = refused.join(" ");
    await this.added();
    if (refused.length) this.app.say(refused.join(" "));
  }
}

import type { App } from "./app";
import type { ExportQuery } from "./backend";
import { h } from "./dom";
import { strings } from "./strings";

const texts = strings.exportChoice;

/** Which objects and photos are exported. */
export class ExportChoice {
  private readonly drafts = this.tick();
  private readonly done = this.tick();
  private readonly here = this.tick();
  private readonly labels = h("div", { className: "ticks" });
  private readonly split = h("input", { type: "number", min: "0", max: "90", step: "5", value: "0", on: { input: () => this.changed() } });
  private readonly only = h(
    "details", {}, h("summary", {}, texts.title),
    this.switch(this.done, texts.done), this.switch(this.here, texts.here),
    h("label", { className: "field" }, h("span", {}, texts.split), this.split),
    h("fieldset", {}, h("legend", {}, texts.labels), this.labels),
  );
  readonly element = h("div", {}, this.switch(this.drafts, strings.exportDrafts), this.only);

  constructor(private readonly app: App, private readonly changed: () => void) {}

  /** The labels as they are now; those that were left out stay so. */
  draw(): void {
    const left = new Set(this.boxes.filter((box) => !box.checked).map(({ value }) => value));
    this.labels.replaceChildren(...this.app.labels.names.map((label) => {
      const box = this.tick();
      Object.assign(box, { value: label, checked: !left.has(label) });
      return this.switch(box, label);
    }));
  }

  get value(): Omit<ExportQuery, "format" | "tolerance"> {
    const { photo } = this.app;
    const all = this.boxes;
    const chosen = all.filter((box) => box.checked).map(({ value }) => value);
    return {
      drafts: this.drafts.checked, done: this.done.checked, photo: this.here.checked && photo ? photo.id : null,
      labels: chosen.length === all.length ? [] : chosen,
      val: Math.min(90, Math.max(0, Number(this.split.value) || 0)) / 100,
    };
  }

  private get boxes(): HTMLInputElement[] {
    return [...this.labels.querySelectorAll("input")];
  }

  private tick(): HTMLInputElement {
    return h("input", { type: "checkbox", on: { change: () => this.changed() } });
  }

  private switch(box: HTMLInputElement, text: string): HTMLLabelElement {
    return h("label", { className: "switch" }, box, h("span", {}, text));
  }
}

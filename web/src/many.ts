import type { App } from "./app";
import { bulk } from "./bulk";
import { boxOf } from "./clicks";
import { dialog } from "./dialog";
import { h } from "./dom";
import type { Item } from "./items";
import { strings } from "./strings";
import type { BulkKind } from "./types";

const texts = strings.many;
const CROP = 40; // CSS pixels; as in style.css

/** What can be done to several objects of the photo at once; each is one step for undo. */
export class ManyDialog {
  private readonly list = h("ul", { className: "many" });
  private readonly said = h("p", { role: "status" });
  private boxes: [Item, HTMLInputElement][] = [];
  readonly element = dialog(
    texts.title,
    h("p", { className: "quiet" }, texts.intro),
    h("div", { className: "buttons" }, this.choose(texts.all, true), this.choose(texts.none, false)),
    this.list,
    h(
      "div", { className: "buttons wrap" },
      this.button(texts.duplicate, "duplicate", 1), this.button(texts.merge, "merge", 2), this.button(texts.split, "split", 1),
      this.button(texts.group, "group", 2), this.button(texts.copy, "copy", 1),
    ),
    this.said,
  );

  constructor(private readonly app: App) {}

  /** The open object is chosen, or else none. */
  open(): void {
    const { editor, backend, labels } = this.app;
    if (!backend.desk || !editor.items.length) return;
    const places = new Map<string, number>();
    this.boxes = editor.items.map((item) => {
      const box = h("input", { type: "checkbox", checked: item === editor.active, on: { change: () => this.draw() } });
      return [item, box];
    });
    this.list.replaceChildren(...this.boxes.map(([item, box]) => {
      const place = (places.get(item.label) ?? 0) + 1;
      places.set(item.label, place);
      const swatch = h("span", { className: "swatch" });
      swatch.style.background = labels.colour(item.label);
      return h("li", {}, h("label", { className: "switch" }, box, swatch, this.crop(item), h("span", {}, strings.objectName(item.label, place))));
    }));
    this.said.textContent = "";
    this.draw();
    this.element.showModal();
    this.boxes.find(([item]) => item === editor.active)?.[1].focus();
  }

  /** The object itself: the dialog covers the photo. */
  private crop(item: Item): HTMLCanvasElement {
    const { picture, scale } = this.app;
    const canvas = h("canvas", { className: "crop", width: CROP, height: CROP, ariaHidden: "true" });
    const box = item.mask?.box ?? (item.work.clicks && boxOf(item.work.clicks));
    if (!picture || !box) return canvas;
    const [x, y, width, height] = [box[0], box[1], box[2] - box[0], box[3] - box[1]].map((length) => length * scale) as [number, number, number, number];
    const fit = Math.min(CROP / width, CROP / height);
    const [w, v] = [width * fit, height * fit];
    canvas.getContext("2d")!.drawImage(picture, x, y, width, height, (CROP - w) / 2, (CROP - v) / 2, w, v);
    return canvas;
  }

  private get chosen(): Item[] {
    return this.boxes.filter(([, box]) => box.checked).map(([item]) => item);
  }

  private draw(): void {
    const count = this.chosen.length;
    for (const button of this.element.querySelectorAll<HTMLButtonElement>("[data-least]")) {
      button.disabled = count < Number(button.dataset["least"]);
    }
  }

  private choose(text: string, all: boolean): HTMLButtonElement {
    const press = () => {
      for (const [, box] of this.boxes) box.checked = all;
      this.draw();
    };
    return h("button", { type: "button", className: "text", on: { click: press } }, text);
  }

  private button(text: string, kind: Exclude<BulkKind, "label">, least: number): HTMLButtonElement {
    return h("button", { type: "button", data: { least: String(least) }, on: { click: () => void this.run(kind) } }, text);
  }

  private async run(kind: Exclude<BulkKind, "label">): Promise<void> {
    const { app } = this;
    try {
      const target = kind === "copy" ? await app.neighbour() : null;
      if (kind === "copy" && !target) {
        this.said.textContent = texts.noNext;
        return;
      }
      const changed = await bulk(app, { kind, objects: this.chosen.map(({ saved }) => saved.id), photo: target?.id ?? null });
      this.element.close();
      if (target) await app.readProject();
      if (target) app.say(texts.copied(changed.length, target.path));
    } catch (error) {
      this.said.textContent = (error as Error).message;
    }
  }
}

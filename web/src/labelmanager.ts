import type { App } from "./app";
import { AttributeList } from "./attributes";
import { ask, dialog } from "./dialog";
import { h, iconButton, tried } from "./dom";
import { strings } from "./strings";

const texts = strings.labelManager;

/** The order of the labels, their colours; merging one into another, and deleting it. */
export class LabelManager {
  private readonly list = h("ul", { className: "managed" });
  private readonly said = h("p", { role: "status" });
  private readonly attributes: AttributeList;
  readonly element: HTMLDialogElement;

  constructor(private readonly app: App) {
    this.attributes = new AttributeList(app);
    this.element = dialog(texts.title, h("p", { className: "quiet" }, texts.intro), this.list, this.said, this.attributes.element);
  }

  open(): void {
    this.said.textContent = "";
    this.draw();
    this.attributes.draw();
    this.element.showModal();
  }

  private draw(): void {
    this.list.replaceChildren(...this.app.labels.names.map((label, place, all) => this.row(label, place, all)));
  }

  private row(label: string, place: number, all: string[]): HTMLLIElement {
    const { labels } = this.app;
    const colour = h("input", {
      type: "color", value: labels.colour(label), aria: { label: texts.colourOf(label) },
      on: { change: () => void this.run(() => labels.change((desk) => desk.setColour(label, colour.value))) },
    });
    const into = h(
      "select", { aria: { label: texts.mergeOf(label) }, disabled: all.length < 2, on: { change: () => void this.merge(label, into.value) } },
      h("option", { value: "" }, texts.merge),
      ...all.filter((other) => other !== label).map((other) => h("option", { value: other }, other)),
    );
    const up = iconButton("up", texts.up(label), () => this.move(place, place - 1));
    const down = iconButton("down", texts.down(label), () => this.move(place, place + 1));
    up.disabled = place === 0;
    down.disabled = place === all.length - 1;
    const remove = iconButton("remove", texts.remove(label), () => void this.run(() => labels.change((desk) => desk.deleteLabel(label))));
    return h("li", {}, colour, h("span", { className: "name" }, label), up, down, into, remove);
  }

  private move(from: number, to: number): void {
    const names = [...this.app.labels.names];
    names.splice(to, 0, ...names.splice(from, 1));
    void this.run(() => this.app.labels.order(names)).then(() => {
      // The focus goes along with the label.
      const buttons = this.list.children[to]?.querySelectorAll("button");
      [...(buttons ?? [])].find((button, place) => place === (to < from ? 0 : 1) && !button.disabled)?.focus();
    });
  }

  private async merge(label: string, into: string): Promise<void> {
    if (!into) return;
    const sure = await ask(texts.title, texts.mergeSure(label, into), texts.merging, strings.cancel);
    if (!sure) this.draw();
    else if (await this.run(() => this.app.labels.change((desk) => desk.mergeLabel(label, into)))) {
      // All objects of the label have new versions.
      if (this.app.settings.label === label) this.app.set("label", into);
      if (this.app.photo) await this.app.openPhoto(this.app.photo.id);
    }
  }

  private async run(task: () => Promise<void>): Promise<boolean> {
    const worked = await tried(this.said, task);
    this.draw();
    this.app.changed();
    return worked;
  }
}

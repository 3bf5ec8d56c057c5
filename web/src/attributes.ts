import type { App } from "./app";
import { h, iconButton, tried } from "./dom";
import { strings } from "./strings";
import type { Attribute } from "./types";

const texts = strings.facts;

/** What the objects of this project are asked: a yes or no, or one of several choices. */
export class AttributeList {
  private readonly list = h("ul", { className: "managed" });
  private readonly name = h("input", { type: "text", maxLength: 100, placeholder: texts.name, aria: { label: texts.name } });
  private readonly choices = h("input", {
    type: "text", maxLength: 2000, placeholder: texts.choices, aria: { label: texts.choices },
  });
  private readonly said = h("p", { role: "status" });
  readonly element = h(
    "section", {},
    h("h3", {}, texts.asked), h("p", { className: "quiet" }, texts.intro), this.list,
    h(
      "form", { className: "inline", on: { submit: (event) => this.submit(event) } },
      this.name, this.choices, h("button", { type: "submit" }, strings.addLabel),
    ),
    this.said,
  );

  constructor(private readonly app: App) {}

  draw(): void {
    this.list.replaceChildren(...this.app.project.attributes.map(({ name, choices }, place, all) =>
      h(
        "li", {},
        h("span", { className: "name" }, choices.length ? `${name}: ${choices.join(", ")}` : name),
        iconButton("remove", texts.remove(name), () => void this.set(all.filter((_, index) => index !== place))),
      ),
    ));
  }

  /** One of a name that is there takes its place. */
  private submit(event: SubmitEvent): void {
    event.preventDefault();
    const name = this.name.value.trim();
    if (!name) return;
    const choices = [...new Set(this.choices.value.split(",").map((choice) => choice.trim()).filter(Boolean))];
    const known = this.app.project.attributes;
    const one = { name, choices };
    const all = known.some((other) => other.name === name) ? known.map((other) => (other.name === name ? one : other)) : [...known, one];
    void this.set(all).then((kept) => {
      if (!kept) return;
      this.name.value = this.choices.value = "";
      this.name.focus();
    });
  }

  private async set(attributes: Attribute[]): Promise<boolean> {
    const { app } = this;
    const kept = await tried(this.said, async () => {
      app.project.attributes = await app.saver.run(() => app.backend.desk!.setAttributes(attributes));
    });
    this.draw();
    app.changed();
    return kept;
  }
}

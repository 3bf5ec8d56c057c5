import type { App } from "./app";
import { bulk } from "./bulk";
import { h, iconButton } from "./dom";
import { strings } from "./strings";

const KEYED = 9; // labels that have a digit for a key

/** The labels of the project, in a dock of their own. The field finds one by typing, or makes a new one. */
export class LabelList {
  private readonly list = h("ul", { className: "labels" });
  private readonly field = h("input", {
    type: "text", placeholder: strings.newLabel, maxLength: 100, aria: { label: strings.newLabel },
    on: { input: () => this.draw() },
  });
  private readonly managed = h("button", { type: "button", className: "text" }, strings.labelManager.manage);
  readonly element = h(
    "section", { className: "panel dock", aria: { label: strings.labels } },
    h("h2", {}, strings.labels, this.managed),
    h(
      "form", { className: "inline", on: { submit: (event) => this.submit(event) } },
      this.field, h("button", { type: "submit" }, strings.addLabel),
    ),
    this.list,
  );
  private drawn = "";

  constructor(private readonly app: App, manage: () => void) {
    this.managed.hidden = !app.backend.desk;
    this.managed.addEventListener("click", manage);
    app.onChange(() => this.draw());
    this.field.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.leave();
    });
  }

  /** Type to find: Enter takes the first that fits, or makes a new label. */
  find(): void {
    this.field.focus();
    this.field.select();
  }

  private get typed(): string {
    return this.field.value.trim();
  }

  private get found(): string[] {
    const typed = this.typed.toLowerCase();
    const { names } = this.app.labels;
    const fitting = names.filter((name) => name.toLowerCase().includes(typed));
    // Those that begin with it come first.
    return typed ? fitting.sort((a, b) => Number(b.toLowerCase().startsWith(typed)) - Number(a.toLowerCase().startsWith(typed))) : names;
  }

  private submit(event: SubmitEvent): void {
    event.preventDefault();
    const { app, typed } = this;
    // The button makes what was typed; Enter alone takes a label that is there.
    const first = event.submitter === document.activeElement ? undefined : this.found[0];
    if (typed && first) app.editor.setLabel(first);
    else void app.addLabel(typed);
    this.leave();
  }

  private leave(): void {
    this.field.value = "";
    this.draw();
    document.getElementById("stage")?.focus();
  }

  private draw(): void {
    const { app, found } = this;
    const state = JSON.stringify([found, app.labels.names, app.editor.label, app.editor.items.length > 1, found.map((label) => app.labels.colour(label))]);
    if (state === this.drawn) return;
    this.drawn = state;
    this.list.replaceChildren(...found.map((label) => this.row(label)));
    this.list.querySelector("[aria-pressed=true]")?.scrollIntoView({ block: "nearest" });
  }

  private row(label: string): HTMLLIElement {
    const { app } = this;
    const place = app.labels.names.indexOf(label);
    const swatch = h("span", { className: "swatch" });
    swatch.style.background = app.labels.colour(label);
    const use = h(
      "button",
      {
        type: "button", className: "use", title: strings.useLabel(label),
        aria: { pressed: String(label === app.editor.label) },
        on: { click: () => app.editor.setLabel(label) },
      },
      swatch, h("span", { className: "name" }, label),
      place < KEYED ? h("kbd", { ariaHidden: "true" }, String(place + 1)) : null,
    );
    const all = h(
      "button",
      {
        type: "button", className: "text", title: strings.relabelAll(label), hidden: app.editor.items.length < 2,
        on: { click: () => void this.all(label) },
      },
      strings.relabelAllShort,
    );
    const rename = iconButton("rename", strings.renameLabel(label), () => this.rename(label, row));
    const row = h("li", {}, use, all, rename);
    return row;
  }

  /** All objects of the photo get a label, in one step where the backend can. */
  private async all(label: string): Promise<void> {
    const { editor, backend } = this.app;
    const { items } = editor;
    if (!backend.desk) for (const item of items) editor.setLabel(label, item);
    else await bulk(this.app, { kind: "label", objects: items.map(({ saved }) => saved.id), label }).catch((error: Error) => this.app.say(error.message));
  }

  /** A field in place of the label's row: Enter renames, Escape and leaving the field do not. */
  private rename(label: string, row: HTMLLIElement): void {
    const field = h("input", { type: "text", value: label, maxLength: 100, aria: { label: strings.newNameOf(label) } });
    let ended = false;
    const end = () => {
      if (ended) return; // a field that goes while it has the focus says that it lost it
      ended = true;
      this.drawn = "";
      this.draw();
    };
    const submit = async (event: SubmitEvent) => {
      event.preventDefault();
      const name = field.value.trim();
      if (name && !(await this.app.renameLabel(label, name))) return;
      end();
      document.getElementById("stage")?.focus();
    };
    row.replaceChildren(h("form", { className: "inline", on: { submit: (event) => void submit(event) } }, field));
    field.addEventListener("keydown", (event) => {
      if (event.key === "Escape") end();
    });
    field.addEventListener("blur", end);
    field.focus();
    field.select();
  }
}

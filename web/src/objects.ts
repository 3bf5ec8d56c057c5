import type { App, Item } from "./app";
import { h, icon, iconButton } from "./dom";
import { strings } from "./strings";

/** Labels, and the list of this photo's objects. Rows are kept, so that the keyboard's focus stays. */
export class ObjectList {
  private readonly labels = h("ul", { className: "labels" });
  private readonly newLabel = h("input", { type: "text", placeholder: strings.newLabel, maxLength: 100, aria: { label: strings.newLabel } });
  private readonly objects = h("ul", { className: "objects" });
  private readonly none = h("p", { className: "quiet" }, strings.noObjects);
  private readonly boxes = h("button", { type: "button", hidden: true, on: { click: () => void this.app.masksForBoxes() } });
  readonly element = h(
    "div", {},
    h(
      "section", { className: "panel", aria: { label: strings.labels } },
      h("h2", {}, strings.labels), this.labels,
      h(
        "form", { className: "inline", on: { submit: (event) => this.add(event) } },
        this.newLabel, h("button", { type: "submit" }, strings.addLabel),
      ),
    ),
    h("section", { className: "panel", aria: { label: strings.objects } }, h("h2", {}, strings.objects), this.none, this.objects, this.boxes),
  );
  private rows = new Map<Item, { element: HTMLLIElement; update: (name: string) => void }>();
  private drawnLabels = "";

  constructor(private readonly app: App) {
    app.onChange(() => this.draw());
  }

  private add(event: SubmitEvent): void {
    event.preventDefault();
    void this.app.addLabel(this.newLabel.value);
    this.newLabel.value = "";
    document.getElementById("stage")?.focus();
  }

  private draw(): void {
    this.drawLabels();
    const { app } = this;
    this.none.hidden = app.items.length > 0;
    for (const [item, row] of this.rows) {
      if (!app.items.includes(item)) {
        row.element.remove();
        this.rows.delete(item);
      }
    }
    const places = new Map<string, number>();
    app.items.forEach((item, index) => {
      const place = (places.get(item.label) ?? 0) + 1;
      places.set(item.label, place);
      let row = this.rows.get(item);
      if (!row) this.rows.set(item, (row = this.row(item)));
      if (this.objects.children[index] !== row.element) {
        this.objects.insertBefore(row.element, this.objects.children[index] ?? null);
      }
      row.update(strings.objectName(item.label, place));
    });
    const boxes = app.boxesWithoutMask;
    this.boxes.hidden = boxes === 0;
    this.boxes.disabled = app.busy !== "";
    this.boxes.textContent = app.busy || strings.masksForBoxes(boxes);
  }

  private row(item: Item): { element: HTMLLIElement; update: (name: string) => void } {
    const { app } = this;
    const swatch = h("span", { className: "swatch" });
    const title = h("span", { className: "name" });
    const status = h("span", { className: "status" });
    const open = h(
      "button", { type: "button", className: "open", on: { click: () => app.openObject(item) } },
      swatch, h("span", { className: "texts" }, title, status),
    );
    const label = h("select", {
      on: { change: () => app.setLabel(label.value, item) },
    });
    const see = iconButton("eye", "", () => {
      item.hidden = !item.hidden;
      app.changed();
    });
    const remove = iconButton("remove", "", () => app.remove(item));
    const relabel = h("span", { className: "icon relabel" }, icon("label"), label);
    const element = h("li", {}, open, relabel, see, remove);
    let labels = "";
    const update = (name: string) => {
      const { saved } = item;
      element.classList.toggle("active", item === app.active);
      swatch.style.background = app.colour(item.label);
      title.textContent = name;
      const state = item.state === "accepted" ? strings.accepted : saved.computed ? strings.draft : strings.boxOnly;
      const sure = saved.confidence === null ? "" : ` · ${strings.confidenceShort(saved.confidence)}`;
      status.textContent = state + sure;
      open.setAttribute("aria-label", `${strings.openObject(name)}, ${status.textContent}`);
      open.setAttribute("aria-pressed", String(item === app.active));
      if (labels !== app.labels.join("\n")) {
        labels = app.labels.join("\n");
        label.replaceChildren(...app.labels.map((text) => h("option", { value: text }, text)));
      }
      label.value = item.label;
      label.setAttribute("aria-label", strings.labelOf(name));
      const seeName = item.hidden ? strings.showObject(name) : strings.hideObject(name);
      if (see.title !== seeName) {
        see.title = seeName;
        see.setAttribute("aria-label", seeName);
        see.replaceChildren(icon(item.hidden ? "hidden" : "eye"));
      }
      remove.title = strings.deleteObject(name);
      remove.setAttribute("aria-label", remove.title);
    };
    return { element, update };
  }

  private drawLabels(): void {
    const { app } = this;
    const state = JSON.stringify([app.labels, app.label, app.items.length > 1]);
    if (state === this.drawnLabels) return;
    this.drawnLabels = state;
    this.labels.replaceChildren(
      ...app.labels.map((label, index) => {
        const swatch = h("span", { className: "swatch" });
        swatch.style.background = app.colour(label);
        const use = h(
          "button",
          {
            type: "button", className: "use",
            aria: { pressed: String(label === app.label), label: strings.useLabel(label) },
            on: { click: () => app.setLabel(label) },
          },
          swatch, h("span", { className: "name" }, label), index < 9 ? h("kbd", {}, String(index + 1)) : null,
        );
        const all = h(
          "button",
          {
            type: "button", className: "text", title: strings.relabelAll(label), hidden: app.items.length < 2,
            aria: { label: strings.relabelAll(label) }, on: { click: () => app.relabelAll(label) },
          },
          strings.relabelAllShort,
        );
        const rename = iconButton("rename", strings.renameLabel(label), () => this.rename(label, row));
        const row = h("li", {}, use, all, rename);
        return row;
      }),
    );
  }

  /** A field in place of the label's row: Enter renames, Escape and leaving the field do not. */
  private rename(label: string, row: HTMLLIElement): void {
    const field = h("input", { type: "text", value: label, maxLength: 100, aria: { label: strings.newNameOf(label) } });
    let ended = false;
    const end = () => {
      if (ended) return; // a field that goes while it has the focus says that it lost it
      ended = true;
      this.drawnLabels = "";
      this.drawLabels();
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

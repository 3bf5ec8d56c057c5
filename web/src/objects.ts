import type { App } from "./app";
import { BoxMasks } from "./boxmasks";
import { h, icon, iconButton, setText } from "./dom";
import type { Item } from "./items";
import { RowWindow } from "./rowwindow";
import { strings } from "./strings";

const ROW = 46; // CSS pixels; as in style.css

interface Row {
  element: HTMLLIElement;
  update: (name: string) => void;
}

type Order = keyof typeof strings.orders;
type Which = keyof typeof strings.which;

/** The objects of this photo, in a dock of their own. Rows are kept, so that the keyboard's focus stays. */
export class ObjectList {
  private readonly objects = new RowWindow<Item>("objects", ROW, (item) => this.made(item), (item) => this.updated(item));
  private readonly none = h("p", { className: "quiet" }, strings.noObjects);
  private readonly order = choice<Order>(strings.order, strings.orders, () => this.draw());
  private readonly which = choice<Which>(strings.whichObjects, strings.which, () => this.draw());
  private readonly count = h("span", { className: "quiet" });
  private readonly options = h("div", { className: "inline options" }, this.order, this.which);
  private readonly boxes = h("div", {});
  private readonly several = h("button", { type: "button", className: "text", hidden: true }, strings.many.title);
  readonly element = h(
    "section", { className: "panel dock grow", aria: { label: strings.objects } },
    h("h2", {}, strings.objects, this.count), this.options, this.none, this.objects.element, this.boxes,
    h("div", { className: "inline ends" }, this.several, h("button", { type: "button", className: "text", on: { click: () => this.deleted() } }, strings.deletedObjects)),
  );
  private readonly rows = new WeakMap<Item, Row>();
  private names = new Map<Item, string>();
  private followed: Item | null = null;

  constructor(private readonly app: App, private readonly deleted: () => void, many: () => void) {
    this.several.addEventListener("click", many);
    this.boxes.append(new BoxMasks(app).element);
    app.onChange(() => this.draw());
  }

  private draw(): void {
    const { items, active } = this.app.editor;
    this.names = namesOf(items);
    const listed = this.listed(items);
    this.none.hidden = items.length > 0;
    this.options.hidden = items.length < 2;
    this.several.hidden = items.length === 0 || !this.app.backend.desk;
    const accepted = items.filter((item) => item.state === "accepted").length;
    setText(this.count, items.length ? strings.acceptedOf(accepted, items.length) : "");
    this.objects.show(listed);
    if (active !== this.followed) {
      this.followed = active;
      if (active) this.objects.reveal(active);
    }
  }

  private made(item: Item): HTMLLIElement {
    const row = this.rows.get(item) ?? this.row(item);
    this.rows.set(item, row);
    return row.element;
  }

  private updated(item: Item): void {
    this.rows.get(item)!.update(this.names.get(item)!);
  }

  /** Those that are to be seen, in their order; the open one always. */
  private listed(items: Item[]): Item[] {
    const which = this.which.value as Which;
    const shown = items.filter((item) => which === "all" || item.state === which || item === this.app.editor.active);
    if ((this.order.value as Order) === "drawn") return shown;
    return shown.sort((a, b) => (a.saved.confidence ?? 1) - (b.saved.confidence ?? 1));
  }

  private row(item: Item): Row {
    const { app } = this;
    const swatch = h("span", { className: "swatch" });
    const title = h("span", { className: "name" });
    const status = h("span", { className: "status" });
    const open = h(
      "button", { type: "button", className: "open", on: { click: () => app.editor.openObject(item) } },
      swatch, h("span", { className: "texts" }, title, status),
    );
    const label = h("select", {
      on: {
        change: () => app.editor.setLabel(label.value, item),
        pointerdown: () => fill(label, app.labels.names),
        focus: () => fill(label, app.labels.names),
      },
    });
    const see = iconButton("eye", "", () => {
      item.hidden = !item.hidden;
      app.changed();
    });
    const remove = iconButton("remove", "", () => app.editor.remove(item));
    const element = h("li", {}, open, h("span", { className: "icon relabel" }, icon("label"), label), see, remove);
    let drawn = "";
    const update = (name: string) => {
      const active = item === app.editor.active;
      const colour = app.labels.colour(item.label);
      const text = statusOf(item);
      const state = [name, active, colour, text, item.hidden].join("\n");
      if (state === drawn) return;
      drawn = state;
      element.classList.toggle("active", active);
      swatch.style.background = colour;
      title.textContent = name;
      status.textContent = text;
      open.title = strings.openObject(name);
      open.setAttribute("aria-pressed", String(active));
      if (label.value !== item.label) {
        fill(label, [item.label]);
        label.value = item.label;
      }
      label.setAttribute("aria-label", strings.labelOf(name));
      rename(see, item.hidden ? strings.showObject(name) : strings.hideObject(name));
      see.replaceChildren(icon(item.hidden ? "hidden" : "eye"));
      rename(remove, strings.deleteObject(name));
    };
    return { element, update };
  }
}

/** "ball 1", "ball 2": by label and place. */
function namesOf(items: Item[]): Map<Item, string> {
  const places = new Map<string, number>();
  return new Map(items.map((item) => {
    const place = (places.get(item.label) ?? 0) + 1;
    places.set(item.label, place);
    return [item, strings.objectName(item.label, place)];
  }));
}

function statusOf({ state, saved, facts }: Item): string {
  const made = state === "accepted" ? strings.accepted : saved.computed ? strings.draft : strings.boxOnly;
  const sure = saved.confidence === null ? [] : [strings.confidenceShort(saved.confidence)];
  return [made, ...sure, ...(facts.group === null ? [] : [strings.facts.ofGroup(facts.group)])].join(" · ");
}

function rename(button: HTMLElement, name: string): void {
  button.title = name;
  button.setAttribute("aria-label", name);
}

/** All labels, once someone wants to choose: with many objects most lists are never opened. */
function fill(select: HTMLSelectElement, labels: readonly string[]): void {
  const value = select.value || labels[0]!;
  select.replaceChildren(...labels.map((text) => h("option", { value: text }, text)));
  select.value = value;
}

function choice<T extends string>(name: string, texts: Record<T, string>, changed: () => void): HTMLSelectElement {
  const options = Object.entries<string>(texts).map(([value, text]) => h("option", { value }, text));
  return h("select", { aria: { label: name }, on: { change: changed } }, ...options);
}

import type { App } from "./app";
import { dialog } from "./dialog";
import { h } from "./dom";
import { ACTIONS, nameOf, type Action } from "./keys";
import { strings } from "./strings";

/** How to use the page, and the keys, which can be changed. */
export class HelpDialog {
  private readonly table = h("tbody", {});
  private readonly note = h("p", { className: "quiet", role: "status" });
  private waiting: Action | null = null;
  private offered = "";
  readonly element = dialog(
    strings.help,
    h("p", {}, strings.helpIntro),
    h("h3", {}, strings.helpKeys),
    h("table", {}, this.table),
    this.note,
    h("div", { className: "buttons" }, h("button", {
      type: "button", on: { click: () => { this.app.keys.reset(); this.note.textContent = ""; this.draw(); } },
    }, strings.resetKeys)),
  );

  constructor(private readonly app: App) {
    this.element.addEventListener("keydown", (event) => this.pressed(event));
    this.element.addEventListener("close", () => { this.waiting = null; });
  }

  open(): void {
    this.draw();
    this.element.showModal();
  }

  private pressed(event: KeyboardEvent): void {
    if (!this.waiting || ["Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
    event.preventDefault();
    const name = nameOf(event);
    if (name === "Escape") this.wait(null);
    else this.give(this.waiting, name);
  }

  /** A key that does something else already is only taken when it is pressed again. */
  private give(action: Action, name: string): void {
    const owner = this.app.keys.taken(action, name);
    if (owner && this.offered !== name) {
      this.offered = name;
      this.note.textContent = strings.keyTaken(name, strings.actions[owner]);
      return;
    }
    this.app.keys.bind(action, name);
    this.wait(null, action);
    this.app.changed();
  }

  /** The next key is an action's new one; null: it is not. */
  private wait(action: Action | null, focus = action ?? this.waiting): void {
    this.waiting = action;
    this.offered = "";
    this.note.textContent = "";
    this.draw();
    this.table.querySelector<HTMLElement>(`[data-action="${focus}"]`)?.focus();
  }

  private draw(): void {
    const rows = ACTIONS.map((action) => {
      const name = strings.actions[action];
      const change = h(
        "button",
        {
          type: "button", className: "text", ariaLabel: strings.changeKeyOf(name), data: { action },
          on: { click: () => this.wait(action) },
        },
        this.waiting === action ? strings.pressKey : strings.changeKey,
      );
      const keys = this.app.keys.of(action).map((key) => h("kbd", {}, key));
      return h("tr", {}, h("td", {}, name), h("td", {}, ...keys), h("td", {}, change));
    });
    const labels = h("tr", {}, h("td", {}, strings.labelKeys), h("td", {}, h("kbd", {}, "1"), " – ", h("kbd", {}, "9")), h("td", {}));
    this.table.replaceChildren(...rows, labels);
  }
}

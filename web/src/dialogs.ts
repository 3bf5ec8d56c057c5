import type { App } from "./app";
import { h, iconButton, save } from "./dom";
import { ACTIONS, nameOf, type Action } from "./keys";
import { strings } from "./strings";
import type { FormatName } from "./types";

function dialog(title: string, ...children: HTMLElement[]): HTMLDialogElement {
  const element = h(
    "dialog", { aria: { label: title } },
    h("header", {}, h("h2", {}, title), iconButton("close", strings.close, () => element.close())),
    ...children,
  );
  element.addEventListener("click", (event) => {
    if (event.target === element) element.close(); // on the backdrop
  });
  // The keys are the photo's again: Space accepts, and does not press the button that opened this.
  element.addEventListener("close", () => document.getElementById("stage")?.focus());
  return element;
}

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

/** Files out and in, and what the work has cost. */
export class ExchangeDialog {
  private readonly format = h("select", { on: { change: () => void this.draw() } });
  private readonly tolerance = h("input", { type: "number", min: "0", max: "50", step: "0.5", on: { input: () => void this.draw() } });
  private readonly drafts = h("input", { type: "checkbox", on: { change: () => void this.draw() } });
  private readonly notes = h("ul", { className: "notes" });
  private readonly download = h("button", { type: "button", className: "primary", on: { click: () => void this.export() } }, strings.exportButton);
  private readonly file = h("input", { type: "file", accept: ".json,.zip,.csv,.parquet" });
  private readonly report = h("p", { role: "status" });
  private readonly effort = h("p", {});
  private readonly visit = h("p", {});
  readonly element = dialog(
    strings.exportImport,
    h("h3", {}, strings.exportTitle),
    h("label", { className: "field" }, h("span", {}, strings.exportFormat), this.format),
    h("label", { className: "field" }, h("span", {}, strings.exportTolerance), this.tolerance),
    h("label", { className: "switch" }, this.drafts, h("span", {}, strings.exportDrafts)),
    this.notes,
    h("div", { className: "buttons" }, this.download),
    h("h3", {}, strings.importTitle),
    h("label", { className: "field" }, h("span", {}, strings.importFile), this.file),
    h("p", { className: "quiet" }, strings.importNote),
    h("div", { className: "buttons" }, h("button", { type: "button", on: { click: () => void this.import() } }, strings.importButton)),
    this.report,
    h("h3", {}, strings.effort),
    this.visit,
    this.effort,
    h("p", { className: "quiet" }, strings.effortNote),
  );

  constructor(private readonly app: App, private readonly imported: () => Promise<void>) {
  }

  async open(): Promise<void> {
    const { formats } = this.app.project;
    const chosen = this.format.value;
    this.format.replaceChildren(...Object.entries(formats).map(([name, title]) => h("option", { value: name }, title)));
    if (chosen) this.format.value = chosen;
    this.tolerance.value ||= "0";
    this.report.textContent = "";
    this.element.showModal();
    await this.draw();
    const found = await this.app.backend.statistics();
    const { effort } = this.app;
    this.visit.textContent = effort?.objects ? `${strings.effortVisit} ${strings.effortValue(effort)}` : "";
    this.effort.textContent = `${strings.effortProject} ${strings.effortValue(found)}`;
  }

  private async draw(): Promise<void> {
    const notes = await this.app.backend.notes(this.format.value as FormatName).catch((error: Error) => [error.message]);
    this.notes.replaceChildren(...notes.map((note) => h("li", {}, note)));
  }

  private async export(): Promise<void> {
    const tolerance = Math.min(50, Math.max(0, Number(this.tolerance.value) || 0));
    this.download.disabled = true;
    try {
      const format = this.format.value as FormatName;
      const { name, content } = await this.app.backend.export({ format, tolerance, drafts: this.drafts.checked });
      save(name, content);
    } catch (error) {
      this.notes.replaceChildren(h("li", {}, (error as Error).message));
    } finally {
      this.download.disabled = false;
    }
  }

  private async import(): Promise<void> {
    const file = this.file.files?.[0];
    if (!file) return;
    this.report.textContent = strings.working;
    try {
      const { count, notes } = await this.app.backend.importFile(file);
      this.report.textContent = [strings.imported(count), ...notes.slice(0, 5)].join(" ");
      await this.imported();
    } catch (error) {
      this.report.textContent = (error as Error).message;
    }
  }
}

import type { App } from "./app";
import type { Duplicates, ExportQuery } from "./backend";
import { dialog } from "./dialog";
import { h, save } from "./dom";
import { ExportChoice } from "./exportchoice";
import { strings } from "./strings";
import type { FormatName } from "./types";

/** Files out and in, and what the work has cost. */
export class ExchangeDialog {
  private readonly format = h("select", { on: { change: () => void this.draw() } });
  private readonly tolerance = h("input", { type: "number", min: "0", max: "50", step: "0.5", on: { input: () => void this.draw() } });
  private readonly choice: ExportChoice;
  private readonly choices = h("div", {});
  private readonly notes = h("ul", { className: "notes" });
  private readonly download = h("button", { type: "button", className: "primary", on: { click: () => void this.export() } }, strings.exportButton);
  private readonly into = h("button", { type: "button", on: { click: () => void this.exportTo() } }, strings.intake.saveInto);
  private readonly file = h("input", { type: "file", accept: ".json,.zip,.xml,.csv,.parquet" });
  private readonly importNote = h("p", { className: "quiet" });
  private readonly duplicates = h(
    "select", { on: { change: () => this.app.set("duplicates", this.duplicates.value as Duplicates) } },
    ...Object.entries(strings.duplicates).map(([value, text]) => h("option", { value }, text)),
  );
  private readonly report = h("div", { role: "status" });
  private asked = 0;
  private readonly effort = h("p", {});
  private readonly visit = h("p", {});
  readonly element = dialog(
    strings.exportImport,
    h("h3", {}, strings.exportTitle),
    h("label", { className: "field" }, h("span", {}, strings.exportFormat), this.format),
    h("label", { className: "field" }, h("span", {}, strings.exportTolerance), this.tolerance),
    this.choices,
    this.notes,
    h("div", { className: "buttons" }, this.download, this.into),
    h("h3", {}, strings.importTitle),
    h("label", { className: "field" }, h("span", {}, strings.importFile), this.file),
    h("label", { className: "field" }, h("span", {}, strings.duplicatesTitle), this.duplicates),
    this.importNote,
    h("div", { className: "buttons" }, h("button", { type: "button", on: { click: () => void this.import() } }, strings.importButton)),
    this.report,
    h("h3", {}, strings.effort),
    this.visit,
    this.effort,
    h("p", { className: "quiet" }, strings.effortNote),
  );

  constructor(private readonly app: App, private readonly imported: () => Promise<void>) {
    this.choice = new ExportChoice(app, () => void this.draw());
    this.choices.append(this.choice.element);
    this.importNote.textContent = app.backend.intake ? strings.intake.importNote : strings.importNote;
    this.into.hidden = !app.backend.exportTo;
  }

  async open(): Promise<void> {
    const { formats } = this.app.project;
    const chosen = this.format.value;
    this.format.replaceChildren(...Object.entries(formats).map(([name, title]) => h("option", { value: name }, title)));
    if (chosen) this.format.value = chosen;
    this.tolerance.value ||= "0";
    this.duplicates.value = this.app.settings.duplicates;
    this.report.replaceChildren();
    this.choice.draw();
    this.element.showModal();
    await this.draw();
    const found = await this.app.backend.statistics();
    const { effort } = this.app;
    this.visit.textContent = effort?.objects ? `${strings.effortVisit} ${strings.effortValue(effort)}` : "";
    this.effort.textContent = `${strings.effortProject} ${strings.effortValue(found)}`;
  }

  private async draw(): Promise<void> {
    const asked = ++this.asked;
    const notes = await this.app.backend.notes(this.query).catch((error: Error) => [error.message]);
    if (asked !== this.asked) return;
    this.notes.replaceChildren(...notes.map((note) => h("li", {}, note)));
  }

  private get query(): ExportQuery {
    const tolerance = Math.min(50, Math.max(0, Number(this.tolerance.value) || 0));
    return { format: this.format.value as FormatName, tolerance, ...this.choice.value };
  }

  private export(): Promise<void> {
    return this.written(async () => {
      const { name, content, notes } = await this.app.backend.export(this.query);
      save(name, content);
      return { said: strings.exported(name), notes };
    });
  }

  private exportTo(): Promise<void> {
    return this.written(async () => {
      const made = await this.app.backend.exportTo!(this.query);
      return made && { said: strings.intake.savedInto(made.name), notes: made.notes };
    });
  }

  private async written(write: () => Promise<{ said: string; notes: string[] } | null>): Promise<void> {
    this.download.disabled = this.into.disabled = true;
    try {
      const made = await write();
      if (!made) return;
      this.asked += 1;
      this.notes.replaceChildren(h("li", { className: "good" }, made.said), ...made.notes.map((note) => h("li", {}, note)));
    } catch (error) {
      this.notes.replaceChildren(h("li", {}, (error as Error).message));
    } finally {
      this.download.disabled = this.into.disabled = false;
    }
  }

  private async import(): Promise<void> {
    const file = this.file.files?.[0];
    if (!file) return;
    this.report.textContent = strings.working;
    try {
      const { count, notes } = await this.app.backend.importFile(file, this.duplicates.value as Duplicates);
      this.report.replaceChildren(
        h("p", {}, strings.imported(count)), h("ul", { className: "notes" }, ...notes.map((note) => h("li", {}, note))),
      );
      await this.imported();
    } catch (error) {
      this.report.textContent = (error as Error).message;
    }
  }
}

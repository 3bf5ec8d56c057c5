import type { App } from "./app";
import { h, setText } from "./dom";
import { strings } from "./strings";
import type { Mode } from "./tool";

const STEPS: Mode[] = ["first", "second", "centre", "correct"];

/** At the first visit: what to do now, as far as the person has come. It ends with the first accepted object. */
export class Tour {
  private readonly text = h("p", { role: "status" });
  private readonly skip = h("button", { type: "button", on: { click: () => this.end() } }, strings.tour.skip);
  readonly element = h("section", { className: "tour", aria: { label: strings.tour.name } }, this.text, this.skip);
  private begun = false;

  constructor(private readonly app: App) {
    app.onChange(() => this.draw());
  }

  private end(): void {
    this.app.set("toured", true);
  }

  private draw(): void {
    const { editor, settings } = this.app;
    this.element.hidden = settings.toured || !this.app.picture;
    if (this.element.hidden) return;
    const step = STEPS.indexOf(editor.mode);
    if (step > 0) this.begun = true;
    else if (this.begun && editor.items.some((item) => item.state === "accepted")) {
      this.end();
      return;
    }
    const text = strings.tour.steps[step] ?? "";
    setText(this.text, text);
  }
}

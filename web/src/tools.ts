import type { App } from "./app";
import { h, icon, setText, type Icon } from "./dom";
import { VIEW_STANDARD } from "./settings";
import { strings } from "./strings";
import { MASK_TOOLS, type Tool } from "./tool";

type ToolAction = "clickTool" | "brush" | "polygon" | "magnetic" | "eraser" | "points";

const TOOLS: [Tool, Icon, ToolAction | null][] = [
  ["click", "plus", "clickTool"], ["remove", "minus", null], ["brush", "brush", "brush"], ["eraser", "eraser", "eraser"],
  ["polygon", "polygon", "polygon"], ["magnetic", "magnet", "magnetic"],
  ["points", "points", "points"],
];

/** The tools of the open object, and how the photo is shown. */
export class ToolPanel {
  private readonly updates: (() => void)[] = [];
  readonly tools: HTMLElement;
  readonly view: HTMLElement;

  constructor(private readonly app: App) {
    const accept = h(
      "button", { type: "button", className: "primary", on: { click: () => app.editor.accept() } },
      icon("check"), strings.accept,
    );
    const cancel = h("button", { type: "button", on: { click: () => app.editor.cancel() } });
    this.updates.push(() => {
      accept.disabled = !app.editor.active;
      cancel.disabled = !app.editor.active && !app.editor.corner;
      setText(cancel, app.editor.active?.saved.computed ? strings.closeObject : strings.cancel);
    });
    const tools = h("div", { className: "tools", role: "group", ariaLabel: strings.tools }, ...TOOLS.map((tool) => this.tool(...tool)));
    const size = this.slider("brush", strings.brushSize, 1, 200, 1, (value) => `${value} px`);
    // One of the two is always there, so that no button moves when the tool changes.
    this.updates.push(() => {
      size.hidden = app.editor.tool === "points";
      size.classList.toggle("idle", app.editor.tool !== "brush" && app.editor.tool !== "eraser");
    });
    const tidy = h(
      "div", { className: "switches" },
      this.workSwitch("largest", strings.largest), this.workSwitch("fill", strings.fill), this.workSwitch("spare", strings.spare),
    );
    const detail = this.slider("tolerance", strings.detail, 0, 10, 0.5, (value) =>
      strings.detailValue(value, app.editor.outline.points), () => void app.editor.readOutline());
    this.updates.push(() => { detail.hidden = app.editor.tool !== "points"; });
    const percent = (value: number) => `${Math.round(value * 100)} %`;
    const reset = h("button", {
      type: "button", className: "text",
      on: {
        click: () => {
          for (const [name, value] of Object.entries(VIEW_STANDARD)) app.set(name as keyof typeof VIEW_STANDARD, value);
        },
      },
    }, strings.resetView);
    this.tools = h(
      "section", { className: "panel", ariaLabel: strings.tools },
      h("h2", {}, strings.tools), tools, size, detail, tidy, h("div", { className: "buttons" }, accept, cancel),
    );
    this.view = h(
      "section", { className: "panel", ariaLabel: strings.view },
      h("h2", {}, strings.view, reset),
      this.slider("opacity", strings.opacity, 0, 1, 0.05, percent),
      this.slider("brightness", strings.brightness, 0.3, 3, 0.05, percent),
      this.slider("contrast", strings.contrast, 0.3, 3, 0.05, percent),
      this.toggle(strings.guides, () => app.settings.guides, (on) => app.set("guides", on)),
    );
    app.onChange(() => this.updates.forEach((update) => update()));
  }

  private tool(tool: Tool, picture: Icon, action: ToolAction | null): HTMLButtonElement {
    const { app } = this;
    const name = strings.toolNames[tool];
    const button = h(
      "button", { type: "button", className: "tool", ariaLabel: name, on: { click: () => app.editor.setTool(tool) } },
      icon(picture), h("span", { ariaHidden: "true" }, strings.toolCaptions[tool]),
    );
    this.updates.push(() => {
      const key = action && app.keys.of(action)[0];
      button.title = key ? `${name} (${key})` : name;
      button.setAttribute("aria-pressed", String(app.editor.tool === tool));
      button.disabled = MASK_TOOLS.includes(tool) && !app.editor.active;
    });
    return button;
  }

  private slider(
    name: "opacity" | "brightness" | "contrast" | "brush" | "tolerance", label: string,
    min: number, max: number, step: number, show: (value: number) => string, then: () => void = () => undefined,
  ): HTMLLabelElement {
    const { app } = this;
    const value = h("span", { className: "value" });
    const input = h("input", {
      type: "range", min: String(min), max: String(max), step: String(step),
      on: { input: () => { app.set(name, Number(input.value)); then(); } },
    });
    this.updates.push(() => {
      const now = app.settings[name];
      if (Number(input.value) !== now) input.value = String(now);
      setText(value, show(now));
    });
    return h("label", { className: "slider" }, h("span", {}, label), value, input);
  }

  private workSwitch(name: "largest" | "fill" | "spare", label: string): HTMLLabelElement {
    const { app } = this;
    return this.toggle(
      label,
      () => app.editor.active?.work[name] ?? (name === "spare" && app.settings.spare),
      (on) => app.editor.tidy(name, on),
      () => !app.editor.active && name !== "spare",
    );
  }

  private toggle(label: string, now: () => boolean, set: (on: boolean) => void, disabled = () => false): HTMLLabelElement {
    const input = h("input", { type: "checkbox", on: { change: () => set(input.checked) } });
    this.updates.push(() => {
      input.checked = now();
      input.disabled = disabled();
    });
    return h("label", { className: "switch" }, input, h("span", {}, label));
  }
}

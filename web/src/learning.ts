import type { App } from "./app";
import type { Learning } from "./backend";
import { h, iconButton, save } from "./dom";
import { strings } from "./strings";
import { learningTexts } from "./strings/learning";
import type { LearnedMessage, LearningMessage } from "./types";

const texts = learningTexts[strings.language]!;
const LOOK = 3000; // milliseconds between looks at how it stands
const MEAN = 5; // objects in the chart's running mean
const [WIDTH, HEIGHT] = [240, 44];

/** The switch, what was learned of the chosen label, its models, and the clicks of its objects over time. */
export class LearningPanel {
  private readonly turn = h("input", { type: "checkbox", on: { change: () => void this.do((it) => it.turn(this.turn.checked)) } });
  private readonly switch = h("label", { className: "switch" }, this.turn, h("span", {}, texts.turn));
  private readonly missing = h("p", { className: "quiet" });
  private readonly running = h("p", { className: "quiet" });
  private readonly told = h("p", { role: "status" });
  private readonly buttons = h("div", { className: "buttons" });
  private readonly chart = h("div", {});
  private readonly count = h("summary", {});
  private readonly list = h("ul", {});
  private readonly models = h("details", {}, this.count, this.list);
  readonly element = h(
    "section", { className: "panel learning", hidden: true, aria: { label: texts.title } },
    h("h2", {}, texts.title), this.switch, this.missing, this.running, this.told, this.buttons, this.chart, this.models,
  );
  private state: LearningMessage | null = null;
  private drawn = "";
  private effort: unknown = null;

  constructor(private readonly app: App) {
    if (!app.backend.learning) return;
    app.onChange(() => {
      if (!app.project) return;
      // Another object was accepted, or the page has just opened.
      if (!this.state || this.effort !== app.effort) {
        this.effort = app.effort;
        void this.look();
      }
      this.draw();
    });
    setInterval(() => {
      if (!document.hidden && (this.state?.on || this.state?.label)) void this.look();
    }, LOOK);
  }

  /** Who only looks does not disturb what is being learned. */
  private async look(): Promise<void> {
    const state = await this.app.backend.learning!.state().catch(() => this.state);
    if (state) this.show(state);
  }

  private async do(what: (learning: Learning) => Promise<LearningMessage>): Promise<void> {
    try {
      this.show(await what(this.app.backend.learning!));
    } catch (error) {
      this.app.say((error as Error).message);
      await this.look();
    }
  }

  private show(state: LearningMessage): void {
    this.state = state;
    this.app.changed();
  }

  private draw(): void {
    const { state } = this;
    if (!state) return;
    const { label } = this.app.editor;
    const now = JSON.stringify([state, label]);
    const typing = document.activeElement instanceof HTMLInputElement && this.list.contains(document.activeElement);
    if (now === this.drawn || typing) return;
    this.drawn = now;
    this.element.hidden = false;
    this.element.dataset["models"] = String(state.models.length);
    this.turn.checked = state.on;
    this.switch.hidden = state.missing !== null;
    this.missing.hidden = state.missing === null;
    this.missing.textContent = state.missing && texts.missing[state.missing];
    this.running.hidden = state.label === null;
    this.running.textContent = state.label && `${texts.running(state.label, state.share)}${state.paused ? ` · ${texts.paused}` : ""}`;
    const models = state.models.filter((model) => model.label === label);
    const used = models.find((model) => model.used);
    const attempt = state.attempts.find((each) => each.label === label);
    const vain = attempt && (attempt.problem ?? (attempt.better ? "" : texts.vain(label, attempt.objects)));
    this.told.className = used ? "good" : "quiet";
    this.told.textContent = state.problem ?? (used ? texts.learned(label, used.objects, used.before, used.after) : vain || "");
    const costs = state.costs.filter((cost) => cost.label === label).map((cost) => cost.clicks);
    this.buttons.replaceChildren(...this.actions(state, label, used, costs.length));
    this.chart.replaceChildren(...(costs.length > 1 ? [chart(label, costs)] : []));
    this.models.hidden = models.length === 0;
    this.count.textContent = texts.models(models.length);
    this.list.replaceChildren(...models.map((model) => this.row(model)));
  }

  private actions(state: LearningMessage, label: string, used: LearnedMessage | undefined, costs: number): HTMLElement[] {
    const button = (text: string, press: () => void) => h("button", { type: "button", on: { click: press } }, text);
    const found = [];
    if (state.label !== null) found.push(button(texts.stop, () => void this.do((it) => it.stop())));
    else if (state.missing === null && costs > 0) found.push(button(texts.now(label), () => void this.do((it) => it.now(label))));
    if (used) {
      const before = state.models.find((model) => model.number === used.back)?.name ?? texts.first;
      found.push(button(texts.back(before), () => void this.do((it) => it.back(label))));
    }
    return found;
  }

  private row(model: LearnedMessage): HTMLLIElement {
    const { name, number } = model;
    const field = h("input", {
      type: "text", value: name, maxLength: 100, aria: { label: texts.nameOf(name) },
      on: {
        change: () => void this.do((it) => it.rename(number, field.value)),
        keydown: (event) => { if (event.key === "Enter") field.blur(); },
      },
    });
    const use = model.used
      ? h("span", { className: "quiet" }, texts.used)
      : iconButton("check", texts.use(name), () => void this.do((it) => it.use(model.label, number)));
    return h(
      "li", {}, field, use,
      iconButton("export", texts.download(name), () => void this.download(number)),
      iconButton("remove", texts.remove(name), () => void this.do((it) => it.remove(number))),
    );
  }

  private async download(number: number): Promise<void> {
    try {
      const { name, content } = await this.app.backend.learning!.files(number);
      save(name, content);
    } catch (error) {
      this.app.say((error as Error).message);
    }
  }
}

/** A dot for each object, in the order of acceptance, and their running mean. */
function chart(label: string, clicks: number[]): SVGElement {
  const top = Math.max(...clicks);
  const x = (place: number) => 3 + (place / (clicks.length - 1)) * (WIDTH - 6);
  const y = (value: number) => HEIGHT - 3 - (value / top) * (HEIGHT - 6);
  const mean = (end: number) => average(clicks.slice(Math.max(0, end - MEAN + 1), end + 1));
  const title = texts.chart(label, clicks.length, average(clicks.slice(0, MEAN)), average(clicks.slice(-MEAN)));
  const drawing = svg("svg", { class: "chart", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": title });
  const caption = svg("title", {});
  caption.textContent = title;
  drawing.append(
    caption,
    svg("line", { x1: 0, x2: WIDTH, y1: y(0), y2: y(0) }),
    ...clicks.map((value, place) => svg("circle", { cx: x(place), cy: y(value), r: 1.5 })),
    svg("polyline", { points: clicks.map((_, place) => `${x(place)},${y(mean(place))}`).join(" ") }),
  );
  return drawing;
}

function average(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function svg(tag: string, attributes: Record<string, string | number>): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  return element;
}

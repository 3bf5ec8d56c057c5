import type { App } from "./app";
import { h, setText } from "./dom";
import { FLAGS, NO_FACTS, isYes, textOf } from "./facts";
import type { Item } from "./items";
import { strings } from "./strings";
import type { Facts, FactsChange } from "./types";

const texts = strings.facts;

/** What is known of the open object besides its label and pixels; a key opens it, Esc and Enter lead back to the photo. */
export class FactsPanel {
  private readonly said = h("span", { className: "quiet said" });
  private readonly flags = h("div", { className: "pairs" });
  private readonly answers = h("div", {});
  private readonly group = this.field(100, (value) => ({ group: value || null }));
  private readonly comment = this.field(2000, (value) => ({ description: value }));
  readonly element = h(
    "details", { className: "panel facts", hidden: true },
    h("summary", {}, h("span", {}, texts.title), this.said),
    this.flags, this.answers, label(texts.group, this.group), label(texts.comment, this.comment),
    h("button", { type: "button", className: "text", on: { click: () => this.manage() } }, texts.manage),
  );
  /** The object that is shown, so that what was typed is its own. */
  private item: Item | null = null;
  private drawn = "";

  constructor(private readonly app: App, private readonly manage: () => void) {
    app.onChange(() => this.draw());
    for (const used of ["focusin", "pointerdown"]) this.element.addEventListener(used, () => app.editor.sync.begin());
    this.element.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.leave(event);
    });
  }

  /** The keyboard is here from now on. */
  focus(): void {
    if (!this.app.editor.active) return;
    this.draw();
    this.element.open = true;
    document.body.dataset["drawer"] = "panel"; // on a small screen it is in a drawer
    this.element.querySelector<HTMLElement>("input")?.focus();
  }

  private leave(event: KeyboardEvent): void {
    event.stopPropagation();
    // What was typed and not finished with Enter is not meant.
    this.write();
    for (const field of this.answers.querySelectorAll<HTMLInputElement>("input[type=text]")) field.value = field.defaultValue;
    document.body.dataset["drawer"] = "";
    document.getElementById("stage")?.focus();
  }

  private draw(): void {
    const { editor, project } = this.app;
    const item = editor.active;
    this.element.hidden = !item;
    this.item = item;
    if (!item) return;
    const asked = project.attributes;
    const state = JSON.stringify([item.saved.id, item.facts, asked]);
    if (state === this.drawn) return;
    this.drawn = state;
    setText(this.said, summary(item.facts));
    const { facts } = item;
    this.keepFocus(() => {
      this.flags.replaceChildren(...FLAGS.map((flag) => this.yesNo(texts.flags[flag], facts[flag], (on) => ({ [flag]: on }))));
      const names = new Set(asked.map(({ name }) => name));
      const others = Object.entries(facts.attributes).filter(([name]) => !names.has(name));
      this.answers.replaceChildren(
        ...asked.map(({ name, choices }) => (choices.length ? this.choice(name, choices) : this.yes(name))),
        ...others.map(([name, answer]) => this.foreign(name, answer)),
      );
    });
    this.write();
  }

  private get facts(): Facts {
    return this.item?.facts ?? NO_FACTS;
  }

  /** The texts as the object has them. */
  private write(): void {
    const { group, description } = this.facts;
    for (const [field, text] of [[this.group, group ?? ""], [this.comment, description]] as const) {
      if (field.value !== text) field.value = text;
    }
  }

  private state(facts: FactsChange): void {
    this.app.editor.state(facts, this.item);
  }

  /** A control that is made anew has the focus that the one before it had. */
  private keepFocus(make: () => void): void {
    const controls = () => [...this.element.querySelectorAll<HTMLElement>("input, select")];
    const place = controls().indexOf(document.activeElement as HTMLElement);
    make();
    if (place >= 0) controls()[place]?.focus();
  }

  private yesNo(text: string, checked: boolean, facts: (on: boolean) => FactsChange): HTMLLabelElement {
    const box = h("input", { type: "checkbox", checked, on: { change: () => this.state(facts(box.checked)) } });
    return h("label", { className: "switch" }, box, h("span", {}, text));
  }

  /** A question of this project that is answered with yes or no. */
  private yes(name: string): HTMLLabelElement {
    return this.yesNo(name, isYes(this.facts.attributes[name]), (on) => answering(name, on));
  }

  /** What another tool keeps of the object: it is no question of this project, and stays as it is or is answered anew. */
  private foreign(name: string, answer: unknown): HTMLElement {
    if (typeof answer === "boolean") return this.yes(name);
    if (typeof answer !== "string") return h("p", { className: "quiet" }, `${name}: ${textOf(answer)}`);
    const field = this.field(2000, (value) => answering(name, value || null));
    field.defaultValue = answer;
    return label(name, field);
  }

  private choice(name: string, choices: string[]): HTMLLabelElement {
    const given = this.facts.attributes[name];
    const known = given === undefined || given === null ? "" : textOf(given);
    const all = known && !choices.includes(known) ? [...choices, known] : choices;
    const select = h(
      "select", { on: { change: () => this.state(answering(name, select.value || null)) } },
      h("option", { value: "" }, texts.unanswered), ...all.map((one) => h("option", { value: one }, one)),
    );
    select.value = known;
    return label(name, select);
  }

  /** A text that counts once it is finished. */
  private field(maxLength: number, facts: (value: string) => FactsChange): HTMLInputElement {
    const field = h("input", {
      type: "text", maxLength,
      on: {
        change: () => this.state(facts(field.value.trim())),
        keydown: (event) => {
          if (event.key !== "Enter") return;
          event.preventDefault();
          document.getElementById("stage")?.focus(); // which finishes it
        },
      },
    });
    return field;
  }
}

const answering = (name: string, value: unknown): FactsChange => ({ attributes: { [name]: value } });

/** In a few words; empty if there is nothing to say. */
export function summary(facts: Facts): string {
  const { group, description, attributes } = facts;
  const answers = Object.entries(attributes).flatMap(([name, answer]) =>
    isYes(answer) ? [name] : answer === false || answer === "false" || answer === null ? [] : [`${name}: ${textOf(answer)}`]);
  return [
    ...FLAGS.filter((flag) => facts[flag]).map((flag) => texts.flags[flag]), ...answers,
    ...(group === null ? [] : [texts.ofGroup(group)]), ...(description ? [`“${description}”`] : []),
  ].join(" · ");
}

function label(text: string, control: HTMLElement): HTMLLabelElement {
  return h("label", { className: "field" }, h("span", {}, text), control);
}

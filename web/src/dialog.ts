import { h, iconButton } from "./dom";
import { strings } from "./strings";

export function dialog(title: string, ...children: HTMLElement[]): HTMLDialogElement {
  const element = h(
    "dialog", { aria: { label: title } },
    h("header", {}, h("h2", {}, title), iconButton("close", strings.close, () => element.close())),
    ...children,
  );
  element.addEventListener("click", (event) => {
    if (event.target === element) element.close(); // on the backdrop
  });
  // The keys are the photo's again: Space accepts, and does not press the button that opened this.
  // The event comes late: who has gone on to type elsewhere meanwhile stays there.
  element.addEventListener("close", () => {
    if (!document.activeElement?.matches("input, select, textarea")) document.getElementById("stage")?.focus();
  });
  return element;
}

/** A question with two answers; closing it is the second, which changes nothing and has the focus. */
export function ask(title: string, question: string, yes: string, no: string): Promise<boolean> {
  return new Promise((resolve) => {
    let answer = false;
    const second = h("button", { type: "button", on: { click: () => element.close() } }, no);
    const element: HTMLDialogElement = dialog(
      title,
      h("p", {}, question),
      h(
        "div", { className: "buttons" },
        h("button", { type: "button", className: "primary", on: { click: () => { answer = true; element.close(); } } }, yes),
        second,
      ),
    );
    element.addEventListener("close", () => {
      element.remove();
      resolve(answer);
    });
    document.body.append(element);
    element.showModal();
    second.focus();
  });
}

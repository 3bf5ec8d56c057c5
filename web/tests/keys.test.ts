// Which key does what, on any layout.

import { beforeEach, describe, expect, it, vi } from "vitest";
import { ACTIONS, Keys, nameOf } from "../src/keys";

const stored = new Map<string, string>();
vi.stubGlobal("localStorage", {
  getItem: (name: string) => stored.get(name) ?? null,
  setItem: (name: string, value: string) => stored.set(name, value),
  removeItem: (name: string) => stored.delete(name),
});
beforeEach(() => stored.clear());

const press = (key: string, code: string, held: Partial<KeyboardEvent> = {}): KeyboardEvent =>
  ({ key, code, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...held }) as KeyboardEvent;

describe("the name of a key press", () => {
  it.each([
    ["a letter, by its place", press("ф", "KeyA"), "A"],
    ["with Ctrl, by what is printed", press("z", "KeyY", { ctrlKey: true }), "Ctrl+Z"],
    ["with Ctrl on another script, by its place", press("я", "KeyZ", { ctrlKey: true }), "Ctrl+Z"],
    ["the Mac's command key", press("z", "KeyZ", { metaKey: true, shiftKey: true }), "Ctrl+Shift+Z"],
    ["a sign, by what is typed", press("?", "Slash", { shiftKey: true }), "?"],
    ["a digit that needs Shift on a French keyboard", press("0", "Digit0", { shiftKey: true }), "0"],
    ["the plus of the number pad", press("+", "NumpadAdd"), "+"],
    ["plus without Shift", press("=", "Equal"), "+"],
    ["a plus where others have a bracket", press("+", "BracketRight"), "+"],
    ["a question mark beside a German 0", press("?", "Minus", { shiftKey: true }), "?"],
    ["a bracket, by its place", press("ü", "BracketLeft"), "["],
    ["space", press(" ", "Space"), "Space"],
    ["Shift and Enter", press("Enter", "Enter", { shiftKey: true }), "Shift+Enter"],
  ])("%s", (_, event, name) => expect(nameOf(event)).toBe(name));
});

describe("keys", () => {
  it("have one action each", () => {
    const keys = new Keys();
    const names = ACTIONS.flatMap((action) => keys.of(action));
    expect(new Set(names).size).toBe(names.length);
    for (const action of ACTIONS) for (const name of keys.of(action)) expect(keys.action(name)).toBe(action);
    expect(keys.action("Ctrl+Alt+Q")).toBeNull();
  });

  it("go from one action to another, are remembered, and come back", () => {
    const keys = new Keys();
    expect(keys.taken("brush", "G")).toBe("guides");
    keys.bind("brush", "G");
    expect(keys.action("G")).toBe("brush");
    expect(keys.of("guides")).toEqual([]);
    expect(new Keys().action("G")).toBe("brush");
    keys.reset();
    expect(new Keys().action("G")).toBe("guides");
  });

  it("survive rubbish in the browser's store", () => {
    stored.set("iog-keys", "{");
    expect(new Keys().action("B")).toBe("brush");
  });
});

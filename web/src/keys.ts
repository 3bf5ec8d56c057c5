// Which key does what, and a person's own choice of it.

export type Action =
  | "guides" | "nextPhoto" | "previousPhoto" | "doneAndNext" | "accept" | "cancel" | "undo" | "redo"
  | "deleteObject" | "fit" | "actualSize" | "zoomIn" | "zoomOut" | "hide" | "onlyThis" | "showNone" | "clickTool" | "brush" | "polygon" | "magnetic"
  | "eraser" | "points" | "nextObject" | "previousObject" | "findLabel" | "facts" | "several" | "smaller" | "larger" | "clickHere" | "removeHere"
  | "help";

const STANDARD: Record<Action, string[]> = {
  accept: ["Space", "Enter"],
  cancel: ["Escape"],
  undo: ["Ctrl+Z"],
  redo: ["Ctrl+Y", "Ctrl+Shift+Z"],
  deleteObject: ["Delete", "Backspace"],
  nextPhoto: ["D"],
  previousPhoto: ["A"],
  doneAndNext: ["Shift+Enter"],
  nextObject: ["N"],
  previousObject: ["Shift+N"],
  findLabel: ["L"],
  facts: ["I"],
  several: ["M"],
  clickTool: ["P"],
  brush: ["B"],
  polygon: ["O"],
  magnetic: ["W"],
  eraser: ["E"],
  points: ["V"],
  smaller: ["[", ","],
  larger: ["]", "."],
  guides: ["G"],
  fit: ["F"],
  actualSize: ["0"],
  zoomIn: ["+"],
  zoomOut: ["-"],
  hide: ["H"],
  onlyThis: ["S"],
  showNone: ["Shift+H"],
  clickHere: ["C"],
  removeHere: ["X"],
  help: ["?"],
};
const STORED = "iog-keys";

export const ACTIONS = Object.keys(STANDARD) as Action[];

/** Keys that are meant by their place, whatever is printed on them but digits and the signs + − ?. */
const PLACES: Record<string, string> = {
  BracketLeft: "[", BracketRight: "]", Space: "Space", NumpadEnter: "Enter",
  NumpadAdd: "+", NumpadSubtract: "-",
};

/**
 * How a key press is written: "Ctrl+Shift+Z", "Space", "?".
 *
 * A letter is the key's place, so that it works with any layout and script; digits and signs are what was typed.
 * With Ctrl a Latin letter counts as typed: there the system's other programs go by the letter too.
 */
export function nameOf(event: KeyboardEvent): string {
  const control = event.ctrlKey || event.metaKey;
  const sign = /^[0-9+\-?]$/.test(event.key) ? event.key : (PLACES[event.code] ?? null);
  const letter = /^Key([A-Z])$/.exec(event.code)?.[1];
  const typed = event.key.length === 1 ? event.key.toUpperCase() : event.key;
  const key = sign ?? (letter && !(control && /^[A-Z]$/.test(typed)) ? letter : typed === "=" ? "+" : typed);
  const shift = event.shiftKey && (key.length > 1 || /^[A-Z]$/.test(key)); // of signs, Shift is part of the sign
  return `${control ? "Ctrl+" : ""}${event.altKey ? "Alt+" : ""}${shift ? "Shift+" : ""}${key}`;
}

export class Keys {
  private own: Partial<Record<Action, string[]>> = {};

  constructor() {
    try {
      this.own = JSON.parse(localStorage.getItem(STORED) ?? "{}");
    } catch {
      this.own = {};
    }
  }

  of(action: Action): string[] {
    return this.own[action] ?? STANDARD[action];
  }

  action(name: string): Action | null {
    return ACTIONS.find((action) => this.of(action).includes(name)) ?? null;
  }

  /** Which other action has a key. */
  taken(action: Action, name: string): Action | null {
    const owner = this.action(name);
    return owner === action ? null : owner;
  }

  /** Give an action a key; another one loses it. */
  bind(action: Action, name: string): void {
    const before = this.taken(action, name);
    if (before) this.own[before] = this.of(before).filter((other) => other !== name);
    this.own[action] = [name];
    localStorage.setItem(STORED, JSON.stringify(this.own));
  }

  reset(): void {
    this.own = {};
    localStorage.removeItem(STORED);
  }
}

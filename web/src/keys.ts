// Which key does what, and a person's own choice of it.

export type Action =
  | "guides" | "nextPhoto" | "previousPhoto" | "doneAndNext" | "accept" | "cancel" | "undo" | "redo"
  | "deleteObject" | "fit" | "hide" | "clickTool" | "brush" | "eraser" | "points" | "nextObject" | "smaller" | "larger"
  | "clickHere" | "removeHere" | "help";

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
  clickTool: ["P"],
  brush: ["B"],
  eraser: ["E"],
  points: ["V"],
  smaller: ["["],
  larger: ["]"],
  guides: ["G"],
  fit: ["F"],
  hide: ["H"],
  clickHere: ["C"],
  removeHere: ["X"],
  help: ["?"],
};
const STORED = "iog-keys";

export const ACTIONS = Object.keys(STANDARD) as Action[];

/** How a key press is written: "Ctrl+Shift+Z", "Space", "?". */
export function nameOf(event: KeyboardEvent): string {
  const key = event.code === "Space" ? "Space" : event.key.length === 1 ? event.key.toUpperCase() : event.key;
  const letter = /^[A-Z]$/.test(key) || key.length > 1; // of other signs, Shift is part of the sign
  const control = event.ctrlKey || event.metaKey;
  return `${control ? "Ctrl+" : ""}${event.altKey ? "Alt+" : ""}${event.shiftKey && letter ? "Shift+" : ""}${key}`;
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

  /** Give an action a key; returns the action that lost it. */
  bind(action: Action, name: string): Action | null {
    const before = this.action(name);
    if (before && before !== action) this.own[before] = this.of(before).filter((other) => other !== name);
    this.own[action] = [name];
    localStorage.setItem(STORED, JSON.stringify(this.own));
    return before === action ? null : before;
  }

  reset(): void {
    this.own = {};
    localStorage.removeItem(STORED);
  }
}

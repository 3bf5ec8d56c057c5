import { Lost, type Backend } from "./backend";
import { Keys } from "./keys";
import { Labels } from "./labels";
import { Saver } from "./saver";
import { loadSettings, storeSettings, type Settings } from "./settings";

/** What all parts of the page share: the backend, a person's settings, and one place to say that something changed. */
export class Page {
  readonly settings: Settings = loadSettings();
  readonly keys = new Keys();
  /** Called at once when the save state changes: it must never show "saved" too long. */
  onSaveState: () => void = () => undefined;
  readonly saver = new Saver(() => {
    this.onSaveState();
    this.changed();
  });
  readonly labels: Labels;
  message = "";
  private listeners: (() => void)[] = [];
  private scheduled = false;

  constructor(readonly backend: Backend) {
    this.labels = new Labels(backend, this.saver);
  }

  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Draw again with the next frame. */
  changed(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    requestAnimationFrame(() => {
      this.scheduled = false;
      for (const listener of this.listeners) listener();
    });
  }

  say(message: string): void {
    this.message = message;
    this.changed();
  }

  /** Say what went wrong; where the project is gone, all that can be saved is offered. */
  fail(error: Error): void {
    if (error instanceof Lost) this.saver.lose();
    this.say(error.message);
  }

  set<K extends keyof Settings>(name: K, value: Settings[K]): void {
    this.settings[name] = value;
    storeSettings(this.settings);
    this.changed();
  }
}

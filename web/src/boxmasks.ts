import type { App } from "./app";
import { h, setText } from "./dom";
import { strings } from "./strings";
import type { MasksMade } from "./types";

/** Masks for all boxes of a photo, a few at a time: how far it is, and a way to end it. All of it is one step for undo. */
export class BoxMasks {
  private readonly start = h("button", { type: "button", hidden: true, on: { click: () => void this.run() } });
  private readonly bar = h("progress", { aria: { label: strings.masksBeingMade } });
  private readonly text = h("span", { className: "quiet" });
  private readonly stop = h("button", { type: "button", on: { click: () => { this.running = false; } } }, strings.cancel);
  private readonly busy = h("div", { className: "making", hidden: true, role: "status" }, this.bar, this.text, this.stop);
  readonly element = h("div", { className: "box-masks" }, this.start, this.busy);
  private running = false;

  constructor(private readonly app: App) {
    app.onChange(() => this.draw());
  }

  private draw(): void {
    const boxes = this.app.editor.boxesWithoutMask;
    this.start.hidden = boxes === 0 || !this.busy.hidden;
    setText(this.start, strings.masksForBoxes(boxes));
  }

  private progress(done: number, all: number): void {
    this.bar.max = all;
    this.bar.value = done;
    setText(this.text, strings.ofAll(done, all));
  }

  private async run(): Promise<void> {
    const { app } = this;
    const { photo } = app;
    if (!photo) return;
    this.running = true;
    this.busy.hidden = false;
    const all = app.editor.boxesWithoutMask;
    this.progress(0, all);
    this.draw();
    try {
      let step: number | null = null;
      for (let left = all; left > 0 && this.running && app.photo?.id === photo.id; ) {
        const known: number | null = step;
        const made: MasksMade = await app.saver.run(() => app.backend.masksForBoxes(photo.id, known));
        if (app.photo?.id !== photo.id) break;
        step = made.step;
        app.editor.history.take(made);
        this.progress(Math.max(0, all - made.left), all);
        if (made.objects.length === 0) break;
        left = made.left;
      }
      // The queue of what to look at starts with the least sure; accepting one opens the next.
      if (app.photo?.id === photo.id) app.editor.openDraft();
    } catch (error) {
      app.say((error as Error).message);
    } finally {
      this.running = false;
      this.busy.hidden = true;
      this.draw();
    }
  }
}

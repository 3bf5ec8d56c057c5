import type { Backend } from "./backend";
import { Mask } from "./mask";
import type { HoverAnswer, Point } from "./types";

const tab = Math.random().toString(36).slice(2); // a page that is not secure has no crypto.randomUUID

/** Asks for the mask under the cursor: one question on its way, then the newest; older answers are dropped. */
export class Previewer {
  shown: { mask: Mask | null; confidence: number; sequence: number; point: Point } | null = null;
  private sequence = 0;
  private next: { id: number; point: Point } | null = null;
  private asking = false;

  constructor(private readonly backend: Backend, private readonly changed: () => void) {}

  ask(id: number, point: Point): void {
    this.next = { id, point };
    if (!this.asking) void this.loop();
  }

  /** Forget everything asked so far. */
  stop(): void {
    this.next = null;
    this.sequence += 1;
    this.shown = null;
    this.changed();
  }

  private async loop(): Promise<void> {
    this.asking = true;
    while (this.next) {
      const { id, point } = this.next;
      this.next = null;
      const sequence = ++this.sequence;
      try {
        const answer = await this.backend.preview(id, point, tab, sequence);
        if (sequence === this.sequence && !answer.stale) this.show(answer, point);
      } catch {
        // A preview that fails is no loss: the click itself reports what is wrong.
      }
    }
    this.asking = false;
  }

  private show({ mask, confidence, sequence }: HoverAnswer, point: Point): void {
    this.shown = { mask: mask && new Mask(mask), confidence, sequence, point };
    this.changed();
  }
}

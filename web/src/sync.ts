import { Refusal, type Backend } from "./backend";
import { changedFacts } from "./facts";
import { newItem, sameWork, type Item, type Step, type Wish } from "./items";
import { Mask } from "./mask";
import type { Saver } from "./saver";
import type { Kind, MaskMessage, NewObject, ObjectMessage, PhotoHistory, Work } from "./types";

const SETTLED = 300; // ms without a change, after which masks are made sharp
const IDLE = 60; // seconds: a longer pause is not work

class Dropped extends Error {}

/** What the screen makes of an answer. */
export interface Screen {
  /** Something can be drawn anew. */
  changed(): void;
  /** An object is as the backend has it; `settled`: nothing newer is on its way. */
  adopted(item: Item, settled: boolean): void;
  /** An object was never made. */
  failed(item: Item): void;
  say(message: string): void;
  /** An object was changed elsewhere, or its mask after it was shown; `kind`: what was wished for; `same`: it is as it was, but others have its pixels. */
  conflict(kind: Kind | null, same: boolean): void;
}

/** Brings what a person does to an object to the backend, and what became of it back. */
export class Sync {
  /** When the step before was done; null: nothing was begun on this photo. */
  private last: number | null = null;
  private sharpening = 0;

  constructor(private readonly backend: Backend, private readonly saver: Saver, private readonly screen: Screen) {}

  /** Time is no work until something is begun: a photo was opened. */
  stopClock(): void {
    this.last = null;
  }

  /** A person's hand is on the photo: from now on time is work. */
  begin(): void {
    this.last ??= performance.now();
  }

  /** Seconds since the last step, or since the first one was begun. */
  step(): number {
    const now = performance.now();
    const seconds = Math.min(IDLE, (now - (this.last ?? now)) / 1000);
    this.last = now;
    return seconds;
  }

  create(item: Item, photo: number, wish: Omit<NewObject, "seconds">): Promise<boolean> {
    const seconds = this.step();
    return this.send(item, null, null, () => this.backend.create(photo, { ...wish, seconds }));
  }

  /** A person opens an object: one that was only a box comes back with its mask, one on accepted objects without what is theirs. */
  async open(item: Item): Promise<void> {
    if (!item.saved.computed) await this.send(item, null, null, () => this.backend.open(item.saved.id));
    else {
      // In turn: what was accepted just now counts, and what is done next is done to what is shown.
      await this.saver.inTurn(async () => {
        const newest = await this.backend.open(item.saved.id).catch(() => null);
        if (newest && newest.version > item.saved.version) this.show(item, newest);
      });
    }
  }

  restore(item: Item): Promise<boolean> {
    const seconds = this.step();
    return this.send(item, null, null, () => this.backend.restore(item.saved.id, seconds));
  }

  /** Undo or redo of the whole photo. */
  walk(photo: number, direction: "undo" | "redo"): Promise<PhotoHistory> {
    const seconds = this.step();
    return this.saver.run(() => this.backend.walk(photo, direction, seconds));
  }

  /** Resolves with whether it was saved. */
  commit(item: Item, kind: Kind, { facts, ...step }: Step): Promise<boolean> {
    // A click on an accepted object opens it again.
    const reopened = step.work && item.state === "accepted" ? { state: "draft" as const } : {};
    Object.assign(item, reopened, step, facts && { facts: changedFacts(item.facts, facts) });
    const { work, label, state } = item;
    const seconds = this.step();
    if (kind !== "reshape") item.outlined = false;
    // Facts as other tools wrote them may be of kinds that a page cannot send back: only those that change go.
    const wish = { kind, work, label, state, ...(facts && { facts }), seconds };
    return this.send(item, kind, { work, label, state, facts: item.facts }, () => {
      const { id, version } = item.saved;
      return this.backend.change(id, { ...wish, version }, (mask) => this.showUnsaved(item, mask, work));
    });
  }

  /** Read all pixels of masks that are shown larger than they came; `scale`: screen pixels per image pixel. */
  sharpen(items: Item[], scale: number): void {
    clearTimeout(this.sharpening);
    this.sharpening = window.setTimeout(() => {
      for (const item of items) {
        if (!item.mask || item.whole || item.hidden || item.pending > 0) continue;
        const all = item.mask.box[2] - item.mask.box[0];
        if (item.mask.width < Math.min(all, 0.8 * scale * all)) void this.readWholeMask(item);
      }
    }, SETTLED);
  }

  private async readWholeMask(item: Item): Promise<void> {
    const before = item.mask;
    const message = await this.backend.mask(item.saved.id).catch(() => null);
    if (!message || item.mask !== before) return;
    item.mask = new Mask(message);
    item.whole = true;
    this.screen.changed();
  }

  /** The mask of a change that is still on its way to the disk, with as many pixels as the screen shows. */
  private showUnsaved(item: Item, mask: MaskMessage | null, work: Work): void {
    item.mask = mask && new Mask(mask);
    item.maskOf = work;
    item.shown = item.saved.version + 1;
    item.whole = false;
    this.screen.changed();
  }

  private send(item: Item, kind: Kind | null, wish: Wish | null, task: () => Promise<ObjectMessage>): Promise<boolean> {
    const { epoch } = item;
    item.pending += 1;
    return this.saver
      .run(async () => {
        if (item.epoch !== epoch) throw new Dropped();
        const newest = await task();
        // Made ready before anything is said to be saved, so that no frame shows that without it.
        return [newest, newest.mask && new Mask(newest.mask)] as const;
      })
      .then(
        ([newest, mask]) => {
          this.adopt(item, newest, mask, item.pending === 1);
          return true;
        },
        (error: Error) => this.refused(item, kind, wish, error),
      )
      .finally(() => {
        item.pending -= 1;
        this.screen.changed();
      });
  }

  /** Show what the backend has; whether that is what was wished for. */
  private refused(item: Item, kind: Kind | null, wish: Wish | null, error: Error): boolean {
    if (error instanceof Dropped) return false;
    item.epoch += 1;
    item.outlined = false;
    const newest = error instanceof Refusal ? error.newest : null;
    if (!newest) {
      this.screen.say(error.message);
      if (item.saved.id) this.adopt(item, item.saved, newItem(item.saved).mask, true);
      else this.screen.failed(item);
      return false;
    }
    // The answer to the first attempt may have been lost; then the backend has what we wanted.
    const kept = wish !== null && sameWork(newest, wish);
    if (!kept) this.screen.conflict(kind, newest.version === item.saved.version);
    this.adopt(item, newest, newItem(newest).mask, true);
    return kept;
  }

  /** Take over what the backend has. */
  show(item: Item, newest: ObjectMessage): void {
    item.outlined = false;
    this.adopt(item, newest, newItem(newest).mask, item.pending === 0);
  }

  private adopt(item: Item, newest: ObjectMessage, mask: Mask | null, settled: boolean): void {
    Object.assign(item, { saved: newest, mask, maskOf: newest.computed ? newest.work : null, shown: newest.version, whole: false });
    if (settled) {
      const { work, label, state, facts } = newest;
      Object.assign(item, { work, label, state, facts });
    }
    this.screen.adopted(item, settled);
  }
}

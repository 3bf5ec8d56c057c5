import { Lost, Refusal, Unreachable } from "./backend";

const AGAIN = 1000; // ms between attempts while the server does not answer

/** `failed`: the last step could not be kept; `lost`: the project's file is gone. */
export type SaveState = "saved" | "saving" | "offline" | "failed" | "lost";

/** Sends changes one after the other, and again until the server answers; knows what is not saved yet. */
export class Saver {
  private chain: Promise<unknown> = Promise.resolve();
  private waiting = 0;
  private offline = false;
  private refused: "failed" | "lost" | null = null;

  constructor(private readonly changed: () => void) {}

  get state(): SaveState {
    if (this.refused === "lost") return "lost";
    if (this.waiting === 0) return this.refused ?? "saved";
    return this.offline ? "offline" : "saving";
  }

  /** The project's file is gone, as whoever reads of it may hear first. */
  lose(): void {
    this.refused = "lost";
    this.changed();
  }

  /** Rejects with the server's refusal; silence of the server is waited out. */
  run<T>(task: () => Promise<T>): Promise<T> {
    return this.inTurn(async () => {
      const answer = await task();
      this.refused = null;
      return answer;
    });
  }

  /** The same with what keeps nothing, and so says nothing of what is kept. */
  inTurn<T>(task: () => Promise<T>): Promise<T> {
    this.waiting += 1;
    this.changed();
    const result = this.chain.then(() => this.insist(task));
    this.chain = result.catch(() => undefined).then(() => {
      this.waiting -= 1;
      this.changed();
    });
    return result;
  }

  private async insist<T>(task: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        const answer = await task();
        this.offline = false;
        return answer;
      } catch (error) {
        if (!(error instanceof Unreachable)) {
          this.offline = false;
          if (error instanceof Lost) this.refused = "lost";
          // A conflict shows the newer state, which is saved; what a rule forbids was never to be.
          else if (error instanceof Refusal && !error.newest && error.unsaved) this.refused = "failed";
          throw error;
        }
        this.offline = true;
        this.changed();
        await new Promise((resolve) => setTimeout(resolve, AGAIN));
      }
    }
  }
}

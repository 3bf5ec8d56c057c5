/** What page and Worker say to each other: plain values that structured cloning carries. */
import type { Clicks, Correction, Size } from "./clicks.js";
import type { Picture } from "./crop.js";
import type { Mask } from "./masks.js";
import type { ModelInfo } from "./model.js";
import type { ModelFiles } from "./segmenter.js";

/** A mask as it comes out of the Worker. */
export interface Answer {
  readonly clicks: Clicks;
  readonly mask: Mask;
  /** Expected IoU of the mask in 0..1. */
  readonly confidence: number;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
}

/** A change of an object's clicks; `preview` leaves the session as it is. */
export type Step =
  | { readonly kind: "preview" | "click"; readonly x: number; readonly y: number }
  | ({ readonly kind: "correct" } & Correction)
  | { readonly kind: "change"; readonly clicks: Clicks }
  | { readonly kind: "undo" | "redo" };

/** Each call and what it is answered with. Photos and sessions are known by a number. */
export interface Calls {
  load: { source: string | ModelFiles; threads?: number; executionProviders?: readonly string[]; wasmPaths?: string };
  picture: { image: Blob | ImageBitmap | Picture };
  closePicture: { picture: number };
  session: { picture: number; corners: readonly (readonly number[])[] };
  closeSession: { session: number };
  step: { session: number; step: Step };
}

export interface Answers {
  load: ModelInfo;
  picture: Size & { readonly picture: number };
  closePicture: null;
  session: { readonly session: number; readonly answer: Answer };
  closeSession: null;
  step: Answer;
}

export type Call = keyof Calls;

export interface Request<C extends Call = Call> {
  readonly id: number;
  readonly call: C;
  readonly with: Calls[C];
}

/** `message` is a sentence for people where `mendable`, else an internal error. */
export type Reply =
  | { readonly id: number; readonly result: Answers[Call] }
  | { readonly id: number; readonly error: string; readonly mendable: boolean }
  | { readonly id: number; readonly progress: readonly [loaded: number, total: number] };

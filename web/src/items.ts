// The objects on the screen.

import { NO_FACTS } from "./facts";
import { Mask } from "./mask";
import type { Facts, FactsChange, NewObject, ObjectMessage, State, Work } from "./types";

/** An object on the screen: what the backend has (`saved`), and what the person wants it to be. */
export interface Item {
  saved: ObjectMessage;
  work: Work;
  label: string;
  state: State;
  facts: Facts;
  mask: Mask | null;
  /** The work whose mask that is; null while there is only a box. */
  maskOf: Work | null;
  /** Version of the object whose mask that is. */
  shown: number;
  /** It has all its pixels, also where it came with fewer at first. */
  whole: boolean;
  hidden: boolean;
  /** Changes on their way to the backend. */
  pending: number;
  /** Grows with a conflict: changes made before it are not sent any more. */
  epoch: number;
  /** Its box was drawn just now, so that giving up takes it away. */
  fresh: boolean;
  /** The points on the screen are this mask's. */
  outlined: boolean;
}

export type Wish = Pick<Item, "work" | "label" | "state" | "facts">;

/** What a person changes of an object; of its facts those that are named. */
export type Step = Partial<Omit<Wish, "facts">> & { facts?: FactsChange };

export function newItem(saved: ObjectMessage): Item {
  const { work, label, state, facts, version, mask, computed } = saved;
  return {
    saved, work, label, state, facts, mask: mask && new Mask(mask), maskOf: computed ? work : null, shown: version, whole: false, hidden: false, pending: 0, epoch: 0,
    fresh: false, outlined: false,
  };
}

/** An object that was begun just now; the backend does not know it yet. */
export function drawnItem(photo: number, { corners, strokes = [], label, spare }: NewObject): Item {
  const clicks = corners && { corners, inside: null, corrections: [] };
  const work: Work = { clicks, strokes, largest: false, fill: false, spare: spare ?? true };
  const unknown = { area: 0, confidence: null, mask: null, computed: false, touched: 0, facts: NO_FACTS };
  return { ...newItem({ id: 0, photo, version: 0, label, state: "draft", work, ...unknown }), fresh: true };
}

/** Whether the backend has what was wished for: an answer to it may have been lost. */
export function sameWork(saved: ObjectMessage, wish: Wish): boolean {
  const known = ({ work, label, state, facts }: Wish) => JSON.stringify([keyOf(work), label, state, { ...NO_FACTS, ...facts }]);
  return known(saved) === known(wish);
}

/** Whether the mask on the screen is the one of what the person did last. */
export const isCurrent = ({ maskOf, work }: Item) => maskOf !== null && keyOf(maskOf) === keyOf(work);

function keyOf({ clicks, strokes, largest, fill, spare }: Work): string {
  return JSON.stringify([
    clicks && [clicks.corners, clicks.inside, clicks.corrections],
    strokes.map((stroke) =>
      "before" in stroke
        ? [stroke.before, stroke.after, stroke.tolerance]
        : "outline" in stroke ? [stroke.outline, stroke.add] : [stroke.points, stroke.radius, stroke.add],
    ),
    largest, fill, spare,
  ]);
}

/** 0 for what the model is sure of; less for what has no mask yet. */
export function doubt({ saved }: Item): number {
  return saved.computed ? 1 - (saved.confidence ?? 1) : -1;
}

// From a person's work to masks: the store, the photos and one model (`iog.annotator.workbench`).

import { boxOf, checkInsideImage, heightOf, intersection, sameClicks, union, widthOf } from "../../packages/iog-web/src/clicks";
import { IogError } from "../../packages/iog-web/src/errors";
import { THRESHOLD } from "../../packages/iog-web/src/prompting";
import { reachedPart } from "../../packages/iog-web/src/resample";
import type { Prediction, Segmenter, Session } from "../../packages/iog-web/src/segmenter";
import { Refusal } from "../backend";
import { NO_FACTS, changedFacts } from "../facts";
import type { Change, MaskMessage, MasksMade, NewObject, Point, Work } from "../types";
import type { Tables } from "./database";
import { SCREEN_SIDE, checkedClicks, maskMessage, objectMessage } from "./messages";
import { Patch, type StoredPatch, placeOf } from "./patch";
import type { Photos } from "./photos";
import type { Content, Found, KeptWork } from "./rows";
import { CHANGED_ELSEWHERE, type Store, changed } from "./store";

const PREVIEW_SIDE = 480;
const AT_ONCE = 4; // boxes that get their masks in one go, so that a person sees how far it is
const SESSIONS = 4; // open objects whose features are kept, 4 MB each
const SPARED = 0.1; // share of an object that accepted ones may take from it without a question
const NOT_SHOWN = "this mask was not shown yet, or changed when others were accepted; check it, then accept it";

interface Masked {
  patch: Patch | null;
  confidence: number | null;
}

type OnMask = (mask: MaskMessage | null) => void;

export class Bench {
  private readonly sessions = new Map<number, { photo: number; session: Promise<Session> }>(); // all of one photo: each holds its pixels

  /** `segmenter` is waited for where a mask is needed, so that lists are there at once. */
  constructor(readonly store: Store, readonly photos: Photos, private readonly segmenter: () => Promise<Segmenter>) {}

  /** Open an object by its corners, or with what was drawn by hand; features are computed from now on. */
  async start(photo: number, { corners, strokes = [], label, spare = true, seconds = 0 }: NewObject): Promise<Found> {
    const size = await this.photos.pixels(photo);
    const clicks = corners && { corners, inside: null, corrections: [] };
    const work: KeptWork = { clicks, strokes, largest: false, fill: false, spare, imported: null };
    const content: Content = { label, state: "draft", work, mask: null, confidence: null };
    if (!clicks) {
      checkDrawn(work);
      const drawn = compose(work, null, await this.accepted(photo), size);
      return this.store.create(photo, { ...content, mask: drawn.stored() }, seconds, "brush");
    }
    checkInsideImage(checkedClicks(clicks), size);
    const created = await this.store.create(photo, content, seconds, "corners");
    void this.session(created).catch(() => undefined); // told with the next click
    return created;
  }

  /** An object that a person opens, with the mask that an acceptance would save. */
  async prepare(number: number): Promise<Found> {
    const found = await this.store.one(number);
    if (found.state !== "draft") return found;
    if (!found.mask && found.work.clicks) return this.shown(found, await this.masked(found, found.work, true));
    const clipped = await this.clipped(found);
    if (clipped && !clipped.equals(Patch.restored(found.mask!))) return this.shown(found, { patch: clipped, confidence: found.confidence });
    if (found.work.clicks) void this.session(found).catch(() => undefined);
    return found;
  }

  /** The mask for an inside click; null for an object that was deleted meanwhile. */
  async preview(number: number, [x, y]: Point): Promise<{ mask: MaskMessage | null; confidence: number }> {
    const found = await this.store.one(number);
    if (!found.work.clicks) throw new Refusal("an object needs clicks");
    const clicks = checkedClicks(found.work.clicks);
    const session = await this.session(found);
    if (!sameClicks(session.clicks, clicks)) await session.change(clicks);
    const prediction = await session.preview(x, y);
    return { mask: screen(prediction, PREVIEW_SIDE), confidence: prediction.confidence };
  }

  /** Make the object what a person wants it to be, and save it; `onMask` has a new mask before that. */
  async change(number: number, wish: Change, onMask: OnMask): Promise<Found> {
    const found = await this.store.one(number);
    if (found.version !== wish.version) throw new Refusal(CHANGED_ELSEWHERE, objectMessage(found));
    const work: KeptWork = { ...wish.work, imported: wish.work.clicks ? null : found.work.imported };
    let [mask, confidence] = [found.mask, found.confidence];
    if (!sameWork(work, found.work)) {
      const made = await this.masked(found, work, wish.state === "accepted", onMask);
      [mask, confidence] = [made.patch && made.patch.stored(), made.confidence];
    } else if (wish.state === "accepted" && found.state === "draft") await this.checkAcceptable(found);
    const facts = changedFacts(found.facts ?? NO_FACTS, wish.facts ?? {});
    const content: Content = { ...found, label: wish.label, state: wish.state, work, mask, confidence, facts };
    return this.store.change(number, wish.version, content, wish.seconds ?? 0, wish.kind);
  }

  /** Masks for all objects of a photo that have only a box; one step for undo. */
  async masksForBoxes(photo: number, step: number | null): Promise<MasksMade> {
    const boxes = (await this.store.objects(photo)).filter(({ mask, work }) => !mask && work.clicks);
    const waiting = boxes.slice(0, AT_ONCE);
    const made: [Found, Masked][] = [];
    for (const found of waiting) made.push([found, await this.masked(found, found.work, true)]);
    const fill = async (tables: Tables, together: Map<number, number>) => {
      const objects = [];
      for (const [found, { patch, confidence }] of made) {
        const content = { ...found, mask: patch && patch.stored(), confidence };
        objects.push(objectMessage(await changed(tables, found.id, found.version, content, 0, "automatic", together)));
      }
      return { objects, left: boxes.length - waiting.length, step: together.get(photo) ?? step };
    };
    return { ...(await this.store.together(fill, photo, step)), ...(await this.store.canWalk(photo)) };
  }

  private shown({ id, version }: Found, { patch, confidence }: Masked): Promise<Found> {
    return this.store.show(id, version, patch && patch.stored(), confidence);
  }

  /** The mask without what was accepted since, if accepted objects are to be spared. */
  private async clipped(found: Found): Promise<Patch | null> {
    const patch = found.mask && Patch.restored(found.mask);
    if (!patch || !found.work.spare) return patch;
    return (await this.accepted(found.photo, found.id)).reduce((left, other) => left.without(other), patch);
  }

  private async checkAcceptable(found: Found): Promise<void> {
    const mask = found.mask && Patch.restored(found.mask);
    if (!mask || !(await this.clipped(found))!.equals(mask)) {
      throw new Refusal(NOT_SHOWN, objectMessage(await this.prepare(found.id)));
    }
    if (!found.work.spare) return;
    const box = found.work.clicks ? union(mask.box, boxOf(checkedClicks(found.work.clicks))) : mask.box;
    if (!(await this.accepted(found.photo, found.id)).some((other) => meet(other.box, box))) return;
    const { patch: whole } = await this.masked(found, { ...found.work, spare: false }, true);
    if (whole && mask.area < (1 - SPARED) * whole.area) {
      throw new Refusal(
        `${Math.round(100 * (1 - mask.area / whole.area))}% of this object lies on accepted objects and would be left out. Switch ` +
        "'Do not overwrite accepted' off to keep the whole object, or correct its outline",
        objectMessage(found),
      );
    }
  }

  /** The mask of some work and the model's confidence; none for a mere box unless it is `needed`. */
  private async masked(found: Found, work: KeptWork, needed: boolean, onMask?: OnMask): Promise<Masked> {
    const clicks = work.clicks && checkedClicks(work.clicks);
    const opened = clicks && this.session({ ...found, work });
    if (opened && !clicks.inside && !found.mask && work.strokes.length === 0 && !needed) {
      opened.catch(() => undefined);
      return { patch: null, confidence: null };
    }
    if (!clicks && !work.imported) checkDrawn(work);
    const reading = work.spare ? this.acceptedMasks(found.photo, found.id) : Promise.resolve([]); // while the network runs
    reading.catch(() => undefined);
    let prediction: Prediction | null = null;
    if (opened) {
      const session = await opened;
      prediction = sameClicks(session.clicks, clicks) ? session.prediction : await session.change(clicks);
    }
    // What the model answers lies in its window: masks elsewhere take nothing from it.
    const window = work.strokes.length === 0 ? (prediction?.crop.window ?? null) : null;
    const accepted = (await reading).filter(({ box }) => !window || meet(placeOf(box), window)).map(Patch.restored);
    let told = false;
    if (prediction && isPlain(work, accepted)) {
      onMask?.(screen(prediction, SCREEN_SIDE));
      told = true;
    }
    const patch = compose(work, prediction, accepted, await this.photos.pixels(found.photo));
    if (!told) onMask?.(maskMessage(patch.box, patch.pixels, SCREEN_SIDE));
    return { patch, confidence: prediction?.confidence ?? null };
  }

  /** Masks of the photo's accepted objects, but for one. */
  private async accepted(photo: number, but = 0): Promise<Patch[]> {
    return (await this.acceptedMasks(photo, but)).map(Patch.restored);
  }

  private async acceptedMasks(photo: number, but: number): Promise<StoredPatch[]> {
    const objects = await this.store.objects(photo);
    return objects.flatMap(({ id, state, mask }) => (state === "accepted" && mask && id !== but ? [mask] : []));
  }

  /** The session of an object: open, or being opened. */
  private session({ id, photo, work }: Found): Promise<Session> {
    let opened = this.sessions.get(id);
    if (!opened) {
      opened = { photo, session: this.opened(photo, work) };
      opened.session.catch(() => this.sessions.delete(id));
    }
    this.sessions.delete(id);
    this.sessions.set(id, opened); // the last used is the last
    this.leave(photo);
    for (const [other] of this.sessions) if (this.sessions.size > SESSIONS) this.sessions.delete(other);
    return opened.session;
  }

  /** Another photo is worked on. */
  leave(photo: number): void {
    for (const [other, opened] of this.sessions) if (opened.photo !== photo) this.sessions.delete(other);
  }

  private async opened(photo: number, work: Work): Promise<Session> {
    const clicks = checkedClicks(work.clicks!);
    const session = await (await this.segmenter()).session(await this.photos.pixels(photo), clicks.corners);
    if (!sameClicks(session.clicks, clicks)) await session.change(clicks);
    return session;
  }
}

function checkDrawn({ strokes }: Work): void {
  if (strokes.length === 0) throw new Refusal("an object needs clicks or something drawn by hand");
}

/** The mask of some work, from the model's answer to its clicks. */
export function compose(
  work: KeptWork, prediction: Pick<Prediction, "mask"> | null, accepted: Patch[], { width, height }: { width: number; height: number },
): Patch {
  let patch = work.imported ? Patch.restored(work.imported) : Patch.empty;
  if (prediction) {
    const { box, pixels } = prediction.mask;
    patch = Patch.of(box, pixels);
  }
  if (patch.area && (work.largest || work.fill)) patch = patch.tidied(work.largest, work.fill);
  for (const stroke of work.strokes) patch = patch.changed(stroke, width, height);
  return work.spare ? accepted.reduce((left, other) => left.without(other), patch) : patch;
}

/** Whether the mask is the model's alone. */
function isPlain(work: Work, accepted: Patch[]): boolean {
  return work.strokes.length === 0 && !work.largest && !work.fill && accepted.length === 0;
}

function meet(a: Patch["box"], b: Patch["box"]): boolean {
  const shared = intersection(a, b);
  return widthOf(shared) > 0 && heightOf(shared) > 0;
}

function sameWork(a: KeptWork, b: KeptWork): boolean {
  const known = ({ clicks, strokes, largest, fill, spare }: KeptWork) =>
    JSON.stringify([clicks && [clicks.corners, clicks.inside, clicks.corrections], strokes, largest, fill, spare]);
  return known(a) === known(b);
}

/** What the model answered, for the screen. */
function screen({ crop, cropProbability }: Prediction, side: number): MaskMessage | null {
  const { window, size } = crop;
  const scale = Math.min(1, side / Math.max(widthOf(window), heightOf(window)));
  const [width, height] = [widthOf(window), heightOf(window)].map((edge) => Math.max(1, Math.round(edge * scale))) as [number, number];
  const part = { x0: 0, y0: 0, x1: width, y1: height };
  return maskMessage(window, reachedPart(cropProbability, { width: size, height: size }, { width, height }, part, THRESHOLD), side);
}

/** A sentence of the segmenter's is the page's to show. */
export const asRefusal = (error: unknown) => (error instanceof IogError ? new Refusal(error.message) : error);

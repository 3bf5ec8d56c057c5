// What is done to several objects of a photo at once: each is one step for undo (`iog.annotator.bulk`).

import { Refusal } from "../backend";
import { NO_FACTS } from "../facts";
import type { Bulk, BulkKind, PhotoHistory } from "../types";
import type { Tables } from "./database";
import { objectMessage } from "./messages";
import { Patch } from "./patch";
import { partsOf } from "./pixels";
import type { Content, Found, KeptWork, ObjectRow, PhotoRow } from "./rows";
import { type Store, type Together, canWalk, changed, created, one } from "./store";

/** Within one step: what the other calls need. */
interface Hand {
  tables: Tables;
  together: Together;
  kind: BulkKind;
}

export function bulk(store: Store, photo: number, { kind, objects, label, photo: to, seconds = 0 }: Bulk): Promise<PhotoHistory> {
  return store.together(async (tables, together) => {
    const hand = { tables, together, kind };
    const rows: Found[] = [];
    for (const number of objects) rows.push(await one(tables, number));
    if (rows.some((row) => row.photo !== photo || row.state === "deleted")) {
      throw new Refusal("these objects changed in another tab; open the photo again");
    }
    const target = kind === "copy" ? await fitting(tables, photo, to ?? null) : photo;
    const made = await done(hand, rows, target, label ?? "", seconds);
    return { objects: made.map(objectMessage), ...(await canWalk(tables, photo)) };
  });
}

async function done(hand: Hand, rows: Found[], target: number, label: string, seconds: number): Promise<Found[]> {
  switch (hand.kind) {
    case "merge": return merged(hand, rows, seconds);
    case "split": return (await inTurn(rows, seconds, (row, pause) => split(hand, row, pause))).flat();
    case "label": return inTurn(rows.filter((row) => row.label !== label), seconds, (row, pause) => change(hand, { ...row, label }, pause));
    case "group": return grouped(hand, rows, seconds);
    // The model would answer the same clicks with another mask on another photo.
    default: return inTurn(rows, seconds, (row, pause) => copied(hand, row, target, hand.kind === "copy" && row.mask ? from(row.mask) : row.work, pause));
  }
}

/** A group of their own; they leave those that they were in. */
async function grouped(hand: Hand, rows: Found[], seconds: number): Promise<Found[]> {
  const others = await hand.tables.all<ObjectRow>("objects", rows[0]!.photo, "photo");
  const known = new Set<string | null | undefined>();
  for (const { id } of others) known.add((await one(hand.tables, id)).facts?.group);
  let number = 1;
  while (known.has(String(number))) number += 1;
  const group = String(number);
  return inTurn(rows, seconds, (row, pause) => change(hand, { ...row, facts: { ...NO_FACTS, ...row.facts, group } }, pause));
}

/** Several masks become the first object's; the others are deleted. */
async function merged(hand: Hand, rows: Found[], seconds: number): Promise<Found[]> {
  const patches = rows.flatMap(({ mask }) => (mask ? [Patch.restored(mask)] : [])).filter(({ area }) => area > 0);
  const [first, ...others] = rows;
  if (!first || !others.length || patches.length < rows.length) throw new Refusal("choose two or more objects that have masks to merge them");
  const whole = Patch.together(patches).stored();
  const result = [await change(hand, { ...first, mask: whole, work: from(whole) }, seconds)];
  for (const row of others) result.push(await change(hand, { ...row, state: "deleted" }, 0));
  return result;
}

/** The parts of a mask become objects of their own; the largest keeps the object. */
async function split(hand: Hand, row: Found, seconds: number): Promise<Found[]> {
  const patch = row.mask && Patch.restored(row.mask);
  const size = patch && { width: patch.box.x1 - patch.box.x0, height: patch.box.y1 - patch.box.y0 };
  const [first, ...others] = patch && size ? partsOf(patch.pixels, size).map((part) => Patch.of(patch.box, part).stored()) : [];
  if (!first || !others.length) throw new Refusal("this object is in one piece, so there is nothing to split");
  const result = [await change(hand, { ...row, mask: first, work: from(first) }, seconds)];
  for (const mask of others) {
    result.push(await created(hand.tables, row.photo, { ...row, mask, work: from(mask) }, 0, hand.kind, hand.together));
  }
  return result;
}

/** Copies are drafts that spare nothing: they may lie on what they are copies of. */
function copied({ tables, kind, together }: Hand, row: Found, photo: number, work: KeptWork, seconds: number): Promise<Found> {
  return created(tables, photo, { ...row, state: "draft", work: { ...work, spare: false } }, seconds, kind, together);
}

function change({ tables, kind, together }: Hand, row: Found, seconds: number): Promise<Found> {
  return changed(tables, row.id, row.version, row satisfies Content, seconds, kind, together);
}

/** The person's time counts once. */
async function inTurn<T>(rows: Found[], seconds: number, task: (row: Found, pause: number) => Promise<T>): Promise<T[]> {
  const result: T[] = [];
  for (const row of rows) result.push(await task(row, result.length ? 0 : seconds));
  return result;
}

/** Work that starts from a mask. */
function from(imported: NonNullable<KeptWork["imported"]>): KeptWork {
  return { clicks: null, strokes: [], largest: false, fill: false, spare: false, imported };
}

/** The other photo, if these objects fit it. */
async function fitting(tables: Tables, here: number, there: number | null): Promise<number> {
  const from = await tables.get<PhotoRow>("photos", here);
  const to = there === null ? undefined : await tables.get<PhotoRow>("photos", there);
  if (!to) throw new Refusal("name the photo to copy to");
  if (from?.width !== to.width || from?.height !== to.height) {
    throw new Refusal(`${to.path} has another size, so these objects do not fit it; outline them there`);
  }
  return to.id;
}

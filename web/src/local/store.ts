// The project as the browser keeps it: objects as lists of steps, and one history per photo. Undo and redo move objects to
// positions in their lists, so that they work across reloads; a new step forgets what was undone (`iog.annotator.store`).

import { Refusal } from "../backend";
import { NO_FACTS } from "../facts";
import type { PhotoHistory, State } from "../types";
import { type Database, type Tables } from "./database";
import { LabelTable } from "./labels";
import { objectMessage } from "./messages";
import {
  type Content, type Entry, type Found, type ObjectRow, type PhotoRow, type Step, type StepKind, type Timing, efforts, present,
} from "./rows";

export const CHANGED_ELSEWHERE = "this object was changed elsewhere";

/** Photos to which steps belong together: they are one step for undo. */
export type Together = Map<number, number>;

export class Store {
  readonly labels: LabelTable;

  constructor(readonly database: Database) {
    this.labels = new LabelTable(database);
  }

  // ---- objects

  /** The photo's objects, deleted ones left out, in the order in which they were made. */
  objects(photo: number): Promise<Found[]> {
    return this.database.read(async (tables) => {
      const rows = await tables.all<ObjectRow>("objects", photo, "photo");
      return Promise.all(present(rows).map((row) => kept(tables, row)));
    });
  }

  /** One object, also a deleted one. */
  one(number: number): Promise<Found> {
    return this.database.read((tables) => one(tables, number));
  }

  create(photo: number, content: Content, seconds: number, kind: StepKind): Promise<Found> {
    return this.database.write((tables) => created(tables, photo, content, seconds, kind));
  }

  /** Add a step; steps that were undone are forgotten. A conflict unless `version` is the newest. */
  change(number: number, version: number, content: Content, seconds: number, kind: StepKind): Promise<Found> {
    return this.database.write((tables) => changed(tables, number, version, content, seconds, kind));
  }

  /** Give an object the mask that a person sees when they open it, which is no step of theirs: what was undone can be redone. */
  show(number: number, version: number, mask: Content["mask"], confidence: number | null): Promise<Found> {
    return this.database.write(async (tables) => {
      const found = await one(tables, number);
      if (found.version !== version) throw new Refusal(CHANGED_ELSEWHERE, objectMessage(found));
      const content = { ...found, mask, confidence };
      const entries = await tables.all<Entry>("history", found.photo, "photo");
      const last = entries.findLast(({ undone }) => !undone);
      const redoable = entries.some(({ undone, moves }) => undone && moves.some(({ object }) => object === number));
      // Pixels that went to accepted objects come back with the undo of the step before, where that can be.
      if (found.mask && last && !redoable) {
        return changed(tables, number, version, content, 0, "automatic", new Map([[found.photo, last.id]]));
      }
      await step(tables, number, found.position, content);
      return moved(tables, number, found.position);
    });
  }

  /** Bring a deleted object back as it was before. */
  restore(number: number, seconds: number): Promise<Found> {
    return this.database.write(async (tables) => {
      const found = await one(tables, number);
      const steps = await tables.all<Step>("steps", IDBKeyRange.bound([number, 0], [number, Infinity]));
      const before = steps.findLast(({ state }) => state !== "deleted");
      if (found.state !== "deleted" || !before) throw new Refusal("this object is not deleted");
      return changed(tables, number, found.version, before, seconds, "restore");
    });
  }

  /** The photo's deleted objects, the newest first. */
  deleted(photo: number): Promise<Found[]> {
    return this.database.read(async (tables) => {
      const rows = await tables.all<ObjectRow>("objects", photo, "photo");
      const gone = rows.filter(({ state }) => state === "deleted").sort((a, b) => b.touched - a.touched);
      const found = await Promise.all(gone.map((row) => kept(tables, row)));
      return found.filter(({ position }) => position >= 0);
    });
  }

  /** Several changes that hold all or not at all; one step for undo, which may be a photo's last one. */
  together<T>(task: (tables: Tables, together: Together) => Promise<T>, photo = 0, step: number | null = null): Promise<T> {
    return this.database.write(async (tables) => {
      const before = step === null ? undefined : await tables.get<Entry>("history", step);
      return task(tables, new Map(before && !before.undone && before.photo === photo ? [[photo, before.id]] : []));
    });
  }

  // ---- the photo's history

  canWalk(photo: number): Promise<{ can_undo: boolean; can_redo: boolean }> {
    return this.database.read((tables) => canWalk(tables, photo));
  }

  walk(photo: number, direction: "undo" | "redo", seconds: number): Promise<PhotoHistory> {
    return this.database.write(async (tables) => {
      const undo = direction === "undo";
      const entries = await tables.all<Entry>("history", photo, "photo");
      const entry = undo ? entries.findLast(({ undone }) => !undone) : entries.find(({ undone }) => undone);
      const objects = [];
      if (entry) {
        await tables.put("history", { ...entry, undone: undo });
        for (const { object, before, after } of entry.moves) {
          objects.push(await moved(tables, object, undo ? before : after));
          await time(tables, object, direction, objects.length === 1 ? seconds : 0);
        }
      }
      return { objects: objects.map(objectMessage), ...(await canWalk(tables, photo)) };
    });
  }

  // ---- times

  /** What each object cost, by its number; only the work after `since`. */
  efforts(since = 0): Promise<Map<number, { seconds: number; clicks: number }>> {
    return this.database.read(async (tables) => {
      const rows = present(await tables.all<ObjectRow>("objects"));
      const timings = (await tables.all<Timing>("timings")).filter(({ at }) => at >= since);
      return efforts(timings, new Set(rows.map(({ id }) => id)));
    });
  }

  /** Every step of every object in the order of time, also of deleted ones. */
  timings(): Promise<(Timing & Pick<ObjectRow, "label" | "state"> & { path: string })[]> {
    return this.database.read(async (tables) => {
      const photos = new Map((await tables.all<PhotoRow>("photos")).map(({ id, path }) => [id, path]));
      const objects = new Map((await tables.all<ObjectRow>("objects")).map((row) => [row.id, row]));
      return (await tables.all<Timing>("timings")).flatMap((timing) => {
        const row = objects.get(timing.object);
        return row ? [{ ...timing, label: row.label, state: row.state, path: photos.get(row.photo) ?? "" }] : [];
      });
    });
  }

  // ---- photos

  photo(number: number): Promise<PhotoRow> {
    return this.database.read(async (tables) => {
      const row = await tables.get<PhotoRow>("photos", number);
      if (!row) throw new Refusal(`the project has no photo number ${number}`);
      return row;
    });
  }

  /** All photos in order, each with its objects. */
  photos(): Promise<{ row: PhotoRow; objects: ObjectRow[] }[]> {
    return this.database.read(async (tables) => {
      const rows = await tables.all<PhotoRow>("photos");
      const objects = new Map<number, ObjectRow[]>(rows.map(({ id }) => [id, []]));
      for (const row of await tables.all<ObjectRow>("objects")) objects.get(row.photo)?.push(row);
      const order = (a: PhotoRow, b: PhotoRow) => compare(a.sort, b.sort) || compare(a.path, b.path);
      return rows.sort(order).map((row) => ({ row, objects: objects.get(row.id) ?? [] }));
    });
  }

  updatePhoto(number: number, facts: Partial<PhotoRow>): Promise<PhotoRow> {
    return this.database.write(async (tables) => {
      const row = { ...(await tables.get<PhotoRow>("photos", number))!, ...facts };
      await tables.put("photos", row);
      return row;
    });
  }
}

const compare = (a: string, b: string) => (a < b ? -1 : Number(a > b));

export async function one(tables: Tables, number: number): Promise<Found> {
  const row = await tables.get<ObjectRow>("objects", number);
  if (!row) throw new Refusal(`the project has no object number ${number}`);
  return kept(tables, row);
}

async function kept(tables: Tables, row: ObjectRow): Promise<Found> {
  const step = await tables.get<Step>("steps", [row.id, Math.max(row.position, 0)]);
  // Before it was made an object counts as deleted.
  return { ...step!, ...row };
}

export async function created(
  tables: Tables, photo: number, content: Content, seconds: number, kind: StepKind, together?: Together,
): Promise<Found> {
  check(content);
  const { label, state, confidence } = content;
  const row = { photo, version: 1, position: 0, touched: Date.now() / 1000, label, state, confidence };
  const id = (await tables.put("objects", row)) as number;
  await step(tables, id, 0, content);
  await time(tables, id, kind, seconds);
  await record(tables, photo, { object: id, before: -1, after: 0 }, together);
  return one(tables, id);
}

export async function changed(
  tables: Tables, number: number, version: number, content: Content, seconds: number, kind: StepKind, together?: Together,
): Promise<Found> {
  check(content);
  const found = await one(tables, number);
  if (found.version !== version) throw new Refusal(CHANGED_ELSEWHERE, objectMessage(found));
  const position = found.position + 1;
  await tables.remove("steps", IDBKeyRange.bound([number, position], [number, Infinity]));
  await step(tables, number, position, content);
  await time(tables, number, kind, seconds);
  await record(tables, found.photo, { object: number, before: found.position, after: position }, together);
  return moved(tables, number, position);
}

function check({ state, mask }: Content): void {
  if (state === "accepted" && (!mask || mask.runs.length < 2)) {
    throw new Refusal("this mask has no pixel, so it cannot be accepted; click on the object, or delete it");
  }
}

async function step(tables: Tables, object: number, position: number, content: Content): Promise<void> {
  const { label, state, work, mask, confidence, facts = NO_FACTS } = content;
  await tables.put("steps", { object, position, label, state, work, mask, confidence, facts } satisfies Step);
}

async function time(tables: Tables, object: number, kind: StepKind, seconds: number): Promise<void> {
  await tables.put("timings", { object, kind, at: Date.now() / 1000, seconds } satisfies Omit<Timing, "id">);
}

async function moved(tables: Tables, number: number, position: number): Promise<Found> {
  const row = (await tables.get<ObjectRow>("objects", number))!;
  const at = (await tables.get<Step>("steps", [number, Math.max(position, 0)]))!;
  const state: State = position < 0 ? "deleted" : at.state;
  const { label, confidence } = at;
  await tables.put("objects", { ...row, version: row.version + 1, position, touched: Date.now() / 1000, label, state, confidence });
  return one(tables, number);
}

async function record(tables: Tables, photo: number, move: Entry["moves"][number], together?: Together): Promise<void> {
  const open = together?.get(photo);
  if (open !== undefined) {
    const entry = (await tables.get<Entry>("history", open))!;
    const same = entry.moves.find(({ object }) => object === move.object);
    if (same) same.after = move.after;
    else entry.moves.push(move);
    await tables.put("history", entry);
    return;
  }
  for (const entry of await tables.all<Entry>("history", photo, "photo")) {
    if (entry.undone) await tables.remove("history", entry.id);
  }
  const id = (await tables.put("history", { photo, undone: false, moves: [move] } satisfies Omit<Entry, "id">)) as number;
  together?.set(photo, id);
}

export async function canWalk(tables: Tables, photo: number): Promise<{ can_undo: boolean; can_redo: boolean }> {
  const entries = await tables.all<Entry>("history", photo, "photo");
  return { can_undo: entries.some(({ undone }) => !undone), can_redo: entries.some(({ undone }) => undone) };
}

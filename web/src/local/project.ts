// The project as one file: labels, objects with all their steps, history and times. Photos are named, not held.

import { Refusal, type Duplicates } from "../backend";
import type { Attribute, Count } from "../types";
import type { Tables } from "./database";
import { addAttributes, attributesOf, labelsOf } from "./labels";
import { type StoredPatch } from "./patch";
import type { Content, Entry, KeptWork, ObjectRow, PhotoRow, Step, StepKind, Timing } from "./rows";
import { type Store, changed, one } from "./store";

const FORMAT = "iog-web-project-1";

type Plain<T> = T extends StoredPatch ? { box: StoredPatch["box"]; runs: number[] } : T;
type PlainStep = Omit<Step, "object" | "mask" | "work"> & {
  mask: Plain<StoredPatch> | null;
  work: Omit<KeptWork, "imported"> & { imported: Plain<StoredPatch> | null };
};

interface ProjectFile {
  format: typeof FORMAT;
  labels: string[];
  /** Missing in files of older pages. */
  attributes?: Attribute[];
  photos: (Pick<PhotoRow, "path" | "sha256" | "width" | "height" | "done"> & {
    objects: { id: number; position: number; touched: number; steps: PlainStep[]; timings: Omit<Timing, "id" | "object">[] }[];
    history: Omit<Entry, "id" | "photo">[];
  })[];
}

/** The whole project as JSON. */
export function projectFile(store: Store): Promise<Blob> {
  return store.database.read(async (tables) => {
    const steps = grouped(await tables.all<Step>("steps"), ({ object }) => object);
    const timings = grouped(await tables.all<Timing>("timings"), ({ object }) => object);
    const objects = grouped(await tables.all<ObjectRow>("objects"), ({ photo }) => photo);
    const history = grouped(await tables.all<Entry>("history"), ({ photo }) => photo);
    const photos = (await tables.all<PhotoRow>("photos")).map(({ id, path, sha256, width, height, done }) => ({
      path, sha256, width, height, done,
      objects: (objects.get(id) ?? []).map((row) => ({
        id: row.id, position: row.position, touched: row.touched,
        steps: (steps.get(row.id) ?? []).map(plain),
        timings: (timings.get(row.id) ?? []).map(({ kind, at, seconds }) => ({ kind, at, seconds })),
      })),
      history: (history.get(id) ?? []).map(({ undone, moves }) => ({ undone, moves })),
    }));
    const file: ProjectFile = { format: FORMAT, labels: await labelsOf(tables), attributes: await attributesOf(tables), photos };
    return new Blob([JSON.stringify(file)], { type: "application/json" });
  });
}

export const isProject = (data: unknown): data is ProjectFile => (data as ProjectFile | null)?.format === FORMAT;

/** Add the objects of a project file to photos of the same names (or of the same content). */
export async function importProject(store: Store, file: ProjectFile, duplicates: Duplicates): Promise<Count> {
  const notes: string[] = [];
  let count = 0;
  await store.database.write(async (tables) => {
    const here = await tables.all<PhotoRow>("photos");
    for (const photo of file.photos) {
      const row = here.find(({ path }) => path === photo.path) ?? here.find(({ sha256 }) => sha256 !== null && sha256 === photo.sha256);
      if (!row) {
        if (photo.objects.length) notes.push(`${photo.path} is not on this page; add it, then import again`);
        continue;
      }
      if (row.width !== null && photo.width !== null && (row.width !== photo.width || row.height !== photo.height)) {
        notes.push(`${photo.path} has another size here: ${row.width} x ${row.height}, not ${photo.width} x ${photo.height}`);
        continue;
      }
      const numbers = new Map<number, number>();
      const there = await existing(tables, row.id);
      for (const { id, position, touched, steps, timings } of photo.objects) {
        const now = steps.find((step) => step.position === Math.max(position, 0));
        if (!now) throw new Refusal("the project file is damaged: an object has no step");
        const same = position >= 0 && now.state !== "deleted" ? there.get(keyOf(now)) : undefined;
        if (same && duplicates === "skip") continue;
        if (same && duplicates === "replace") await remove(tables, same);
        const { label, state, confidence } = now;
        const added: Omit<ObjectRow, "id"> = {
          photo: row.id, version: 1, position, touched, label, confidence, state: position < 0 ? "deleted" : state,
        };
        const number = (await tables.put("objects", added)) as number;
        numbers.set(id, number);
        for (const step of steps) await tables.put("steps", { ...restored(step), object: number });
        for (const timing of timings) await tables.put("timings", { ...timing, object: number });
        if (added.state !== "deleted") count += 1;
      }
      for (const { undone, moves } of photo.history) {
        const kept = moves.filter(({ object }) => numbers.has(object)).map((move) => ({ ...move, object: numbers.get(move.object)! }));
        if (kept.length) await tables.put("history", { photo: row.id, undone, moves: kept });
      }
      if (photo.done && numbers.size) await tables.put("photos", { ...row, done: true });
    }
    await addLabels(tables, file.labels);
    await addAttributes(tables, file.attributes ?? []);
  });
  return { count, notes };
}

/** What a photo has already, by label and box. */
export async function existing(tables: Tables, photo: number): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const { id, state } of await tables.all<ObjectRow>("objects", photo, "photo")) {
    if (state !== "deleted") found.set(keyOf(await one(tables, id)), id);
  }
  return found;
}

/** An object's label and box, by which it is known again. */
export function keyOf({ label, mask, work }: Pick<PlainStep, "label" | "mask" | "work"> | Content): string {
  return JSON.stringify([label, mask?.box ?? work.clicks?.corners ?? null]);
}

export async function remove(tables: Tables, number: number): Promise<void> {
  const found = await one(tables, number);
  await changed(tables, number, found.version, { ...found, state: "deleted" }, 0, "delete" satisfies StepKind);
}

/** "object" is what a new project begins with; labels of one's own take its place. */
export async function addLabels(tables: Tables, labels: string[]): Promise<void> {
  const known = await labelsOf(tables);
  const used = new Set((await tables.all<ObjectRow>("objects")).map(({ label }) => label));
  const all = [...new Set([...known, ...labels])];
  const needless = known.length === 1 && known[0] === "object" && !labels.includes("object") && !used.has("object") && labels.length > 0;
  await tables.put("settings", needless ? all.slice(1) : all, "labels");
}

function plain({ object: _, mask, work, ...step }: Step): PlainStep {
  const listed = (patch: StoredPatch | null) => patch && { box: patch.box, runs: [...patch.runs] };
  return { ...step, mask: listed(mask), work: { ...work, imported: listed(work.imported) } };
}

function restored({ mask, work, ...step }: PlainStep): Omit<Step, "object"> {
  const packed = (patch: Plain<StoredPatch> | null) => patch && { box: patch.box, runs: Uint32Array.from(patch.runs) };
  return { ...step, mask: packed(mask), work: { ...work, imported: packed(work.imported) } };
}

function grouped<T>(rows: T[], key: (row: T) => number): Map<number, T[]> {
  const found = new Map<number, T[]>();
  for (const row of rows) {
    const group = found.get(key(row));
    if (group) group.push(row);
    else found.set(key(row), [row]);
  }
  return found;
}

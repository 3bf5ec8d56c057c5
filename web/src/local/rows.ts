// What the browser keeps, row by row.

import type { BulkKind, Facts, Kind, PhotoFilter, PhotoMessage, State, Statistics, Work } from "../types";
import type { StoredPatch } from "./patch";

/** How many clicks a step of each kind cost a person; other kinds cost none. */
const CLICKS: Readonly<Record<string, number>> = { corners: 2, inside: 1, correction: 1, move: 1, remove: 1 };

/** Below this confidence an object is worth a second look. */
const DOUBTFUL = 0.8;

export type StepKind = Kind | BulkKind | "undo" | "redo" | "restore" | "import" | "automatic";

export interface PhotoRow {
  id: number;
  path: string;
  /** Natural order: numbers by value. */
  sort: string;
  /** Of the file, where the browser could tell. */
  sha256: string | null;
  /** Of the file. */
  bytes: number;
  width: number | null;
  height: number | null;
  done: boolean;
  problem: string | null;
}

/** Clicks, switches and strokes; `imported` is the mask to start from when there are no clicks. */
export interface KeptWork extends Work {
  imported: StoredPatch | null;
}

/** What an object is after a step. */
export interface Content {
  label: string;
  state: State;
  work: KeptWork;
  mask: StoredPatch | null;
  confidence: number | null;
  /** Missing in what older pages wrote. */
  facts?: Facts;
}

export interface Step extends Content {
  object: number;
  position: number;
}

export interface ObjectRow {
  id: number;
  photo: number;
  version: number;
  /** Of the step that it is at; -1 before it was made. */
  position: number;
  touched: number;
  /** Of that step, so that lists need not read it. */
  label: string;
  state: State;
  confidence: number | null;
}

export interface Found extends ObjectRow, Omit<Step, "object"> {}

/** A step of a person on a photo: where each object was before and after. */
export interface Entry {
  id: number;
  photo: number;
  undone: boolean;
  moves: { object: number; before: number; after: number }[];
}

export interface Timing {
  id: number;
  object: number;
  kind: StepKind;
  /** Seconds since 1970. */
  at: number;
  seconds: number;
}

/** Text whose order is the natural one. */
export const sortKey = (path: string) => path.replace(/\d+/g, (number) => number.padStart(20, "0")).toLowerCase();

export function photoMessage(row: PhotoRow, objects: ObjectRow[], drafts = 0): PhotoMessage {
  const { id, path, sha256, width, height, done, problem } = row;
  return { id, path, sha256, width, height, done, problem, objects: present(objects).length, drafts };
}

export const present = <T extends { state: State }>(objects: T[]) => objects.filter(({ state }) => state !== "deleted");

/** Whether a photo is listed. */
export function passes(row: PhotoRow, all: ObjectRow[], filter: PhotoFilter, search = ""): boolean {
  const objects = present(all);
  const wanted = search.toLowerCase();
  if (wanted && ![row.path, ...objects.map(({ label }) => label)].some((text) => text.toLowerCase().includes(wanted))) return false;
  switch (filter) {
    case "todo": return !row.done && row.problem === null && objects.length === 0;
    case "started": return !row.done && objects.length > 0;
    case "review": return objects.some(({ state }) => state === "draft");
    case "doubtful": return objects.some(({ confidence }) => confidence !== null && confidence < DOUBTFUL);
    case "done": return row.done;
    case "broken": return row.problem !== null;
    default: return true;
  }
}

/** What objects cost that a person touched and did not delete, by the object's number. */
export function efforts(timings: Timing[], kept: Set<number>): Map<number, { seconds: number; clicks: number }> {
  const byHand = new Set(timings.filter(({ kind }) => kind !== "import" && kind !== "automatic").map(({ object }) => object));
  const found = new Map<number, { seconds: number; clicks: number }>();
  for (const { object, kind, seconds } of timings) {
    if (!kept.has(object) || !byHand.has(object)) continue;
    const sum = found.get(object) ?? { seconds: 0, clicks: 0 };
    found.set(object, { seconds: sum.seconds + seconds, clicks: sum.clicks + (CLICKS[kind] ?? 0) });
  }
  return found;
}

export function statisticsOf(found: { seconds: number; clicks: number }[]): Statistics {
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  const [seconds, clicks] = [found.map((one) => one.seconds), found.map((one) => one.clicks)];
  return {
    objects: found.length, seconds: sum(seconds), clicks: sum(clicks), median_seconds: median(seconds), median_clicks: median(clicks),
  };
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  return sorted.length ? (sorted[Math.ceil(half) - 1]! + sorted[Math.floor(half)]!) / 2 : 0;
}

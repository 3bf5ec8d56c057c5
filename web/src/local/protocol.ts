// What the page and its Worker say to each other.

import { Lost, Refusal, Unreachable, type Backend, type Desk, type Download, type ExportQuery } from "../backend";
import type { Count, MaskMessage, ObjectMessage } from "../types";
import type { Source } from "./photos";
import type { Site } from "./site";

/** The backend without what only a page can do. */
export interface Local extends Omit<Backend, "picture" | "ahead" | "thumbnail" | "exportTo" | "intake" | "folder" | "desk" | "learning">, Desk {
  /** First of all; the model is loaded from then on. */
  begin(site: Site): Promise<void>;
  /** The photo, upright, for the page. */
  display(photo: number): Promise<ImageBitmap>;
  small(photo: number): Promise<Blob>;
  add(sources: Source[]): Promise<Count>;
  remove(photo: number): Promise<void>;
  /** Into a new folder within that one. */
  exportTo(query: ExportQuery, place: FileSystemDirectoryHandle): Promise<Omit<Download, "content">>;
}

export type Method = keyof Local;

export interface Request {
  id: number;
  method: Method;
  values: unknown[];
}

export interface Failed {
  message: string;
  kind: "refusal" | "lost" | "unreachable" | "defect";
  newest: ObjectMessage | null;
}

export type Reply =
  | { id: number; result: unknown }
  | { id: number; failed: Failed }
  /** Before a change is saved. */
  | { id: number; mask: MaskMessage | null }
  | { loaded: number; total: number };

export function failure(error: unknown): Failed {
  const { message } = error as Error;
  if (error instanceof Lost) return { message, kind: "lost", newest: null };
  if (error instanceof Refusal) return { message, kind: "refusal", newest: error.newest };
  return { message, kind: "defect", newest: null };
}

export function errorOf({ message, kind, newest }: Failed): Error {
  switch (kind) {
    case "lost": return new Lost(message);
    case "refusal": return new Refusal(message, newest);
    case "unreachable": return new Unreachable(message);
    default: return new Error(message);
  }
}

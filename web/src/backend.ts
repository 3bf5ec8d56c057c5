// What the page needs of whoever keeps its photos and its work: a server, or the browser itself (local/). Nothing else knows which.

import type {
  Attribute, Bulk, Change, Count, FormatName, HoverAnswer, Labels, LearningMessage, MaskMessage, MasksMade, Neighbour, NewObject, ObjectMessage, Outline, PhotoDetail, PhotoFilter,
  PhotoHistory, PhotoMessage, PhotoPage, Point, Project, Statistics,
} from "./types";

/**
 * The backend understood and said no: `message` is its sentence; `newest` comes with a conflict.
 * `unsaved`: it would have done it, but could not keep it.
 */
export class Refusal extends Error {
  constructor(message: string, readonly newest: ObjectMessage | null = null, readonly unsaved = false) {
    super(message);
  }
}

/** The backend did not answer: the same may be asked again. */
export class Unreachable extends Error {}

/** The project's file is gone: nothing can be saved any more, but all work can be rescued. */
export class Lost extends Error {}

/** What becomes of imported objects that are there already. */
export type Duplicates = "skip" | "replace" | "add";

export interface Download {
  name: string;
  content: Blob;
  /** What it leaves out. */
  notes: string[];
}

/** Which photos are listed. */
export interface ListQuery {
  filter: PhotoFilter;
  search: string;
}

export interface ExportQuery {
  format: FormatName;
  /** Pixels that polygons may stray. */
  tolerance: number;
  drafts: boolean;
  /** Photos marked done alone. */
  done: boolean;
  /** These labels alone; none: all. */
  labels: string[];
  /** This photo alone. */
  photo: number | null;
  /** Share of the photos that becomes a part of its own, for validation; 0: no parts. */
  val: number;
}

/** A photo as it is drawn; a bitmap is closed by whoever asked for it. */
export type Drawn = HTMLImageElement | ImageBitmap;

/** Photos that the person gives to the page. */
export interface Intake {
  add(files: File[]): Promise<Count>;
  /** Files and folders that were dropped. */
  addDropped(data: DataTransfer): Promise<Count>;
  /** A folder that the person picks now. */
  addFolder(): Promise<Count>;
  addSamples(): Promise<Count>;
  /** Take a photo away, with its objects. */
  remove(photo: number): Promise<void>;
  /** From now on told how many bytes of the model are there. */
  onProgress(told: (loaded: number, total: number) => void): void;
}

/** Learning while a person labels. Each answer is how it stands afterwards. */
export interface Learning {
  state(): Promise<LearningMessage>;
  turn(on: boolean): Promise<LearningMessage>;
  /** Learn a label without waiting for more objects. */
  now(label: string): Promise<LearningMessage>;
  /** End what is being learned; nothing changes by it. */
  stop(): Promise<LearningMessage>;
  /** Use a model for the next objects with a label; 0 is the one that the project started with. */
  use(label: string, number: number): Promise<LearningMessage>;
  /** Use the model that a label used before. */
  back(label: string): Promise<LearningMessage>;
  rename(number: number, name: string): Promise<LearningMessage>;
  remove(number: number): Promise<LearningMessage>;
  /** A model's files, for other programs. */
  files(number: number): Promise<Download>;
}

export interface Folder {
  /** Put a photo into it. */
  addPhoto(file: File): Promise<Count>;
}

/** What is done to several things at once. */
export interface Desk {
  /** Something done to several objects of a photo, as one step for undo; of copies the other photo's. */
  bulk(photo: number, wish: Bulk): Promise<PhotoHistory>;
  /** All objects of a label get another one, and it goes. */
  mergeLabel(old: string, name: string): Promise<Labels>;
  /** Rejects where objects have it. */
  deleteLabel(label: string): Promise<Labels>;
  /** #rrggbb; null: by its place in the list. */
  setColour(label: string, colour: string | null): Promise<Labels>;
  /** What objects are asked. */
  setAttributes(attributes: Attribute[]): Promise<Attribute[]>;
}

/**
 * Every promise that changes something is kept once the change is on the disk, and rejects with a `Refusal` or as `Lost` (nothing
 * is changed) or as `Unreachable` (it may be).
 */
export interface Backend {
  /** Null where photos are the backend's own. */
  readonly intake: Intake | null;
  /** Where photos lie in a folder. */
  readonly folder?: Folder;
  /** What not every backend can do; null: none of it. */
  readonly desk: Desk | null;
  /** Null where nothing can be learned. */
  readonly learning: Learning | null;

  project(): Promise<Project>;
  /** What objects cost; only the work after `since`, in seconds since 1970. */
  statistics(since?: number): Promise<Statistics>;
  setLabels(labels: string[]): Promise<string[]>;
  renameLabel(old: string, name: string): Promise<string[]>;
  /** What an export would leave out or change. */
  notes(query: ExportQuery): Promise<string[]>;
  importFile(file: File, duplicates: Duplicates): Promise<Count>;
  /** A file for the person. */
  export(query: ExportQuery): Promise<Download>;
  /** The same into a new folder within one that the person picks; null if they thought better of it. Missing where none can be picked. */
  exportTo?(query: ExportQuery): Promise<Omit<Download, "content"> | null>;
  /** The whole project as a file, also when its own is gone. */
  rescue(): Promise<Download>;

  photos(list: ListQuery, offset: number, limit: number): Promise<PhotoPage>;
  photo(id: number): Promise<PhotoDetail>;
  neighbour(id: number, direction: "next" | "previous", list: ListQuery): Promise<Neighbour>;
  setDone(id: number, done: boolean): Promise<PhotoMessage>;
  /** The photo, upright, to be drawn. */
  picture(photo: PhotoMessage): Promise<Drawn>;
  /** Have a photo at hand that may be opened next; missing where one photo is all that is kept. */
  ahead?(photo: PhotoMessage): Promise<void>;
  /** The same, small; rejects with why there is none. */
  thumbnail(photo: PhotoMessage): Promise<string>;

  create(photo: number, wish: NewObject): Promise<ObjectMessage>;
  /** Masks for some objects of a photo that have only a box; with the answer's `step` the next ones belong to the same step. */
  masksForBoxes(photo: number, step: number | null): Promise<MasksMade>;
  /** Take back what was done last on a photo, whatever object it concerned; or do it again. */
  walk(photo: number, direction: "undo" | "redo", seconds: number): Promise<PhotoHistory>;
  /** Objects of a photo that can be brought back, the newest first. */
  deleted(photo: number): Promise<ObjectMessage[]>;
  restore(id: number, seconds: number): Promise<ObjectMessage>;
  /** A person is about to work on an object; one that was only a box gets its mask. */
  open(id: number): Promise<ObjectMessage>;
  /** `onMask` has the mask before it is saved. */
  change(id: number, wish: Change, onMask: (mask: MaskMessage | null) => void): Promise<ObjectMessage>;
  /** The mask that an inside click at a point would give. `sequence` grows with each question of one `tab`. */
  preview(id: number, point: Point, tab: string, sequence: number): Promise<HoverAnswer>;
  /** With all pixels that a screen can show. */
  mask(id: number): Promise<MaskMessage | null>;
  outline(id: number, tolerance: number): Promise<Outline>;
}

// What the page and the server say to each other; mirrors schemas.py.

export type Point = [number, number];
export type Correction = [number, number, boolean];
export type State = "draft" | "accepted" | "deleted";
export type PhotoFilter = "all" | "todo" | "started" | "done" | "broken";
export type Kind =
  | "corners" | "inside" | "correction" | "move" | "remove" | "brush" | "tidy"
  | "label" | "accept" | "delete" | "reshape";

export interface Clicks {
  corners: [Point, Point];
  inside: Point | null;
  corrections: Correction[];
}

export interface Stroke {
  points: Point[];
  radius: number;
  add: boolean;
}

/** A stretch of the outline was moved from one path to another with the same ends. */
export interface Reshape {
  before: Point[];
  after: Point[];
  tolerance: number;
}

/** What a person did to an object; the mask is the server's function of it. */
export interface Work {
  clicks: Clicks | null;
  strokes: (Stroke | Reshape)[];
  largest: boolean;
  fill: boolean;
  spare: boolean;
}

export interface MaskMessage {
  /** Half-open, in image pixels. */
  box: [number, number, number, number];
  /** Width and height of the mask that is stretched over the box. */
  size: [number, number];
  /** Lengths of its runs row by row, background first; one may go on in the next row. */
  runs: number[];
}

export interface PhotoMessage {
  id: number;
  path: string;
  sha256: string | null;
  width: number | null;
  height: number | null;
  done: boolean;
  problem: string | null;
  objects: number;
}

export interface ObjectMessage {
  id: number;
  photo: number;
  version: number;
  label: string;
  state: State;
  work: Work;
  mask: MaskMessage | null;
  computed: boolean;
  area: number;
  confidence: number | null;
  can_undo: boolean;
  can_redo: boolean;
  touched: number;
}

/** What an object shall be from now on, seen at `version`. */
export interface Change {
  version: number;
  kind: Kind;
  work: Work;
  label: string;
  state: State;
  seconds: number;
}

/** A part of the answer to a change: the mask for the screen, then the object once it is saved, or why not. */
export interface Stage {
  mask: MaskMessage | null;
  object: ObjectMessage | null;
  failure: { error: string; object: ObjectMessage | null } | null;
}

export interface PhotoDetail {
  photo: PhotoMessage;
  scale: number;
  objects: ObjectMessage[];
  last_touched: ObjectMessage | null;
}

export interface Project {
  name: string;
  file: string;
  first: PhotoMessage | null;
  counts: Record<PhotoFilter, number>;
  labels: string[];
  formats: Record<string, string>;
}

export interface HoverAnswer {
  sequence: number;
  stale: boolean;
  mask: MaskMessage | null;
  confidence: number;
}

export interface Outline {
  polygons: { outer: Point[]; holes: Point[][] }[];
  vertices: number;
}

export interface Statistics {
  objects: number;
  seconds: number;
  clicks: number;
  median_seconds: number;
  median_clicks: number;
}

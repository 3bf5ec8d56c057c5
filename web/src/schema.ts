// Made by web/schema.py from the server's /api/openapi.json; do not edit.

/** A polygon drawn by hand: its inside is added or taken away. */
export interface AreaMessage {
  outline: [number, number][];
  add: boolean;
}

/** The last time that a label was learned. */
export interface AttemptMessage {
  label: string;
  objects: number;
  /** Clicks per object; None if it failed. */
  before: number | null;
  after: number | null;
  better: boolean;
  problem: string | null;
}

/** Something that every object is asked. */
export interface Attribute {
  name: string;
  /** One of them is the answer; none: yes or no. */
  choices: string[];
}

/** What objects are asked, in order. */
export interface Attributes {
  attributes: Attribute[];
}

/** Something that is done to several objects of a photo. */
export interface Bulk {
  kind: "duplicate" | "merge" | "split" | "label" | "group" | "copy";
  objects: number[];
  /** For "label". */
  label?: string;
  /** For "copy": where to. */
  photo?: number | null;
  seconds?: number;
}

/** What an object shall be from now on, seen at version. */
export interface Change {
  version: number;
  kind: "corners" | "inside" | "correction" | "move" | "remove" | "brush" | "reshape" | "tidy" | "label" | "facts" | "accept" | "delete";
  work: WorkMessage;
  label: string;
  state: "draft" | "accepted" | "deleted";
  /** Null: as they are. */
  facts?: FactsChange | null;
  seconds?: number;
}

/** iog.Clicks. */
export interface ClicksMessage {
  corners: [[number, number], [number, number]];
  inside: [number, number] | null;
  corrections: ([number, number, boolean] | [number, number, boolean, [number, number][]])[];
}

/** What an accepted object cost. */
export interface CostMessage {
  label: string;
  clicks: number;
}

/** How many objects something was done to, and what to know about it. */
export interface Count {
  count: number;
  notes: string[];
}

/** Whether a person is finished with a photo. */
export interface Done {
  done: boolean;
}

/** What becomes of some of an object's facts; what is left out stays as it is, whatever it is. */
export interface FactsChange {
  occluded?: boolean;
  truncated?: boolean;
  difficult?: boolean;
  crowd?: boolean;
  group?: string | null;
  description?: string;
  /** Answers by name; null takes one away. */
  attributes?: Record<string, JsonValue>;
}

/** What is known of an object besides its label and pixels; as formats of other tools name it. */
export interface FactsMessage {
  occluded: boolean;
  truncated: boolean;
  difficult: boolean;
  crowd: boolean;
  /** Objects of one photo with the same value belong together. */
  group: string | null;
  /** A comment. */
  description: string;
  /** Answers to what the project asks, and what other tools keep of the object. */
  attributes: Record<string, JsonValue>;
}

/** What was wrong and what to do, in one sentence. */
export interface Failure {
  error: string;
  /** The newest state, after a conflict. */
  object: ObjectMessage | null;
  /** The project's file is gone: nothing can be saved any more. */
  lost: boolean;
  /** What a person did is not kept, though no rule forbids it; what was refused is no loss. */
  unsaved: boolean;
}

/** The server runs. */
export interface Health {
  status: "ok";
  version: string;
}

/** The cursor is at (x, y). sequence grows with each question of one tab. */
export interface Hover {
  x: number;
  y: number;
  tab: string;
  sequence: number;
}

/** stale when the same tab asked again before this was answered; then there is no mask. */
export interface HoverAnswer {
  sequence: number;
  stale: boolean;
  mask: MaskMessage | null;
  confidence: number;
}

export type JsonValue = unknown;

/** The colour of a label, as #rrggbb; null: by its place in the list. */
export interface LabelColour {
  label: string;
  colour?: string | null;
}

/** Names for objects, in the order of their keys. */
export interface Labels {
  labels: string[];
  /** Of labels that have one of their own, as #rrggbb; not read from the page. */
  colours: Record<string, string>;
}

/** A model that was learned. */
export interface LearnedMessage {
  number: number;
  name: string;
  label: string;
  /** From how many it learned. */
  objects: number;
  /** Clicks per object before, measured on objects that it had not seen. */
  before: number;
  after: number;
  /** Whether the next objects with its label are opened with it. */
  used: boolean;
  /** If it is used: the model that its label used before; 0 is the one that the project started with. */
  back: number | null;
}

/** How learning stands. */
export interface LearningMessage {
  on: boolean;
  /** Why nothing can be learned: the train extra is not installed, or the model is no lite network. */
  missing: "extra" | "model" | null;
  /** What is being learned, or is about to be. */
  label: string | null;
  /** How much of that is done, 0 to 1. */
  share: number;
  /** It stands still, because the person works. */
  paused: boolean;
  /** Why a learned model cannot be used. */
  problem: string | null;
  models: LearnedMessage[];
  attempts: AttemptMessage[];
  /** The newest accepted objects, in the order in which they were accepted. */
  costs: CostMessage[];
}

/** A mask over a window of the photo. */
export interface MaskMessage {
  /** Half-open, in image pixels; for a preview it may leave the image. */
  box: [number, number, number, number];
  /** Width and height of the mask, which is stretched over the box. */
  size: [number, number];
  /** Lengths of its runs row by row, background first; one may go on in the next row. */
  runs: number[];
}

/** Masks for boxes; left: how many boxes wait yet. */
export interface MasksMade {
  /** Those that changed, as they are now; the state "deleted" takes one off the list. */
  objects: ObjectMessage[];
  can_undo: boolean;
  can_redo: boolean;
  left: number;
  step: number | null;
}

/** Masks for boxes; step: of the answer before, whose masks they belong to. */
export interface MasksWish {
  step?: number | null;
}

/** Another name for a model. */
export interface Name {
  name: string;
}

/** The next or previous photo; place counts those before it in the filtered list. */
export interface Neighbour {
  photo: PhotoMessage | null;
  place: number;
}

/** The second corner was clicked, or the object was drawn by hand. */
export interface NewObject {
  corners: [[number, number], [number, number]] | null;
  strokes?: (StrokeMessage | AreaMessage | ReshapeMessage)[];
  label: string;
  spare?: boolean;
  seconds?: number;
}

/** An object with its mask. */
export interface ObjectMessage {
  id: number;
  photo: number;
  version: number;
  label: string;
  state: "draft" | "accepted" | "deleted";
  work: WorkMessage;
  mask: MaskMessage | null;
  /** False while there is only a box. */
  computed: boolean;
  /** Pixels of the mask. */
  area: number;
  confidence: number | null;
  touched: number;
  facts: FactsMessage;
}

/** A label. */
export interface OneLabel {
  label: string;
}

/** The outline as polygons. */
export interface Outline {
  polygons: Ring[];
  vertices: number;
}

/** seconds since the person's step before. */
export interface Pause {
  seconds?: number;
}

/** A photo that is open, with its objects. */
export interface PhotoDetail {
  photo: PhotoMessage;
  /** Pixels of the displayed picture per photo pixel. */
  scale: number;
  objects: ObjectMessage[];
  can_undo: boolean;
  can_redo: boolean;
}

/** What undo or redo of a photo did. */
export interface PhotoHistory {
  /** Those that changed, as they are now; the state "deleted" takes one off the list. */
  objects: ObjectMessage[];
  can_undo: boolean;
  can_redo: boolean;
}

/** A photo in the list. */
export interface PhotoMessage {
  id: number;
  path: string;
  /** Of the file, once it was opened. */
  sha256: string | null;
  width: number | null;
  height: number | null;
  done: boolean;
  problem: string | null;
  objects: number;
  /** Of a photo that was marked done just now: how many of its objects nobody has accepted. */
  drafts: number;
}

/** A page of the list. */
export interface PhotoPage {
  total: number;
  photos: PhotoMessage[];
}

/** What the page needs first. */
export interface Project {
  name: string;
  file: string;
  /** Why nothing can be saved any more. */
  lost: string | null;
  first: PhotoMessage | null;
  counts: Record<"all" | "todo" | "started" | "review" | "doubtful" | "done" | "broken", number>;
  labels: string[];
  /** Of labels that have one of their own, as #rrggbb. */
  colours: Record<string, string>;
  /** What objects are asked besides occluded, truncated and so on. */
  attributes: Attribute[];
  /** Names of formats for /api/export, and what a person calls them. */
  formats: Record<"coco" | "coco-rle" | "yolo" | "voc" | "labelme" | "x-anylabeling" | "cvat" | "label-studio" | "png" | "png-photo" | "parquet" | "timings", string>;
}

/** Another name for a label. */
export interface Renaming {
  old: string;
  new: string;
}

/** A stretch of the outline was moved from one path to another with the same ends. */
export interface ReshapeMessage {
  before: [number, number][];
  after: [number, number][];
  tolerance: number;
}

/** One part of an object's outline, in continuous image coordinates. */
export interface Ring {
  outer: [number, number][];
  holes: [number, number][][];
}

/** One line of the answer to a change: first mask, then object once it is saved, or failure. */
export interface Stage {
  mask: MaskMessage | null;
  object: ObjectMessage | null;
  failure: Failure | null;
}

/** What the accepted and draft objects of the project cost. */
export interface Statistics {
  objects: number;
  seconds: number;
  clicks: number;
  median_seconds: number;
  median_clicks: number;
}

/** One movement of brush or eraser; radius in image pixels. */
export interface StrokeMessage {
  points: [number, number][];
  radius: number;
  add: boolean;
}

/** Whether to learn while the person labels. */
export interface Switch {
  on: boolean;
}

/** Which model a label shall use; 0 is the one that the project started with. */
export interface Use {
  label: string;
  number: number;
}

/** The label that is meant. */
export interface WhichLabel {
  label: string;
}

/** What a person did to an object. */
export interface WorkMessage {
  clicks: ClicksMessage | null;
  strokes: (StrokeMessage | AreaMessage | ReshapeMessage)[];
  largest: boolean;
  fill: boolean;
  spare: boolean;
}

// What the page and the backend say to each other, under the page's names: schema.ts is made of the server's.

import type {
  AreaMessage, Bulk, Change, ClicksMessage, FactsMessage, ObjectMessage, Project, ReshapeMessage, StrokeMessage, WorkMessage,
} from "./schema";

export type {
  Attribute, Bulk, Change, Count, FactsChange, Failure, HoverAnswer, Labels, LearnedMessage, LearningMessage, MaskMessage, MasksMade, Neighbour, NewObject, ObjectMessage, Outline, PhotoDetail, PhotoHistory, PhotoMessage,
  PhotoPage, Project, Stage, Statistics,
} from "./schema";

export type Point = [number, number];
/** A click after the third; with a fourth item a stroke: its pixels, whose middle one comes first. */
export type Correction = ClicksMessage["corrections"][number];
export type Clicks = ClicksMessage;
export type Stroke = StrokeMessage;
export type Reshape = ReshapeMessage;
export type Area = AreaMessage;
/** What a person did to an object; the mask is the backend's function of it. */
export type Work = WorkMessage;
/** What is known of an object besides its label and pixels. */
export type Facts = FactsMessage;
export type BulkKind = Bulk["kind"];
export type Kind = Change["kind"];
export type State = ObjectMessage["state"];
export type PhotoFilter = keyof Project["counts"];
/** A backend offers some of them. */
export type FormatName = keyof Project["formats"] | "project";

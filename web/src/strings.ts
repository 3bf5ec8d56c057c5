// Every text of the page, in one place, ready to be translated.

import type { Action } from "./keys";
import type { PhotoFilter } from "./types";

export const strings = {
  title: (project: string) => `${project} · iog`,
  photos: "Photos",
  objects: "Objects",
  labels: "Labels",
  view: "View",
  tools: "Tools",
  stage: "Photo. Move the cursor with the arrow keys, click with C, click to remove with X.",
  search: "Search photos",
  filter: "Show",
  filters: {
    all: "All", todo: "To do", started: "Started", done: "Done", broken: "Broken",
  } satisfies Record<PhotoFilter, string>,
  noPhotos: "No photos here.",
  photoStatus: (objects: number, done: boolean) =>
    `${objects === 1 ? "1 object" : `${objects} objects`}${done ? ", done" : ""}`,
  broken: "Cannot be read",

  hint: {
    loading: "Opening the photo …",
    first: "Click a corner of a box around an object.",
    second: "Click the opposite corner.",
    centre: "Move to the centre of the object; click when the mask fits.",
    correct: "Click to add, right-click to remove. Space accepts.",
    accepted: "This object is accepted. A click changes it.",
    brush: "Paint over what belongs to the object. [ and ] change the size.",
    eraser: "Paint over what does not belong to the object. [ and ] change the size.",
    brushNeedsObject: "Open an object first: the brush works on a mask.",
    empty: "This folder holds no photos.",
  },

  saved: "Saved",
  saving: "Saving …",
  offline: "Not saved: the server does not answer. Trying again …",
  conflict: "This object was changed in another tab. You now see the newer state; your last step was not saved.",

  previousPhoto: "Previous photo",
  nextPhoto: "Next photo",
  photoDone: "Done",
  photoNotDone: "Mark done",
  undo: "Undo",
  redo: "Redo",
  fit: "Fit to window",
  help: "Help and keys",
  theme: "Dark or light",
  exportImport: "Export and import",
  close: "Close",

  toolNames: { click: "Add clicks", remove: "Remove clicks", brush: "Brush", eraser: "Eraser" },
  brushSize: "Brush size",
  accept: "Accept",
  cancel: "Cancel",
  largest: "Keep only the largest part",
  fill: "Fill holes",
  spare: "Do not overwrite accepted objects",
  masksForBoxes: (count: number) => `Masks for all boxes (${count})`,
  working: "Computing …",
  confidence: (value: number) => `${Math.round(value * 100)} % sure`,
  boxOnly: "box only",
  draft: "draft",
  accepted: "accepted",
  noObjects: "None yet.",
  openObject: (name: string) => `Open ${name}`,
  showObject: (name: string) => `Show ${name}`,
  hideObject: (name: string) => `Hide ${name}`,
  deleteObject: (name: string) => `Delete ${name}`,
  objectName: (label: string, place: number) => `${label} ${place}`,
  labelOf: (name: string) => `Label of ${name}`,

  newLabel: "New label",
  addLabel: "Add label",
  useLabel: (label: string) => `Use label ${label}`,
  relabelAll: (label: string) => `Give all objects of this photo the label ${label}`,
  relabelAllShort: "All",

  opacity: "Mask opacity",
  brightness: "Brightness",
  contrast: "Contrast",
  guides: "Guide lines",
  outlinePoints: "Polygon points",
  detail: "Polygon tolerance",
  detailValue: (pixels: number, vertices: number | null) =>
    `${pixels} px${vertices === null ? "" : ` · ${vertices} points`}`,
  resetView: "Reset",

  helpIntro:
    "Two clicks on opposite corners of a box, one click at the centre of the object. Then correct: " +
    "left click adds, right click (or Shift or Alt with the left button) removes. Drag a click to move it, " +
    "click it to take it away. The wheel zooms, the middle button or Space with a drag moves the photo.",
  helpKeys: "Keys",
  changeKey: "Change",
  changeKeyOf: (action: string) => `Change the key for ${action}`,
  pressKey: "Press a key …",
  resetKeys: "Reset all keys",
  keyTaken: (action: string) => `That key was taken from “${action}”.`,
  actions: {
    guides: "Guide lines on and off",
    nextPhoto: "Next photo",
    previousPhoto: "Previous photo",
    doneAndNext: "Photo done, next one",
    accept: "Accept the object",
    cancel: "Cancel or close the object",
    undo: "Undo",
    redo: "Redo",
    deleteObject: "Delete the object",
    fit: "Fit the photo to the window",
    hide: "Hide all masks while held",
    clickTool: "Add clicks",
    brush: "Brush",
    eraser: "Eraser",
    smaller: "Smaller brush",
    larger: "Larger brush",
    clickHere: "Click at the keyboard cursor",
    removeHere: "Remove at the keyboard cursor",
    help: "This help",
  } satisfies Record<Action, string>,
  labelKeys: "Label for the object",

  exportTitle: "Export",
  exportFormat: "Format",
  exportTolerance: "Polygon tolerance in pixels",
  exportDrafts: "Also objects that are not accepted",
  exportButton: "Download",
  importTitle: "Import",
  importCoco: "COCO file with masks or boxes",
  importButton: "Import",
  imported: (count: number) => `${count === 1 ? "1 object" : `${count} objects`} imported.`,
  effort: "Effort",
  effortValue: (objects: number, seconds: number, clicks: number) =>
    objects === 0
      ? "No objects yet."
      : `${objects === 1 ? "1 object" : `${objects} objects`}; half of them took ${seconds.toFixed(1)} s ` +
        `and ${clicks} clicks or less.`,
};

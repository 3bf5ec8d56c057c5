// Every text of the page in English; the other languages have the same keys, or the page does not build.

import type { Action } from "../keys";
import { intake } from "./intake";
import type { Tool } from "../tool";
import type { PhotoFilter, Statistics } from "../types";
import { touch } from "./touch";

const number = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

const counted = (count: number, one: string, more = `${one}s`) => `${count} ${count === 1 ? one : more}`;

export const en = {
  language: "en",
  title: (project: string) => `${project} · iog`,
  photos: "Photos",
  objects: "Objects",
  labels: "Labels",
  view: "View",
  tools: "Tools",
  stage: "Photo. Move the cursor with the arrow keys, click with C, click to remove with X.",
  search: "Search photos and labels",
  filter: "Show",
  filters: {
    all: "All", todo: "To do", started: "Started", review: "To review", doubtful: "Doubtful", done: "Done", broken: "Broken",
  } satisfies Record<PhotoFilter, string>,
  tour: {
    name: "How it works",
    steps: [
      touch
        ? "Step 1 of 4: tap a corner of a box around any object."
        : "Step 1 of 4: move over the photo and click a corner of a box around any object.",
      touch
        ? "Step 2 of 4: tap the opposite corner."
        : "Step 2 of 4: click the opposite corner.",
      touch
        ? "Step 3 of 4: tap the centre of the object."
        : "Step 3 of 4: move to the centre of the object. The mask follows; click when it fits.",
      touch
        ? "Step 4 of 4: tap what is missing, hold your finger on what is too much. Then press Accept."
        : "Step 4 of 4: click what is missing, right-click what is too much. Space accepts. The key ? shows all keys.",
    ],
    skip: "Skip",
  },
  intake: intake.en,
  noPhotos: "No photos here.",
  photoStatus: (objects: number, done: boolean) =>
    `${objects === 0 ? "no objects" : counted(objects, "object")}${done ? ", done" : ""}`,
  broken: "Cannot be read",
  progress: "Photos done",
  photosDone: (done: number, all: number) => `${done} of ${all} done`,

  hint: {
    loading: "Opening the photo …",
    first: touch ? "1 of 3: tap a corner of a box around an object." : "1 of 3: click a corner of a box around an object. Without a mouse: arrow keys, then C.",
    second: touch ? "2 of 3: tap the opposite corner." : "2 of 3: click the opposite corner.",
    centre: touch
      ? "3 of 3: tap the centre of the object."
      : "3 of 3: move to the centre of the object; click when the mask fits.",
    proposed: touch
      ? "Accept this mask, or tap the centre of your object."
      : "Accept this mask with Space, or click the centre of your object.",
    correct: touch
      ? "Tap or draw to add, hold first to remove; then accept."
      : "Click or draw to add, with the right button to remove; Space accepts.",
    accepted: touch ? "Accepted. A tap changes it." : "Accepted. A click changes it.",
    brush: "Paint over what belongs to the object. [ and ], or comma and full stop, change the size.",
    eraser: "Paint over what does not belong to the object. [ and ], or comma and full stop, change the size.",
    polygon: "Click the corners of a polygon; click the first one again, or Enter, to close it. Right-click removes the last one.",
    magnetic: "Click along the edge. The first point again, a double click or Enter closes it; Backspace removes the last point.",
    points: touch
      ? "Drag a point or an edge of the outline; hold a point to remove it."
      : "Drag a point or an edge of the outline; right-click a point to remove it.",
    needsObject: "Open an object first: this tool works on a mask.",
    nothing: "Nothing is left of this object: accepted objects have its pixels. Untick “Do not overwrite accepted” to take them.",
    outsideBox: "That is outside the box. Click inside it, or drag a corner first.",
    outsideMask: "That is outside the object. Click on it to outline it again, or use the brush.",
    besidePhoto: "That is outside the photo; nothing changed.",
    noMask: "The mask is not ready yet; wait until you see it, then accept.",
    unseen: "You could not see this mask; here it is. Check it, then accept.",
    onAccepted: "More than a tenth of this object lies on accepted ones. Untick “Do not overwrite accepted” to keep it whole, or correct its outline.",
    lookAgain: "The mask changed when other objects were accepted. Check it, then accept.",
    review: (count: number) => ` · ${counted(count, "draft")} to review`,
    allDone: touch ? "All accepted. Mark the photo done, or outline another object." : "All done here? Shift+Enter marks the photo done and opens the next.",
    empty: "This folder holds no photos.",
  },

  saved: "Saved",
  saving: "Saving …",
  offline: "Not saved: the server does not answer. Trying again …",
  failed: "Last step not saved",
  lost: "Not saved: the project file is gone",
  rescue: "Download all work",
  conflict: "This object was changed in another tab. You now see the newer state; your last step was not saved.",

  previousPhoto: "Previous photo",
  nextPhoto: "Next photo",
  photoDone: "Done",
  photoNotDone: "Mark done",
  draftsLeft: (count: number) =>
    `${counted(count, "object is", "objects are")} not accepted, and will not be exported.`,
  lastDone: (left: number) =>
    left === 0 ? "All photos are done." : `That was the last photo of this list. ${counted(left, "photo is", "photos are")} not done yet.`,
  markAnyway: "Mark done anyway",
  showDrafts: "Show me",
  deletedObjects: "Deleted objects",
  noneDeleted: "None on this photo.",
  bringBack: (label: string) => `Bring ${label} back`,
  deletedRow: (label: string, area: number) => `${label}, ${area === 0 ? "box only" : counted(area, "pixel")}`,
  labelManager: {
    title: "Labels and colours",
    intro: "The first nine have the keys 1 to 9; key L finds any by typing.",
    manage: "Manage",
    merge: "Merge into …",
    merging: "Merge",
    mergeSure: (label: string, into: string) => `All objects labelled ${label} become ${into}, on all photos. This cannot be undone.`,
    mergeOf: (label: string) => `Merge ${label} into another label`,
    colourOf: (label: string) => `Colour of ${label}`,
    up: (label: string) => `Move ${label} up`,
    down: (label: string) => `Move ${label} down`,
    remove: (label: string) => `Delete label ${label}`,
  },
  many: {
    title: "Several objects",
    intro: "Choose objects, then an action. Each action is one step for undo.",
    all: "All",
    none: "None",
    duplicate: "Duplicate",
    merge: "Merge",
    split: "Split into parts",
    group: "Group",
    copy: "Copy to the next photo",
    noNext: "There is no next photo.",
    copied: (count: number, path: string) => `${counted(count, "object was", "objects were")} copied to ${path}.`,
  },
  facts: {
    title: "Attributes",
    flags: { occluded: "Occluded", truncated: "Truncated", crowd: "Crowd", difficult: "Difficult" },
    group: "Group",
    comment: "Comment",
    ofGroup: (group: string) => `group ${group}`,
    unanswered: "no answer",
    manage: "Add attributes",
    asked: "Attributes",
    intro: "What every object of this project is asked: a yes or no, or one of the choices.",
    name: "Name",
    choices: "Choices, separated by commas; empty for yes or no",
    remove: (name: string) => `Stop asking for ${name}`,
  },
  undo: "Undo",
  redo: "Redo",
  fit: "Fit to window",
  help: "Help and keys",
  theme: "Dark or light",
  exportImport: "Export and import",
  close: "Close",

  toolNames: {
    click: "Add clicks", remove: "Remove clicks", brush: "Brush", eraser: "Eraser", points: "Outline points", polygon: "Polygon by hand", magnetic: "Magnetic outline",
  } satisfies Record<Tool, string>,
  toolCaptions: {
    click: "Add", remove: "Remove", brush: "Brush", eraser: "Eraser", points: "Points", polygon: "Polygon", magnetic: "Magnetic",
  } satisfies Record<Tool, string>,
  brushSize: "Brush size",
  accept: "Accept",
  cancel: "Cancel",
  closeObject: "Close",
  largest: "Keep only the largest part",
  fill: "Fill holes",
  spare: "Do not overwrite accepted",
  masksForBoxes: (count: number) => `Masks for all boxes (${count})`,
  masksBeingMade: "Masks being made",
  ofAll: (done: number, all: number) => `${done} of ${all}`,
  working: "Computing …",
  confidence: (value: number) => `${Math.round(value * 100)} % sure`,
  confidenceShort: (value: number) => `${Math.round(value * 100)} %`,
  shownAt: (scale: number) => `shown at ${Math.round(scale * 100)} % of its resolution`,
  noneShown: "all masks are hidden",
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

  acceptedOf: (accepted: number, all: number) => `${accepted} of ${all} accepted`,
  order: "Order of the objects",
  orders: { drawn: "As drawn", doubtful: "Least certain first" },
  whichObjects: "Which objects",
  which: { all: "All", draft: "Drafts", accepted: "Accepted" },
  zoom: (scale: number) => `${Math.round(scale * 100)} %`,

  newLabel: "Find or add a label",
  addLabel: "Add",
  useLabel: (label: string) => `Use label ${label}`,
  relabelAll: (label: string) => `Give all objects of this photo the label ${label}`,
  relabelAllShort: "to all",
  renameLabel: (label: string) => `Rename label ${label}`,
  newNameOf: (label: string) => `New name of label ${label}`,

  opacity: "Mask opacity",
  brightness: "Brightness",
  contrast: "Contrast",
  guides: "Guide lines",
  detail: "Detail",
  detailValue: (pixels: number, points: number | null) =>
    `${pixels === 0 ? "exact" : `± ${pixels} px`}${points === null ? "" : ` · ${counted(points, "point")}`}`,
  resetView: "Reset",

  helpIntro:
    "Two clicks on opposite corners of a box, one click at the centre of the object. Then correct: " +
    "left click adds, right click (or Shift or Alt with the left button) removes. Drag a click to move it, " +
    "click it to remove it. The wheel zooms, the middle button or Space with a drag moves the photo.",
  helpKeys: "Keys",
  changeKey: "Change",
  changeKeyOf: (action: string) => `Change the key for ${action}`,
  pressKey: "Press a key …",
  resetKeys: "Reset all keys",
  keyTaken: (key: string, action: string) => `${key} is the key for “${action}”. Press it again to take it, or another one.`,
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
    actualSize: "Photo at 100 %",
    zoomIn: "Zoom in",
    zoomOut: "Zoom out",
    hide: "Hide all masks while held",
    onlyThis: "Show only the open object, or all",
    showNone: "Show no masks, or all",
    clickTool: "Add clicks",
    brush: "Brush",
    polygon: "Polygon by hand",
    magnetic: "Magnetic outline",
    eraser: "Eraser",
    points: "Outline points",
    nextObject: "Open the next object",
    previousObject: "Open the previous object",
    findLabel: "Find a label by typing",
    facts: "Attributes, comment and group of the object",
    several: "Several objects: merge, split, copy …",
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
  dropzone: {
    name: "Add photos",
    intro: "This folder holds no photos. Drop some here, or pick them; copies are put into the folder.",
    pick: "Pick photos",
  },
  exportChoice: {
    title: "Choose what is exported",
    done: "Only photos marked done",
    here: "Only the open photo",
    split: "Photos for validation, in %",
    labels: "Labels",
  },
  exportButton: "Download",
  importTitle: "Import",
  importFile: "File with masks or boxes",
  importNote:
    "A .json or .zip of COCO, LabelMe, X-AnyLabeling or Label Studio, a .zip of YOLO, VOC or PNG, a .xml of CVAT, boxes as .csv or .parquet. " +
    "Masks arrive as accepted objects, boxes as drafts.",
  duplicatesTitle: "Objects that already exist",
  duplicates: { skip: "Skip", replace: "Replace", add: "Add again" },
  exported: (name: string) => `${name} was downloaded.`,
  importButton: "Import",
  imported: (count: number) => `${counted(count, "object")} imported.`,
  effort: "Effort",
  effortVisit: "This visit:",
  effortProject: "The project:",
  effortValue: ({ objects, median_seconds: seconds, median_clicks: clicks }: Statistics) =>
    objects === 0
      ? "no objects yet."
      : `${counted(objects, "object")}, ${number.format(seconds)} s and ` +
        `${number.format(clicks)} ${clicks === 1 ? "click" : "clicks"} each (median).`,
  effortShort: ({ objects, median_seconds: seconds, median_clicks: clicks }: Statistics) =>
    `${objects} × ${number.format(seconds)} s, ${number.format(clicks)} ${clicks === 1 ? "click" : "clicks"}`,
  effortTitle: "Objects of this visit, with median seconds and clicks",
  effortNote: "Every step with its seconds: export “Timings”.",
  togglePhotos: "Photo list",
  togglePanel: "Labels, objects, view",
};

export type Texts = typeof en;

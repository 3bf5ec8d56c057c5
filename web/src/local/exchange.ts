// Files out of the project and into it.

import { checkInsideImage } from "../../packages/iog-web/src/clicks";
import { Refusal, type Download, type Duplicates, type ExportQuery } from "../backend";
import { NO_FACTS } from "../facts";
import type { Count, Point } from "../types";
import * as coco from "./formats/coco";
import * as labelme from "./formats/labelme";
import * as png from "./formats/png";
import { type Arrived, type Labelled, type Picture, type Read, filled } from "./formats/records";
import * as yolo from "./formats/yolo";
import { type Entry, unzipped, zipped } from "./formats/zip";
import { checkedClicks } from "./messages";
import { Patch } from "./patch";
import type { Photos } from "./photos";
import { addLabels, existing, importProject, isProject, keyOf, projectFile, remove } from "./project";
import type { Content, PhotoRow } from "./rows";
import { type Store, created } from "./store";

/** Names of formats, and what a person calls them. What only the server writes is not offered. */
export const FORMATS = {
  coco: "COCO, polygons where they can",
  "coco-rle": "COCO, run lengths",
  yolo: "YOLO segmentation",
  labelme: "LabelMe",
  png: "PNG, one an object",
  "png-photo": "PNG, one a photo",
  project: "Project of this page",
} as const;

export async function rescue(store: Store): Promise<Download> {
  return { name: "iog-project.json", content: await projectFile(store), notes: [] };
}

export async function exported(store: Store, { format, tolerance, drafts }: ExportQuery): Promise<Download> {
  if (format === "project") return rescue(store);
  const { pictures } = await chosen(store, drafts);
  const labels = [...new Set([...(await store.labels.read()).labels, ...pictures.flatMap(({ objects }) => objects.map(({ label }) => label))])];
  return { name: `${format}.zip`, content: await zipped(written(format, pictures, labels, tolerance)), notes: await losses(store, format, drafts) };
}

async function* written(format: string, pictures: Picture[], labels: string[], tolerance: number): AsyncGenerator<Entry> {
  const entry = (name: string, text: string): Entry => ({ name, content: new TextEncoder().encode(text) });
  if (format === "coco" || format === "coco-rle") {
    yield entry(coco.FILE, coco.write(pictures, labels, tolerance, format === "coco-rle"));
  } else if (format === "yolo") for (const [name, text] of yolo.write(pictures, labels, tolerance)) yield entry(name, text);
  else if (format === "labelme") for await (const [name, text] of labelme.write(pictures)) yield entry(name, text);
  else if (format === "png") yield* png.writeObjects(pictures);
  else if (format === "png-photo") yield* png.writePhotos(pictures);
  else throw new Refusal(`this page cannot write the format '${format}'`);
}

/** What an export would leave out or change. */
export async function losses(store: Store, format: string, withDrafts: boolean): Promise<string[]> {
  if (format === "project") return ["Photos are not in the file: add them to the other page before its import."];
  const { pictures, drafts } = await chosen(store, withDrafts);
  const many = format === "png-photo" && pictures.some(({ objects }) => objects.length > 255);
  return [
    ...(drafts ? [`Left out: ${drafts} objects that nobody has accepted.`] : []),
    ...(many ? ["A picture of a photo holds 255 objects; more are left out."] : []),
  ];
}

/** Photos with chosen objects, and done ones without any. */
async function chosen(store: Store, withDrafts: boolean): Promise<{ pictures: Picture[]; drafts: number }> {
  const efforts = await store.efforts();
  const pictures: Picture[] = [];
  let drafts = 0;
  for (const { row } of await store.photos()) {
    const found = await store.objects(row.id);
    const wanted = found.filter(({ state }) => withDrafts || state === "accepted");
    drafts += found.length - wanted.length;
    const objects = wanted.flatMap(({ id, label, mask, work, confidence, facts = NO_FACTS }): Labelled[] => {
      const patch = mask && Patch.restored(mask);
      const { seconds, clicks } = efforts.get(id) ?? { seconds: 0, clicks: 0 };
      return patch?.area ? [{ label, patch, facts, clicks: work.clicks, score: confidence, seconds, clickCount: clicks }] : [];
    });
    const { path, width, height, done } = row;
    if (width && height && (objects.length || (done && !found.length))) pictures.push({ path, width, height, objects });
  }
  return { pictures, drafts };
}

// ---- import

export async function imported(store: Store, photos: Photos, file: File, duplicates: Duplicates): Promise<Count> {
  const bytes = new Uint8Array(await file.slice(0, 4).arrayBuffer());
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  const files = isZip ? await unzipped(file) : new Map([[file.name, new Uint8Array(await file.arrayBuffer())]]);
  const texts = new Map([...files].filter(([name]) => /\.(json|txt|ya?ml)$/i.test(name)).map(([name, content]) => [name, decoded(content)]));
  const notes: string[] = [];
  const documents = [...texts].filter(([name]) => name.endsWith(".json")).map(([name, text]) => [name, parsed(text)] as const);
  const project = documents.map(([, data]) => data).find(isProject);
  if (project) return importProject(store, project, duplicates);
  let read: Read[];
  try {
    const listing = [...files.keys()].find((name) => name === png.LISTING || name.endsWith(`/${png.LISTING}`));
    if (listing) read = await png.read(files, listing);
    else if (documents.some(([, data]) => coco.looksLike(data))) {
      read = documents.flatMap(([, data]) => (coco.looksLike(data) ? coco.read(data) : []));
    } else if (documents.some(([, data]) => labelme.looksLike(data))) {
      read = [];
      for (const [name, data] of documents) if (labelme.looksLike(data)) read.push(await labelme.read(name, data, notes));
    } else read = yolo.read(texts);
  } catch (error) {
    throw new Refusal(`${file.name} cannot be read: ${(error as Error).message}`);
  }
  if (!read.length) {
    throw new Refusal(`${file.name} holds no labels that this page reads: COCO, LabelMe, YOLO or PNG (as JSON or ZIP), or a project of this page`);
  }
  return arrive(store, photos, read, duplicates, notes);
}

const decoded = (content: Uint8Array) => new TextDecoder().decode(content);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Add objects to the photos that are meant; masks are drawn before anything is written. */
async function arrive(store: Store, photos: Photos, read: Read[], duplicates: Duplicates, notes: string[]): Promise<Count> {
  const rows = (await store.photos()).map(({ row }) => row);
  const ready: [PhotoRow, Content[]][] = [];
  for (const picture of read) {
    const row = meant(rows, picture);
    if (!row) {
      if (picture.objects.length) notes.push(`no photo on this page is called ${picture.path}`);
      continue;
    }
    const size = await photos.size(row.id).catch(() => null);
    if (!size) {
      notes.push(`${row.path} cannot be read`);
      continue;
    }
    if (picture.width && picture.height && (picture.width !== size.width || picture.height !== size.height)) {
      notes.push(`${row.path} is ${size.width} x ${size.height} pixels, the labels are of ${picture.width} x ${picture.height}`);
      continue;
    }
    const contents = picture.objects.flatMap((one) => {
      try {
        return [contentOf(one, size.width, size.height)];
      } catch (error) {
        notes.push(`${row.path}: ${(error as Error).message}`);
        return [];
      }
    });
    ready.push([row, contents]);
  }
  let count = 0;
  await store.together(async (tables, together) => {
    for (const [row, contents] of ready) {
      const there = await existing(tables, row.id);
      for (const content of contents) {
        const same = there.get(keyOf(content));
        if (same && duplicates === "skip") {
          notes.push(`${row.path}: an object '${content.label}' with the same box stays`);
          continue;
        }
        if (same && duplicates === "replace") {
          there.delete(keyOf(content));
          await remove(tables, same);
        }
        await created(tables, row.id, content, 0, "import", together);
        count += 1;
      }
    }
    const used = ready.flatMap(([, contents]) => contents.map(({ label }) => label));
    if (used.length) await addLabels(tables, [...new Set(used)]);
  });
  if (!count && notes.length) throw new Refusal(`nothing could be used: ${notes.slice(0, 3).join("; ")}`);
  return { count, notes: notes.length > 20 ? [...notes.slice(0, 20), `and ${notes.length - 20} more`] : notes };
}

/** The photo of a name: the whole path, or else its end if only one photo has that. */
function meant(rows: PhotoRow[], { path, stem }: Read): PhotoRow | undefined {
  const named = ({ path: own }: PhotoRow) => (stem ? own.replace(/\.\w+$/, "") : own).toLowerCase();
  const wanted = path.replaceAll("\\", "/").replace(/^\.?\//, "").toLowerCase();
  const exact = rows.find((row) => named(row) === wanted);
  if (exact) return exact;
  const last = (name: string) => name.split("/").at(-1)!;
  const alike = rows.filter((row) => last(named(row)) === last(wanted));
  return alike.length === 1 ? alike[0] : undefined;
}

function contentOf({ label, patch, box, rings, union = false, relative = false, clicks, score, facts = NO_FACTS }: Arrived, width: number, height: number): Content {
  const place = ([x, y]: Point): Point => (relative ? [snapped(x * width), snapped(y * height)] : [x, y]);
  const drawn = patch ?? (rings && filled(rings.map((ring) => ring.map(place)), union, width, height));
  const name = label.trim().slice(0, 100) || "object";
  const switches = { strokes: [], largest: false, fill: false, spare: false };
  if (drawn?.area) {
    const inside = Patch.of({ x0: 0, y0: 0, x1: width, y1: height }, drawn.within({ x0: 0, y0: 0, x1: width, y1: height }));
    if (!inside.area) throw new Error(`an object '${name}' has no pixel in its photo`);
    const mask = inside.stored();
    const work = { clicks: clicks ?? null, ...switches, imported: clicks ? null : mask };
    return { label: name, state: "accepted", work, mask, confidence: score ?? null, facts };
  }
  if (!box) throw new Error(`an object '${name}' has no pixel in its photo`);
  const [x0, y0] = place([box[0], box[1]]).map(Math.floor) as Point;
  const [x1, y1] = place([box[2], box[3]]).map(Math.ceil) as Point;
  const corners = { corners: [[x0, y0], [x1 - 1, y1 - 1]] as [Point, Point], inside: null, corrections: [] };
  checkInsideImage(checkedClicks(corners), { width, height });
  return { label: name, state: "draft", work: { clicks: corners, ...switches, imported: null }, mask: null, confidence: null, facts };
}

/** Corners of pixels are whole numbers, which nine digits of a share do not always give back. */
const snapped = (value: number) => (Math.abs(value * 2 - Math.round(value * 2)) < 1e-3 ? Math.round(value * 2) / 2 : value);

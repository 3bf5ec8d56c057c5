// Files into the project.

import { checkInsideImage } from "../../packages/iog-web/src/clicks";
import { Refusal, type Duplicates } from "../backend";
import { NO_FACTS } from "../facts";
import type { Count, Point } from "../types";
import * as coco from "./formats/coco";
import * as cvat from "./formats/cvat";
import * as labelStudio from "./formats/label_studio";
import * as labelme from "./formats/labelme";
import * as png from "./formats/png";
import { type Arrived, type Read, filled } from "./formats/records";
import * as voc from "./formats/voc";
import { textOf } from "./formats/xml";
import * as yolo from "./formats/yolo";
import { unzipped } from "./formats/zip";
import { checkedClicks } from "./messages";
import { Patch } from "./patch";
import type { Photos } from "./photos";
import { addLabels, existing, importProject, isProject, keyOf, remove } from "./project";
import type { Content, PhotoRow } from "./rows";
import { type Store, created } from "./store";

export async function imported(store: Store, photos: Photos, file: File, duplicates: Duplicates): Promise<Count> {
  const bytes = new Uint8Array(await file.slice(0, 4).arrayBuffer());
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  const files = isZip ? await unzipped(file) : new Map([[file.name, new Uint8Array(await file.arrayBuffer())]]);
  const notes: string[] = [];
  const texts = new Map([...files].filter(([name]) => /\.(json|txt|ya?ml)$/i.test(name)).map(([name, content]) => [name, decoded(content)]));
  const documents = [...texts].filter(([name]) => name.endsWith(".json")).map(([name, text]) => [name, parsed(text)] as const);
  const project = documents.map(([, data]) => data).find(isProject);
  if (project) return importProject(store, project, duplicates);
  let read: Read[];
  try {
    read = await understood(files, texts, documents, notes);
  } catch (error) {
    throw new Refusal(`${file.name} cannot be read: ${(error as Error).message}`);
  }
  if (!read.length) {
    throw new Refusal(
      `${file.name} holds no labels that this page reads: COCO, LabelMe, YOLO, VOC, CVAT, Label Studio or PNG (as JSON, XML or ZIP), ` +
      `or a project of this page${notes.length ? ` (${notes[0]})` : ""}`,
    );
  }
  return arrive(store, photos, read, duplicates, notes);
}

/** Labels of the first format that the files can be, the surest sign first. */
async function understood(
  files: Map<string, Uint8Array<ArrayBuffer>>, texts: Map<string, string>, documents: (readonly [string, unknown])[], notes: string[],
): Promise<Read[]> {
  const listings = [...files.keys()].filter((name) => name === png.LISTING || name.endsWith(`/${png.LISTING}`));
  if (listings.length) return (await Promise.all(listings.map((listing) => png.read(files, listing)))).flat();
  const ofKind = <T>(looksLike: (data: unknown) => data is T) => documents.flatMap(([name, data]) => (looksLike(data) ? [[name, data] as const] : []));
  const tasks = ofKind(labelStudio.looksLike);
  if (tasks.length) return tasks.flatMap(([, data]) => labelStudio.read(data, notes));
  const xml = [...files].filter(([name]) => /\.xml$/i.test(name));
  const ofCvat = xml.filter(([, content]) => cvat.looksLike(decoded(content.subarray(0, 300))));
  if (ofCvat.length) return ofCvat.flatMap(([, content]) => cvat.read(textOf(content), notes));
  const ofCoco = ofKind(coco.looksLike);
  if (ofCoco.length) return ofCoco.flatMap(([, data]) => coco.read(data));
  const ofLabelme = ofKind(labelme.looksLike);
  if (ofLabelme.length) return Promise.all(ofLabelme.map(([name, data]) => labelme.read(name, data, notes)));
  return xml.length ? voc.read(files, notes) : yolo.read(texts);
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

function contentOf(arrived: Arrived, width: number, height: number): Content {
  const { label, box, union = false, relative = false, clicks, score, facts = NO_FACTS, more = [] } = arrived;
  const place = ([x, y]: Point): Point => (relative ? [snapped(x * width), snapped(y * height)] : [x, y]);
  const parts = [arrived, ...more].flatMap(({ patch, rings }) => patch ?? (rings ? filled(rings.map((ring) => ring.map(place)), union, width, height) : []));
  const drawn = Patch.together(parts);
  const name = label.trim().slice(0, 100) || "object";
  const switches = { strokes: [], largest: false, fill: false, spare: false };
  if (drawn.area) {
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

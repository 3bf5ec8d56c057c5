// Files out of the project (`iog.annotator.exchange`).

import { Lost, Refusal, type Download, type ExportQuery } from "../backend";
import { NO_FACTS } from "../facts";
import type { Facts } from "../types";
import * as coco from "./formats/coco";
import * as cvat from "./formats/cvat";
import * as labelStudio from "./formats/label_studio";
import * as labelme from "./formats/labelme";
import LOST from "./formats/lost.json";
import * as png from "./formats/png";
import type { Labelled, Picture } from "./formats/records";
import * as voc from "./formats/voc";
import * as yolo from "./formats/yolo";
import { type Entry, zipped } from "./formats/zip";
import { Patch } from "./patch";
import { projectFile } from "./project";
import type { PhotoRow } from "./rows";
import type { Store } from "./store";

/** Names of formats, and what a person calls them. What only the server writes is not offered. */
export const FORMATS = {
  coco: "COCO, polygons where possible",
  "coco-rle": "COCO, run lengths",
  yolo: "YOLO segmentation",
  voc: "Pascal VOC",
  labelme: "LabelMe",
  "x-anylabeling": "X-AnyLabeling",
  cvat: "CVAT for images 1.1",
  "label-studio": "Label Studio",
  png: "PNG, one an object",
  "png-photo": "PNG, one a photo",
  timings: "Timings (CSV)",
  project: "Project of this page",
} as const;

const EXAMPLES = 3;
const PROJECT = "iog-project.json";
/** They give a pixel to one object. */
const PAINTED = ["voc", "png-photo"];

export async function rescue(store: Store): Promise<Download> {
  return { name: PROJECT, content: await projectFile(store), notes: [] };
}

export async function exported(store: Store, query: ExportQuery): Promise<Download> {
  if (query.format === "project") return rescue(store);
  const { entries, notes } = await made(store, query);
  return { name: `${query.format}.zip`, content: await zipped(entries), notes };
}

/** Write into a new folder within `place`, so that nothing that is there is touched; the folder's name. */
export async function exportedTo(store: Store, query: ExportQuery, place: FileSystemDirectoryHandle): Promise<Omit<Download, "content">> {
  const { entries, notes } = await made(store, query);
  const taken = new Set<string>();
  for await (const name of (place as unknown as { keys(): AsyncIterable<string> }).keys()) taken.add(name.toLowerCase());
  let name: string = query.format;
  for (let number = 2; taken.has(name); number++) name = `${query.format} ${number}`;
  try {
    const root = await place.getDirectoryHandle(name, { create: true });
    for await (const entry of entries) await put(root, entry);
  } catch (error) {
    const left = await withdrawn(place, name);
    if (error instanceof Lost) throw error;
    const why = error instanceof DOMException ? "the browser cannot write into this folder" : "the export failed";
    throw new Refusal(`${why}: ${(error as Error).message}; ${left}`);
  }
  return { name, notes };
}

/** Take half an export away; what became of it. */
async function withdrawn(place: FileSystemDirectoryHandle, name: string): Promise<string> {
  try {
    await place.removeEntry(name, { recursive: true });
  } catch (error) {
    if ((error as Error).name !== "NotFoundError") return `the folder '${name}' is not whole: delete it`;
  }
  return "nothing is left of it";
}

async function put(root: FileSystemDirectoryHandle, { name, content }: Entry): Promise<void> {
  const parts = name.split("/");
  let folder = root;
  for (const part of parts.slice(0, -1)) folder = await folder.getDirectoryHandle(part, { create: true });
  const writer = await (await folder.getFileHandle(parts.at(-1)!, { create: true })).createWritable();
  await writer.write(content);
  await writer.close();
}

async function made(store: Store, query: ExportQuery): Promise<{ entries: AsyncGenerator<Entry>; notes: string[] }> {
  const { format, tolerance } = query;
  const { pictures, drafts } = await chosen(store, query);
  const used = pictures.flatMap(({ objects }) => objects.map(({ label }) => label));
  const all = [...new Set([...(await store.labels.read()).labels, ...used])];
  const labels = query.labels.length ? all.filter((label) => query.labels.includes(label)) : all;
  async function* whole(): AsyncGenerator<Entry> {
    if (format === "timings") yield entryOf("timings.csv", timingsOf(await store.timings()));
    else if (format === "project") yield { name: PROJECT, content: new Uint8Array(await (await projectFile(store)).arrayBuffer()) };
    // YOLO says itself which photo is of which part; others get a folder each.
    else if (!query.val || format === "yolo") yield* written(format, pictures, labels, tolerance);
    else {
      for (const part of ["train", "val"] as const) {
        const own = pictures.filter((picture) => picture.part === part);
        for await (const { name, content } of written(format, own, labels, tolerance)) yield { name: `${part}/${name}`, content };
      }
    }
  }
  return { entries: whole(), notes: notesOn(format, pictures, drafts) };
}

const entryOf = (name: string, text: string): Entry => ({ name, content: new TextEncoder().encode(text) });

async function* written(format: string, pictures: Picture[], labels: string[], tolerance: number): AsyncGenerator<Entry> {
  const entry = entryOf;
  if (format === "coco" || format === "coco-rle") {
    yield entry(coco.FILE, coco.write(pictures, labels, tolerance, format === "coco-rle"));
  } else if (format === "yolo") for (const [name, text] of yolo.write(pictures, labels, tolerance)) yield entry(name, text);
  else if (format === "voc") yield* voc.write(pictures, labels);
  else if (format === "labelme") for await (const [name, text] of labelme.write(pictures)) yield entry(name, text);
  else if (format === "x-anylabeling") for (const [name, text] of labelme.writePolygons(pictures, tolerance)) yield entry(name, text);
  else if (format === "cvat") yield { name: cvat.FILE, content: new Uint8Array(await new Blob([...cvat.write(pictures, labels)]).arrayBuffer()) };
  else if (format === "label-studio") yield entry(labelStudio.FILE, labelStudio.write(pictures));
  else if (format === "png") yield* png.writeObjects(pictures);
  else if (format === "png-photo") yield* png.writePhotos(pictures);
  else throw new Refusal(`this page cannot write the format '${format}'`);
}

/** What an export would leave out or change. */
export async function losses(store: Store, query: ExportQuery): Promise<string[]> {
  if (query.format === "project" || query.format === "timings") return notesOn(query.format, [], 0);
  const { pictures, drafts } = await chosen(store, query);
  return notesOn(query.format, pictures, drafts);
}

function notesOn(format: string, pictures: Picture[], drafts: number): string[] {
  if (format === "timings") return [];
  if (format === "project") return ["Photos are not in the file: add them to the other page before its import."];
  const many = format === "png-photo" && pictures.some(({ objects }) => objects.length > 255);
  const shared = PAINTED.includes(format) ? pictures.filter(({ objects }) => overlap(objects)) : [];
  return [
    ...(drafts ? [`Left out: ${drafts === 1 ? "1 object" : `${drafts} objects`} that nobody has accepted.`] : []),
    ...(format in LOST ? missing(format as keyof typeof LOST, pictures) : []),
    ...(many ? ["A picture of a photo holds 255 objects; more are left out."] : []),
    ...(shared.length ? [`Objects overlap; a picture gives a shared pixel to the later one: ${shared[0]!.path}${shared.length > 1 ? " and others" : ""}.`] : []),
  ];
}

/** What is known of objects and has no place in a format, in the server's sentences. */
function missing(format: keyof typeof LOST, pictures: Picture[]): string[] {
  const lost: string[] = LOST[format];
  const found = new Map(lost.map((what) => [what, { count: 0, paths: new Set<string>() }]));
  for (const { path, objects } of pictures) {
    for (const { facts = NO_FACTS } of objects) {
      for (const what of known(facts)) {
        const tally = found.get(what);
        if (!tally) continue;
        tally.count += 1;
        if (tally.paths.size < EXAMPLES) tally.paths.add(path);
      }
    }
  }
  return [...found].filter(([, { count }]) => count).map(([what, { count, paths }]) =>
    `${FORMATS[format]} has no place for ${what}: ${count} (${[...paths].join("; ")}${count > paths.size ? "; ..." : ""}).`);
}

const known = ({ occluded, truncated, difficult, crowd, group, description, attributes }: Facts): string[] => [
  ...(occluded || truncated || difficult ? ["flags"] : []), ...(crowd ? ["crowds"] : []), ...(group === null ? [] : ["groups"]),
  ...(description ? ["comments"] : []), ...(Object.keys(attributes).length ? ["attributes"] : []),
];

function overlap(objects: Labelled[]): boolean {
  return objects.some(({ patch }, number) => objects.slice(0, number).some((other) => other.patch.meets(patch)));
}

/** A row a step, also of undone steps and deleted objects (`iog.annotator.timings`). */
function timingsOf(timings: Awaited<ReturnType<Store["timings"]>>): string {
  const cell = (value: string | number) => (/[",\n\r]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : value);
  const rows = timings.map(({ path, object, label, state, kind, at, seconds }) => [
    path, object, label, state, kind, new Date(1000 * at).toISOString().replace("Z", "+00:00"), seconds.toFixed(3),
  ]);
  return [["photo", "object", "label", "state", "step", "at", "seconds"], ...rows].map((row) => `${row.map(cell).join(",")}\n`).join("");
}

/** Photos with chosen objects, and done ones without any. */
async function chosen(store: Store, query: ExportQuery): Promise<{ pictures: Picture[]; drafts: number }> {
  const efforts = await store.efforts();
  const rows = (await store.photos()).map(({ row }) => row).filter(({ id, done }) => (query.photo === null || id === query.photo) && (done || !query.done));
  const heldOut = query.val ? await lastOf(rows, query.val) : null;
  const pictures: Picture[] = [];
  let drafts = 0;
  for (const row of rows) {
    const found = await store.objects(row.id);
    const named = found.filter(({ label }) => !query.labels.length || query.labels.includes(label));
    const wanted = named.filter(({ state }) => query.drafts || state === "accepted");
    drafts += named.length - wanted.length;
    const objects = wanted.flatMap(({ id, label, mask, work, confidence, facts = NO_FACTS }): Labelled[] => {
      const patch = mask && Patch.restored(mask);
      const { seconds, clicks } = efforts.get(id) ?? { seconds: 0, clicks: 0 };
      return patch?.area ? [{ label, patch, facts, clicks: work.clicks, score: confidence, seconds, clickCount: clicks }] : [];
    });
    const { path, width, height, done } = row;
    if (!width || !height || !(objects.length || (done && !found.length))) continue;
    pictures.push({ path, width, height, objects, ...(heldOut && { part: heldOut.has(row.id) ? "val" : "train" }) });
  }
  return { pictures, drafts };
}

/** A share of the photos: those with the least hashes of their paths, so that few change sides later. */
async function lastOf(rows: PhotoRow[], share: number): Promise<Set<number>> {
  const hashed = await Promise.all(rows.map(async ({ id, path }) => ({ id, hash: await hashOf(path) })));
  hashed.sort((a, b) => (a.hash < b.hash ? -1 : Number(a.hash > b.hash)));
  const exact = share * rows.length;
  const half = exact - Math.floor(exact) === 0.5;
  const count = Math.max(1, half ? 2 * Math.round(exact / 2) : Math.round(exact));
  return new Set(hashed.slice(0, count).map(({ id }) => id));
}

async function hashOf(path: string): Promise<string> {
  if (!self.crypto?.subtle) throw new Refusal("this page has to be served by HTTPS or from localhost to divide photos into parts");
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(path)));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

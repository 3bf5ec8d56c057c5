// Label Studio: its JSON of tasks. Coordinates are percent of the photo's sides. A brush mask is run lengths of RGBA values, packed into
// bits: how many values (32 bits), bits of a value less 1 (5), four sizes of lengths less 1 (4 each), then for each run a bit (1: one
// value repeated), which size (2), the length less 1 and the value (`iog.formats.label_studio`).

import { FLAGS, NO_FACTS } from "../../facts";
import type { Point } from "../../types";
import { Patch, runsOf } from "../patch";
import { type Arrived, type Labelled, type Picture, type Read, ellipse, factsOf, stated } from "./records";

export const FILE = "tasks.json";
const SIZES = [3, 4, 8, 16] as const;
const UPLOAD = /^[0-9a-f]{8}-/; // what Label Studio puts before the name of an uploaded photo
const OF_THE_PHOTO = new Set(["choices", "rating", "textarea", "taxonomy"]);

interface Result {
  type?: string;
  value?: Record<string, unknown>;
  original_width?: number;
  original_height?: number;
  score?: number;
  meta?: Record<string, unknown>;
}

interface Task {
  data: Record<string, unknown>;
  annotations?: { was_cancelled?: boolean; result?: Result[] }[];
  predictions?: { result?: Result[] }[];
}

export const looksLike = (data: unknown): data is Task[] =>
  Array.isArray(data) && data.length > 0 && data.every((task) => typeof (task as Task | null)?.data === "object" && (task as Task).data !== null);

/** A task a photo; photos by their names. */
export function write(pictures: Picture[]): string {
  const tasks = pictures.map((picture, number) => ({
    data: { image: picture.path.split("/").map(encodeURIComponent).join("/") },
    annotations: [{ result: picture.objects.map((object, order) => record(object, picture, `${number + 1}_${order + 1}`)) }],
  }));
  return `${JSON.stringify(tasks)}\n`;
}

function record({ label, patch, score, facts = NO_FACTS }: Labelled, { width, height }: Picture, id: string): object {
  const { group, description } = facts;
  const meta = { ...facts.attributes, ...stated(facts, FLAGS), ...(group !== null && { group }), ...(description && { description }) };
  const rle = packed(patch.within({ x0: 0, y0: 0, x1: width, y1: height }));
  return {
    id, from_name: "label", to_name: "image", original_width: width, original_height: height, image_rotation: 0,
    type: "brushlabels", value: { format: "rle", rle, brushlabels: [label] },
    ...(score != null && { score }), ...(Object.keys(meta).length && { meta }),
  };
}

export function read(tasks: Task[], notes: string[]): Read[] {
  return tasks.map((task, number) => {
    const address = Object.entries(task.data).find(([key, value]) => typeof value === "string" && (key.includes("image") || value.includes("/")))?.[1];
    const path = nameOf(String(address ?? ""));
    const here = path || `task ${number + 1}`;
    const done = (task.annotations ?? []).filter((one) => !one.was_cancelled);
    if (done.length > 1) notes.push(`${here}: a task has several annotations; the last is taken`);
    const results = (done.length ? done : task.predictions ?? []).at(-1)?.result ?? [];
    const objects: Arrived[] = [];
    let [width, height]: (number | undefined)[] = [];
    for (const result of results) {
      if (!result.value || OF_THE_PHOTO.has(result.type ?? "")) continue;
      try {
        objects.push(arrived(result, result.value));
        width ??= result.original_width;
        height ??= result.original_height;
      } catch (error) {
        notes.push(`${here}: ${(error as Error).message}`);
      }
    }
    return { path, width, height, objects };
  });
}

function nameOf(address: string): string {
  const [plain, query] = address.split("?");
  const local = new URLSearchParams(query ?? "").get("d");
  const path = (local ?? decoded(plain!.replace(/^\w+:\/\/[^/]*/, ""))).replaceAll("\\", "/").replace(/^\/+/, "");
  const cut = path.lastIndexOf("/");
  return path.slice(0, Math.max(cut, 0)).includes("upload") ? path.slice(cut + 1).replace(UPLOAD, "") : path;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function arrived(result: Result, value: Record<string, unknown>): Arrived {
  const labels = Object.entries(value).find(([key, found]) => key.endsWith("labels") && Array.isArray(found))?.[1] as unknown[] | undefined;
  const { group = null, description = "", ...meta } = result.meta ?? {};
  return {
    label: String(labels?.[0] ?? "object"), facts: factsOf(meta, group, description),
    ...(typeof result.score === "number" && { score: result.score }), ...shapeOf(result, value),
  };
}

function shapeOf({ type = "", original_width: width, original_height: height }: Result, value: Record<string, unknown>): Partial<Arrived> {
  const share = (key: string) => {
    const found = Number(value[key]) / 100;
    if (!Number.isFinite(found)) throw new Error(`a region states no number as ${key}`);
    return found;
  };
  if (type.startsWith("brush")) {
    if (!width || !height) throw new Error("a brush mask needs original_width and original_height");
    return { patch: Patch.of({ x0: 0, y0: 0, x1: width, y1: height }, unpacked(value["rle"] as number[], width, height)) };
  }
  if (type.startsWith("polygon")) {
    const ring = (value["points"] as Point[]).map(([x, y]): Point => [Number(x) / 100, Number(y) / 100]);
    if (ring.length < 3) throw new Error("its outline has fewer than three points");
    return { rings: [ring], relative: true };
  }
  if (type.startsWith("rectangle")) {
    const [x, y, wide, high] = [share("x"), share("y"), share("width"), share("height")];
    const angle = Number(value["rotation"] ?? 0);
    if (angle % 360 === 0 || !width || !height) return { box: [x, y, x + wide, y + high], relative: true };
    // Label Studio turns around the upper left corner.
    const [cosine, sine] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)];
    const corners: Point[] = [[0, 0], [wide * width, 0], [wide * width, high * height], [0, high * height]];
    return { rings: [corners.map(([dx, dy]): Point => [x * width + dx * cosine - dy * sine, y * height + dx * sine + dy * cosine])] };
  }
  if (type.startsWith("ellipse")) return { rings: [ellipse([share("x"), share("y")], share("radiusX"), share("radiusY"))], relative: true };
  throw new Error(`regions of type '${type}' have no area`);
}

/** A mask of the whole photo as the brush keeps it. */
export function packed(pixels: Uint8Array): number[] {
  const bytes: number[] = [];
  let [left, open] = [8, 0];
  const put = (value: number, bits: number) => {
    for (let bit = bits - 1; bit >= 0; bit--) {
      open = open * 2 + (Math.floor(value / 2 ** bit) % 2);
      if (--left === 0) {
        bytes.push(open);
        [left, open] = [8, 0];
      }
    }
  };
  put(pixels.length * 4, 32);
  put(7, 5);
  for (const size of SIZES) put(size - 1, 4);
  runsOf(pixels).forEach((run, i) => {
    for (let values = run * 4; values > 0; ) {
      const count = Math.min(values, 2 ** SIZES[3]);
      const index = SIZES.findIndex((size) => count <= 2 ** size);
      put(4 + index, 3);
      put(count - 1, SIZES[index]!);
      put(i % 2 === 1 ? 255 : 0, 8);
      values -= count;
    }
  });
  put(0, left);
  return bytes;
}

/** Where the brush's alpha is not 0. */
export function unpacked(bytes: number[], width: number, height: number): Uint8Array {
  let at = 0;
  const take = (bits: number) => {
    if (at + bits > bytes.length * 8) throw new Error("its run lengths end too early");
    let value = 0;
    for (let end = at + bits; at < end; at++) value = value * 2 + ((bytes[at >> 3]! >> (7 - (at & 7))) & 1);
    return value;
  };
  const total = take(32);
  if (total !== width * height * 4) throw new Error(`its run lengths are not of ${width} x ${height} pixels`);
  const word = take(5) + 1;
  const sizes = [0, 1, 2, 3].map(() => take(4) + 1);
  const pixels = new Uint8Array(width * height);
  for (let done = 0; done < total; ) {
    const repeated = take(1) === 1;
    const end = done + take(sizes[take(2)]!) + 1;
    if (end > total) throw new Error("its run lengths cover more than the photo");
    const value = repeated ? take(word) : 0;
    for (; done < end; done++) if ((repeated ? value : take(word)) && done % 4 === 3) pixels[done >> 2] = 1;
  }
  return pixels;
}

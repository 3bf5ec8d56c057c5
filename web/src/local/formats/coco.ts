// COCO: one JSON document. Extra keys `clicks`, `score`, `seconds`, `click_count` are those of `iog.formats.coco`.

import { heightOf, widthOf } from "../../../packages/iog-web/src/clicks";
import { decodeRle, encodeRle } from "../../../packages/iog-web/src/masks";
import { FLAGS, NO_FACTS } from "../../facts";
import type { Clicks, Point } from "../../types";
import { Patch } from "../patch";
import { type Arrived, type Labelled, type Picture, type Read, factsOf, outlines, stated } from "./records";

export const FILE = "annotations.json";

type Segmentation = number[][] | { size: [number, number]; counts: string | number[] };

interface Document {
  images: { id: number | string; file_name: string; width?: number; height?: number }[];
  annotations: {
    image_id: number | string;
    category_id: number;
    bbox?: number[];
    segmentation?: Segmentation;
    clicks?: Clicks;
    score?: number;
    iscrowd?: number;
    group?: string;
    description?: string;
    attributes?: Record<string, unknown>;
  }[];
  categories: { id: number; name: string }[];
}

export const looksLike = (data: unknown): data is Document =>
  Array.isArray((data as Document | null)?.images) && Array.isArray((data as Document).annotations);

/** Polygons where an object has no holes, run lengths otherwise, or always. */
export function write(pictures: Picture[], labels: string[], tolerance: number, alwaysRuns: boolean): string {
  const annotations = pictures.flatMap((picture, image) =>
    picture.objects.map((object) => ({
      image_id: image + 1, category_id: labels.indexOf(object.label) + 1, ...record(object, picture, tolerance, alwaysRuns),
    })),
  );
  return `${JSON.stringify({
    info: { description: "made with iog" }, licenses: [],
    categories: labels.map((name, number) => ({ id: number + 1, name, supercategory: "" })),
    annotations: annotations.map((one, number) => ({ id: number + 1, ...one })),
    images: pictures.map(({ path, width, height }, number) => ({ id: number + 1, file_name: path, width, height })),
  })}\n`;
}

function record(object: Labelled, { width, height }: Picture, tolerance: number, alwaysRuns: boolean): object {
  const { patch, clicks, score, seconds, clickCount, facts = NO_FACTS } = object;
  const attributes = { ...facts.attributes, ...stated(facts, FLAGS.filter((flag) => flag !== "crowd")) };
  const { box, pixels } = patch;
  const parts = alwaysRuns || facts.crowd ? [] : outlines(patch, tolerance);
  const plain = parts.length > 0 && parts.every(({ holes }) => holes.length === 0);
  return {
    bbox: [box.x0, box.y0, widthOf(box), heightOf(box)], area: patch.area, iscrowd: Number(facts.crowd),
    segmentation: plain ? parts.map(({ outer }) => outer.flat()) : encodeRle({ width, height, box, pixels }),
    ...(clicks && { clicks }), ...(score != null && { score: Number(score.toFixed(4)) }),
    ...(seconds !== undefined && { seconds: Number(seconds.toFixed(3)) }), ...(clickCount !== undefined && { click_count: clickCount }),
    ...(facts.group !== null && { group: facts.group }), ...(facts.description && { description: facts.description }),
    ...(Object.keys(attributes).length && { attributes }),
  };
}

export function read({ images, annotations, categories = [] }: Document): Read[] {
  const names = new Map(categories.map(({ id, name }) => [String(id), String(name)]));
  const found = new Map<string, Read>(
    images.map(({ id, file_name: path, width, height }) => [String(id), { path: String(path), width, height, objects: [] }]),
  );
  for (const { image_id: image, category_id: category, bbox, segmentation, clicks, score, ...rest } of annotations) {
    const label = names.get(String(category)) ?? `category ${category}`;
    const box = bbox?.length === 4 ? ([bbox[0]!, bbox[1]!, bbox[0]! + bbox[2]!, bbox[1]! + bbox[3]!] as Arrived["box"]) : undefined;
    found.get(String(image))?.objects.push({
      label, ...(box && { box }), ...shapeOf(segmentation), ...(clicks && { clicks }), ...(score !== undefined && { score }),
      facts: factsOf({ ...rest.attributes, crowd: rest.iscrowd === 1 }, rest.group, rest.description),
    });
  }
  return [...found.values()];
}

function shapeOf(segmentation: Segmentation | undefined): Partial<Arrived> {
  if (!segmentation) return {};
  if (Array.isArray(segmentation)) {
    const rings = segmentation.map(pairs).filter((ring) => ring.length > 2);
    return rings.length ? { rings, union: true } : {};
  }
  const { size, counts } = segmentation;
  const mask = typeof counts === "string" ? decodeRle({ size, counts }) : columns(size, counts);
  if (!mask) throw new Error("run lengths do not cover the picture that they name");
  return { patch: Patch.of(mask.box, mask.pixels) };
}

/** COCO's uncompressed run lengths. */
function columns([height, width]: [number, number], counts: number[]) {
  if (counts.reduce((sum, run) => sum + run, 0) !== width * height) return null;
  const pixels = new Uint8Array(width * height);
  let at = 0;
  counts.forEach((run, i) => {
    if (i % 2 === 1) for (let n = at; n < at + run; n++) pixels[(n % height) * width + Math.floor(n / height)] = 1;
    at += run;
  });
  return { box: { x0: 0, y0: 0, x1: width, y1: height }, pixels };
}

export function pairs(values: number[]): Point[] {
  return Array.from({ length: Math.floor(values.length / 2) }, (_, i) => [Number(values[2 * i]), Number(values[2 * i + 1])]);
}

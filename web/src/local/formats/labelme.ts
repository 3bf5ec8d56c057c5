// LabelMe: a JSON file a photo; masks as PNGs of their boxes, which lose nothing (`iog.formats.labelme`). X-AnyLabeling: the same with
// polygons: parts are polygons of one group, holes are joined to their part by bridges of no width (`iog.formats.xanylabeling`).

import { FLAGS, NO_FACTS } from "../../facts";
import type { Point } from "../../types";
import { Patch } from "../patch";
import { greyValues, patchPng } from "./png";
import { type Arrived, type Labelled, type Picture, type Read, factsOf, outlines, stated, stems } from "./records";
import { bridged } from "./yolo";

interface Shape {
  label: string;
  points: Point[];
  shape_type?: string;
  mask?: string;
  score?: number;
  group_id?: number | string | null;
  description?: string | null;
  difficult?: boolean;
  flags?: Record<string, unknown> | null;
  attributes?: Record<string, unknown> | null;
}

interface Document {
  shapes: Shape[];
  imagePath?: string;
  imageWidth?: number;
  imageHeight?: number;
}

export const looksLike = (data: unknown): data is Document => Array.isArray((data as Document | null)?.shapes);

export async function* write(pictures: Picture[]): AsyncGenerator<[name: string, text: string]> {
  for (const [name, picture] of named(pictures)) {
    const shapes = picture.objects.map(async (object) => {
      const { x0, y0, x1, y1 } = object.patch.box;
      return { ...described(object, picture), points: [[x0, y0], [x1 - 1, y1 - 1]], shape_type: "mask", mask: await patchPng(object.patch) };
    });
    yield [name, document("5.5.0", picture, await Promise.all(shapes))];
  }
}

export function* writePolygons(pictures: Picture[], tolerance: number): Generator<[name: string, text: string]> {
  for (const [name, picture] of named(pictures)) {
    const taken = new Set(picture.objects.map(({ facts }) => facts?.group));
    let free = 0;
    const shapes = picture.objects.flatMap((object) => {
      const facts = { ...described(object, picture), difficult: object.facts?.difficult ?? false, kie_linking: [] };
      let parts = outlines(object.patch, tolerance).map(({ outer, holes }) => bridged([outer, ...holes]));
      if (parts.length > 1 && facts.group_id === null) {
        do free += 1; while (taken.has(String(free)));
        facts.group_id = free;
      } else if (parts.length > 1) parts = [bridged(parts)]; // its group says already what it belongs to
      return parts.map((points) => ({ ...facts, shape_type: "polygon", points }));
    });
    yield [name, document("3.2.0", picture, shapes)];
  }
}

function named(pictures: Picture[]): [name: string, picture: Picture][] {
  const names = stems(pictures);
  return pictures.map((picture) => [`${names.get(picture.path)}.json`, picture]);
}

function document(version: string, { path, width, height }: Picture, shapes: object[]): string {
  const place = { imagePath: path.split("/").at(-1), imageData: null, imageHeight: height, imageWidth: width };
  return `${JSON.stringify({ version, flags: {}, shapes, ...place })}\n`;
}

/** Of flags the format has `difficult` alone. Shapes of one group and label are one object: a group that objects share is an attribute. */
function described({ label, score, facts = NO_FACTS }: Labelled, { objects }: Picture): Omit<Shape, "points"> {
  const { group, description, attributes, difficult } = facts;
  const shared = objects.filter((other) => group !== null && other.label === label && other.facts?.group === group).length > 1;
  const answers = Object.entries(attributes);
  const others = {
    ...Object.fromEntries(answers.filter(([, answer]) => typeof answer !== "boolean")),
    ...stated(facts, FLAGS.filter((flag) => flag !== "difficult")), ...(shared && { group }),
  };
  return {
    label, ...(score != null && { score: Number(score.toFixed(4)) }), group_id: shared ? null : group !== null && /^\d+$/.test(group) ? Number(group) : group, description,
    flags: Object.fromEntries(answers.filter(([, answer]) => typeof answer === "boolean")),
    ...(Object.keys(others).length && { attributes: others }), ...(difficult && { difficult }),
  };
}

/** Masks, polygons and rectangles; other shapes are told in the notes. */
export async function read(name: string, data: Document, notes: string[]): Promise<Read> {
  const folder = name.split("/").slice(0, -1).map((part) => `${part}/`).join("");
  const objects: Arrived[] = [];
  for (const shape of data.shapes) {
    const { label, points, flags, attributes, difficult, score } = shape;
    const facts = factsOf({ ...attributes, ...flags, ...(difficult && { difficult }) }, shape.group_id, shape.description);
    const kind = shape.shape_type ?? "polygon";
    const stated = { label, facts, ...(typeof score === "number" && { score }) };
    const parted = shape.group_id != null;
    if (kind === "mask") objects.push({ ...stated, parted, patch: await patchOf(shape) });
    else if (kind === "polygon") objects.push({ ...stated, parted, rings: [points] });
    else if (kind === "rectangle") { // of two corners, or of four
      const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
      objects.push({ ...stated, box: [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)] });
    } else notes.push(`${name}: shapes of type ${kind} are left out`);
  }
  const found = joined(objects).map(grouped);
  const stated = data.imagePath?.split(/[\\/]/).at(-1);
  const place = { path: stated ? folder + stated : name.replace(/\.json$/, ""), stem: !stated };
  return { ...place, width: data.imageWidth, height: data.imageHeight, objects: found };
}

/** Parts with one group and label as one object, in the place of the first. */
function joined(objects: Arrived[]): Arrived[] {
  const parts = new Map<string, Arrived[]>();
  const keyOf = ({ label, facts, patch, rings, parted }: Arrived) => (parted && (patch || rings) ? JSON.stringify([facts!.group, label]) : null);
  for (const one of objects) {
    const key = keyOf(one);
    if (key !== null) parts.set(key, [...(parts.get(key) ?? []), one]);
  }
  return objects.flatMap((one) => {
    const [first, ...more] = parts.get(keyOf(one) ?? "") ?? [];
    if (!more.length) return [one];
    if (one !== first) return [];
    // A number that only made the parts one object says nothing more.
    const others = objects.some(({ label, facts }) => facts!.group === one.facts!.group && label !== one.label);
    return [{ ...one, more, facts: { ...one.facts!, group: others ? one.facts!.group : null } }];
  });
}

/** With the group that `described` put among the attributes. */
function grouped(one: Arrived): Arrived {
  const { group, ...attributes } = one.facts!.attributes;
  return one.facts!.group !== null || typeof group !== "string" ? one : { ...one, facts: { ...one.facts!, group, attributes } };
}

async function patchOf({ mask, points }: Shape): Promise<Patch> {
  const content = Uint8Array.from(atob(mask ?? ""), (character) => character.charCodeAt(0));
  const { width, height, values } = await greyValues(content);
  const [x, y] = points[0]!.map(Math.round) as Point;
  return Patch.of({ x0: x, y0: y, x1: x + width, y1: y + height }, values.map((value) => Number(value > 0)));
}

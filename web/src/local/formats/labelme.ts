// LabelMe: a JSON file a photo; masks as PNGs of their boxes, which lose nothing (`iog.formats.labelme`).

import { FLAGS, NO_FACTS } from "../../facts";
import type { Facts, Point } from "../../types";
import { Patch } from "../patch";
import { greyValues, patchPng } from "./png";
import { type Arrived, type Picture, type Read, factsOf, stated, stems } from "./records";

interface Shape {
  label: string;
  points: Point[];
  shape_type?: string;
  mask?: string;
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
  const names = stems(pictures);
  for (const { path, width, height, objects } of pictures) {
    const shared = (group: string | null, label: string) =>
      objects.filter((other) => group !== null && other.label === label && other.facts?.group === group).length > 1;
    const shapes = objects.map(async ({ label, patch, score, facts = NO_FACTS }) => {
      const { x0, y0, x1, y1 } = patch.box;
      return {
        label, points: [[x0, y0], [x1 - 1, y1 - 1]], shape_type: "mask", ...described(facts, shared(facts.group, label)),
        ...(score != null && { score: Number(score.toFixed(4)) }), mask: await patchPng(patch),
      };
    });
    const document = {
      version: "5.5.0", flags: {}, shapes: await Promise.all(shapes), imagePath: path.split("/").at(-1), imageData: null,
      imageHeight: height, imageWidth: width,
    };
    yield [`${names.get(path)}.json`, `${JSON.stringify(document)}\n`];
  }
}

/** Of flags the format has `difficult` alone. Shapes of one group and label are one object: a `shared` group is an attribute. */
function described(facts: Facts, shared: boolean): Partial<Shape> {
  const { group, description, attributes, difficult } = facts;
  const answers = Object.entries(attributes);
  const others = {
    ...Object.fromEntries(answers.filter(([, answer]) => typeof answer !== "boolean")),
    ...stated(facts, FLAGS.filter((flag) => flag !== "difficult")), ...(shared && { group }),
  };
  return {
    group_id: shared ? null : group !== null && /^\d+$/.test(group) ? Number(group) : group, description,
    flags: Object.fromEntries(answers.filter(([, answer]) => typeof answer === "boolean")),
    ...(Object.keys(others).length && { attributes: others }), ...(difficult && { difficult }),
  };
}

/** Masks, polygons and rectangles; other shapes are told in the notes. */
export async function read(name: string, data: Document, notes: string[]): Promise<Read> {
  const folder = name.split("/").slice(0, -1).map((part) => `${part}/`).join("");
  const objects: Arrived[] = [];
  for (const shape of data.shapes) {
    const { label, points, flags, attributes, difficult } = shape;
    const { group = null, ...answers } = attributes ?? {};
    const facts = factsOf({ ...answers, ...flags, ...(difficult && { difficult }) }, shape.group_id ?? group, shape.description);
    const kind = shape.shape_type ?? "polygon";
    if (kind === "mask") objects.push({ label, facts, patch: await patchOf(shape) });
    else if (kind === "polygon") objects.push({ label, facts, rings: [points] });
    else if (kind === "rectangle") {
      const [[ax, ay], [bx, by]] = points as [Point, Point];
      objects.push({ label, facts, box: [Math.min(ax, bx), Math.min(ay, by), Math.max(ax, bx), Math.max(ay, by)] });
    } else notes.push(`${name}: shapes of type ${kind} are left out`);
  }
  const stated = data.imagePath?.split(/[\\/]/).at(-1);
  const place = { path: stated ? folder + stated : name.replace(/\.json$/, ""), stem: !stated };
  return { ...place, width: data.imageWidth, height: data.imageHeight, objects };
}

async function patchOf({ mask, points }: Shape): Promise<Patch> {
  const content = Uint8Array.from(atob(mask ?? ""), (character) => character.charCodeAt(0));
  const { width, height, values } = await greyValues(content);
  const [x, y] = points[0]!.map(Math.round) as Point;
  return Patch.of({ x0: x, y0: y, x1: x + width, y1: y + height }, values.map((value) => Number(value > 0)));
}

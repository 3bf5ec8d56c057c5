// YOLO: a text file a photo, `class x1 y1 x2 y2 ...` divided by the photo's size; four numbers are a box. Parts and holes of an
// object become one ring through bridges of no width (`iog.formats.yolo`).

import type { Point } from "../../types";
import { pairs } from "./coco";
import { type Arrived, type Picture, type Read, outlines, stems } from "./records";

const LISTS = /(^|\/)(classes|train|val|valid|test|readme[^/]*)\.txt$/i;
const NAMES = /(^|\/)(data|dataset)\.ya?ml$/i;

export function* write(pictures: Picture[], labels: string[], tolerance: number): Generator<[name: string, text: string]> {
  const names = stems(pictures);
  const parts = new Map<string, string>();
  for (const { path, width, height, objects, part } of pictures) {
    const lines = objects.map(({ label, patch }) => {
      const rings = outlines(patch, tolerance).flatMap(({ outer, holes }) => [outer, ...holes]);
      const values = bridged(rings).flatMap(([x, y]) => [x / width, y / height]);
      return `${labels.indexOf(label)} ${values.map((value) => Number(value.toPrecision(9))).join(" ")}\n`;
    });
    yield [`labels/${names.get(path)}.txt`, lines.join("")];
    if (part) parts.set(part, `${parts.get(part) ?? ""}./images/${names.get(path)}${/\.\w+$/.exec(path)?.[0] ?? ""}\n`);
  }
  const list = labels.map((label, number) => `  ${number}: ${JSON.stringify(label)}\n`).join("");
  const places = [...parts.keys()].map((part) => `${part}: ${part}.txt\n`).join("") || "train: images\nval: images\n";
  yield ["data.yaml", `path: .\n${places}names:\n${list}`];
  for (const [part, photos] of parts) yield [`${part}.txt`, photos];
}

/** Rings as one: from one's nearest point to the next ring, around it, and back. */
export function bridged([first = [], ...others]: Point[][]): Point[] {
  return others.reduce((joined, ring) => {
    let [nearest, here, there] = [Infinity, 0, 0];
    joined.forEach(([ax, ay], i) => ring.forEach(([bx, by], j) => {
      const away = (ax - bx) ** 2 + (ay - by) ** 2;
      if (away < nearest) [nearest, here, there] = [away, i, j];
    }));
    const turned = [...ring.slice(there), ...ring.slice(0, there)];
    return [...joined.slice(0, here + 1), ...turned, turned[0]!, ...joined.slice(here)];
  }, first);
}

export function read(files: Map<string, string>): Read[] {
  const names = classNames(files);
  return [...files].filter(([name]) => name.endsWith(".txt") && !LISTS.test(name)).map(([name, text]) => ({
    path: name.split("/").filter((part) => part !== "labels").join("/").replace(/\.txt$/, ""), stem: true,
    objects: text.split("\n").filter((line) => line.trim()).map((line) => arrived(line.trim().split(/\s+/).map(Number), names)),
  }));
}

function arrived([number, ...values]: number[], names: Map<number, string>): Arrived {
  if (number === undefined || !Number.isInteger(number) || values.some((value) => !Number.isFinite(value))) {
    throw new Error("a line is not a class and numbers");
  }
  const label = names.get(number) ?? `class ${number}`;
  if (values.length === 4 || values.length === 5) {
    const [x, y, width, height] = values as [number, number, number, number];
    return { label, box: [x - width / 2, y - height / 2, x + width / 2, y + height / 2], relative: true };
  }
  if (values.length < 6) throw new Error("a line has neither a box nor an outline");
  return { label, rings: [pairs(values)], relative: true };
}

/** `names:` of a data.yaml, as a list, a list in one line, or a map; or the lines of classes.txt. */
function classNames(files: Map<string, string>): Map<number, string> {
  const yaml = [...files].find(([name]) => NAMES.test(name))?.[1];
  if (yaml === undefined) {
    const list = [...files].find(([name]) => /(^|\/)classes\.txt$/i.test(name))?.[1] ?? "";
    return new Map(list.split("\n").map((line) => line.trim()).filter(Boolean).map((name, number) => [number, name]));
  }
  const after = yaml.slice(yaml.search(/^names\s*:/m)).replace(/^names\s*:[ \t]*/, "");
  const inline = /^\[(.*)\]/.exec(after)?.[1];
  if (inline !== undefined) return new Map(inline.split(",").map((name, number) => [number, text(name)]));
  const found = new Map<number, string>();
  for (const line of after.split("\n")) {
    const [, number, name] = /^\s*(?:-|(\d+)\s*:)\s*(.+)$/.exec(line) ?? [];
    if (name === undefined) {
      if (line.trim()) break;
      continue;
    }
    found.set(number === undefined ? found.size : Number(number), text(name));
  }
  return found;
}

function text(value: string): string {
  const trimmed = value.trim();
  if (trimmed.startsWith('"')) return JSON.parse(trimmed) as string;
  return trimmed.startsWith("'") ? trimmed.slice(1, -1).replaceAll("''", "'") : trimmed;
}

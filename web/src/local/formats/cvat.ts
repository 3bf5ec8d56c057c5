// CVAT for images 1.1: one XML file with all photos. Coordinates are continuous; a mask is run lengths row by row within its box,
// background first (`iog.formats.cvat`).

import { heightOf, widthOf } from "../../../packages/iog-web/src/clicks";
import { FLAGS, NO_FACTS, textOf } from "../../facts";
import type { Point } from "../../types";
import { Patch, runsOf } from "../patch";
import { type Arrived, type Labelled, type Picture, type Read, ellipse, factsOf, stated, turned } from "./records";
import { type Element, parsed, written } from "./xml";

export const FILE = "annotations.xml";

export const looksLike = (text: string) => /<annotations[\s>]/.test(text.slice(0, 300));

export function* write(pictures: Picture[], labels: string[]): Generator<string> {
  const names = labels.map((label) => written("label", {}, [written("name", {}, label)]));
  yield '<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n<version>1.1</version>\n';
  yield `${written("meta", {}, [written("task", {}, [written("labels", {}, names)])])}\n`;
  for (const [id, { path, width, height, objects }] of pictures.entries()) {
    yield `${written("image", { id, name: path, width, height }, objects.map(mask))}\n`;
  }
  yield "</annotations>\n";
}

function mask({ label, patch: { box, pixels }, facts = NO_FACTS }: Labelled, order: number): string {
  const { description } = facts;
  const answers = { ...facts.attributes, ...stated(facts, FLAGS.filter((flag) => flag !== "occluded")), ...(description && { description }) };
  return written("mask", {
    label, source: "manual", occluded: Number(facts.occluded), ...(facts.group !== null && { group_id: facts.group }),
    rle: [...runsOf(pixels)].join(", "), left: box.x0, top: box.y0, width: widthOf(box), height: heightOf(box), z_order: order,
  }, Object.entries(answers).map(([name, answer]) => written("attribute", { name }, textOf(answer))));
}

export function read(text: string, notes: string[]): Read[] {
  const root = parsed(text);
  if (root.name !== "annotations") throw new Error("its root is not <annotations>");
  if (root.children.some(({ name }) => name === "track")) notes.push("tracks belong to videos; export single frames (CVAT for images)");
  return root.children.filter(({ name }) => name === "image").map((image) => {
    const { name: path = "", width, height } = image.attributes;
    const objects = image.children.flatMap((element, index) => {
      try {
        return [arrived(element)];
      } catch (error) {
        notes.push(`${path}, shape ${index + 1}: ${(error as Error).message}`);
        return [];
      }
    });
    return { path, width: Number(width) || undefined, height: Number(height) || undefined, objects };
  });
}

/** What CVAT writes for a checkbox. */
const YES_NO = new Map([["true", true], ["false", false]]);

function arrived({ name, attributes, children }: Element): Arrived {
  const value = (key: string, missing?: number): number => {
    const found = Number(attributes[key] ?? missing ?? Number.NaN);
    if (!Number.isFinite(found)) throw new Error(`it states no number as ${key}`);
    return found;
  };
  const answers = children.filter((one) => one.name === "attribute").map((one) => [one.attributes["name"] ?? "", YES_NO.get(one.text) ?? one.text]);
  const { description = "", ...others } = Object.fromEntries(answers) as Record<string, unknown>;
  const facts = factsOf({ ...others, ...(attributes["occluded"] === "1" && { occluded: true }) }, attributes["group_id"], description);
  const object = { label: attributes["label"] || "object", facts };
  const angle = value("rotation", 0);
  if (name === "box") {
    const [x0, y0, x1, y1] = [value("xtl"), value("ytl"), value("xbr"), value("ybr")];
    if (angle % 360 === 0) return { ...object, box: [x0, y0, x1, y1] };
    return { ...object, rings: [turned([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], angle)] };
  }
  if (name === "polygon") {
    const ring = (attributes["points"] ?? "").split(";").map((point) => point.split(",").map(Number) as Point);
    if (ring.length < 3 || ring.flat().some((one) => !Number.isFinite(one))) throw new Error("its outline has fewer than three points");
    return { ...object, rings: [ring] };
  }
  if (name === "ellipse") return { ...object, rings: [turned(ellipse([value("cx"), value("cy")], value("rx"), value("ry")), angle)] };
  if (name === "mask") {
    const [x0, y0, width, height] = [value("left"), value("top"), value("width"), value("height")];
    const runs = (attributes["rle"] ?? "").split(",").map(Number);
    if (runs.some((run) => !(run >= 0)) || runs.reduce((sum, run) => sum + run, 0) !== width * height) {
      throw new Error(`its run lengths do not cover ${width} x ${height} pixels`);
    }
    const pixels = new Uint8Array(width * height);
    let at = 0;
    runs.forEach((run, i) => pixels.fill(i % 2, at, (at += run)));
    return { ...object, patch: Patch.of({ x0, y0, x1: x0 + width, y1: y0 + height }, pixels) };
  }
  throw new Error(`shapes of type '${name}' have no area`);
}

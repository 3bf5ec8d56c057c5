// Pascal VOC: an XML file with boxes a photo, which are 1-based and inclusive, and palette pictures of classes and of objects: in
// SegmentationObject the n-th object of the XML has the value n (`iog.formats.voc`).

import { Refusal } from "../../backend";
import { NO_FACTS } from "../../facts";
import { Patch } from "../patch";
import { numbersOf } from "./numbers";
import { pngOf } from "./png";
import { type Arrived, type Picture, type Read, factsOf, stems } from "./records";
import { type Element, child, childText, parsed, textOf, written } from "./xml";
import type { Entry } from "./zip";

const MOST = 254; // objects of a picture; 255 is nothing
const FLAGS = ["truncated", "difficult", "occluded"] as const;

export async function* write(pictures: Picture[], labels: string[]): AsyncGenerator<Entry> {
  if (labels.length > MOST) throw new Refusal(`VOC's pictures hold at most ${MOST} labels; there are ${labels.length}`);
  const entry = (name: string, text: string): Entry => ({ name, content: new TextEncoder().encode(text) });
  const names = stems(pictures, true);
  for (const picture of pictures) {
    const { path, width, height, objects } = picture;
    if (objects.length > MOST) throw new Refusal(`VOC's pictures hold at most ${MOST} objects; ${path} has ${objects.length}`);
    const name = names.get(path)!;
    for (const [folder, value] of [["SegmentationClass", (label: string) => labels.indexOf(label) + 1], ["SegmentationObject", null]] as const) {
      const values = new Uint8Array(width * height);
      objects.forEach(({ label, patch }, number) => patch.paint(values, width, height, value?.(label) ?? number + 1));
      yield { name: `${folder}/${name}.png`, content: await pngOf(values, width, height, PALETTE) };
    }
    yield entry(`Annotations/${name}.xml`, document(picture));
  }
  yield entry("ImageSets/Segmentation/all.txt", [...names.values()].map((name) => `${name}\n`).join(""));
  yield entry("labels.txt", labels.map((label) => `${label}\n`).join(""));
}

function document({ path, width, height, objects }: Picture): string {
  const cut = path.lastIndexOf("/");
  const values = (all: Record<string, string | number>) => Object.entries(all).map(([name, value]) => written(name, {}, String(value)));
  const found = objects.map(({ label, patch: { box }, facts = NO_FACTS }) => written("object", {}, [
    ...values({ name: label, pose: String(facts.attributes["pose"] ?? "Unspecified") }),
    ...values(Object.fromEntries(FLAGS.map((flag) => [flag, Number(facts[flag])]))),
    written("bndbox", {}, values({ xmin: box.x0 + 1, ymin: box.y0 + 1, xmax: box.x1, ymax: box.y1 })),
  ]));
  return written("annotation", {}, [
    ...values({ folder: path.slice(0, Math.max(cut, 0)), filename: path.slice(cut + 1) }),
    written("size", {}, values({ width, height, depth: 3 })), ...values({ segmented: 1 }), ...found,
  ]);
}

/** Of all files those that are VOC's. */
export async function read(files: Map<string, Uint8Array<ArrayBuffer>>, notes: string[]): Promise<Read[]> {
  const found: Read[] = [];
  for (const [name, content] of files) {
    if (!name.toLowerCase().endsWith(".xml")) continue;
    try {
      const root = parsed(textOf(content));
      if (root.name === "annotation") found.push(await picture(name, root, files, notes));
    } catch (error) {
      notes.push(`${name}: ${(error as Error).message}`);
    }
  }
  return found;
}

async function picture(name: string, root: Element, files: Map<string, Uint8Array<ArrayBuffer>>, notes: string[]): Promise<Read> {
  const [width, height] = ["width", "height"].map((side) => number(root, `size/${side}`) || undefined) as [number?, number?];
  const masks = files.get(name.replace(/(^|\/)Annotations\//, "$1SegmentationObject/").replace(/\.xml$/i, ".png"));
  const values = masks && name.includes("Annotations/") ? await numbersOf(masks) : null;
  const objects: Arrived[] = [];
  root.children.filter((one) => one.name === "object").forEach((element, index) => {
    const edges = ["xmin", "ymin", "xmax", "ymax"].map((side) => number(element, `bndbox/${side}`));
    const patch = values && Patch.of({ x0: 0, y0: 0, x1: values.width, y1: values.height }, values.values.map((value) => Number(value === index + 1)));
    if (edges.includes(null) && !patch?.area) {
      notes.push(`${name}, object ${index + 1}: its bndbox is missing or holds no numbers`);
      return;
    }
    const [x0, y0, x1, y1] = edges as [number, number, number, number];
    const pose = childText(element, "pose");
    const flags = Object.fromEntries(FLAGS.map((flag) => [flag, ["1", "true"].includes(childText(element, flag))]));
    objects.push({
      label: childText(element, "name") || "object",
      facts: factsOf({ ...flags, ...(pose && pose !== "Unspecified" && { pose }) }, null, ""),
      ...(!edges.includes(null) && { box: [x0 - 1, y0 - 1, x1, y1] }), ...(patch?.area && { patch }),
    });
  });
  const stated = childText(root, "filename").replaceAll("\\", "/");
  const path = [childText(root, "folder"), stated || name.split("/").at(-1)!.replace(/\.xml$/i, "")].filter(Boolean).join("/");
  return { path, stem: !/\.\w+$/.test(stated), width, height, objects };
}

function number(element: Element, path: string): number | null {
  const value = Number(child(element, path)?.text.trim() || Number.NaN);
  return Number.isFinite(value) ? value : null;
}

/** VOC's colours: the bits of the number, spread over red, green and blue from the highest down. */
const PALETTE = Uint8Array.from({ length: 256 * 3 }, (_, at) => {
  const [value, channel] = [Math.floor(at / 3), at % 3];
  let colour = 0;
  for (let place = 0; place < 8; place++) colour |= ((value >> (3 * place + channel)) & 1) << (7 - place);
  return colour;
});

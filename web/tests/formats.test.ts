// What files of other tools may hold, besides what this project writes: tests/browser/test_site.py goes both ways with those.

import { describe, expect, it, vi } from "vitest";

import { NO_FACTS } from "../src/facts";
import type { ExportQuery } from "../src/backend";
import { exportedTo, losses } from "../src/local/exporting";
import * as cvat from "../src/local/formats/cvat";
import { packed, read as readTasks, unpacked, write as writeTasks } from "../src/local/formats/label_studio";
import * as labelme from "../src/local/formats/labelme";
import { numbersOf } from "../src/local/formats/numbers";
import { pngOf } from "../src/local/formats/png";
import { filled, stems } from "../src/local/formats/records";
import { read as readVoc, write as writeVoc } from "../src/local/formats/voc";
import { childText, parsed, textOf, written } from "../src/local/formats/xml";
import { Patch } from "../src/local/patch";

const bytes = (text: string) => new TextEncoder().encode(text);

describe("XML", () => {
  it("has elements, attributes, text and entities", () => {
    const root = parsed('<?xml version="1.0"?>\n<!-- <a> --><a b="1 &lt; 2" c=\'"\'><d>x &#228;&#x4e2d;&amp;</d><e/><![CDATA[<raw>]]></a>\n');
    expect([root.name, root.attributes, root.text]).toEqual(["a", { b: "1 < 2", c: '"' }, "<raw>"]);
    expect(childText(root, "d")).toBe("x ä中&");
    expect(root.children[1]).toEqual({ name: "e", attributes: {}, children: [], text: "" });
  });

  it.each(["", "text", "<a>", "<a></b>", "</a>", "<a b=1></a>", "<a><b></a></b>", "<a"])("refuses %j", (document) => {
    expect(() => parsed(document)).toThrow(/it is no XML/);
  });

  it("refuses what could define entities", () => {
    expect(() => parsed('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')).toThrow(/document type/);
  });

  it("reads back what it writes", () => {
    const text = 'a "b" <c> & ä\n中';
    const root = parsed(written("o", { name: text }, [written("i", {}, `${text}\u0000`)]));
    expect([root.attributes["name"], root.children[0]!.text]).toEqual([text, text]);
  });

  it("is in the encoding that it names", () => {
    const [cat, dog] = [Uint8Array.of(0xc3, 0xa8), Uint8Array.of(0x81, 0x30, 0x81, 0x30)]; // of GBK, of GB18030 alone
    const file = Uint8Array.of(...bytes('<?xml version="1.0" encoding="GB2312"?><a>'), ...cat, ...dog, ...bytes("</a>"));
    expect(parsed(textOf(file)).text).toBe("猫\u0080");
    expect(() => textOf(Uint8Array.of(0x3c, 0xff))).toThrow();
  });
});

describe("VOC", () => {
  it("has boxes without pictures, 1-based and inclusive", async () => {
    const file = `<annotation><folder>VOC2012</folder><filename>a.jpg</filename><size><width>20</width><height>10</height></size>
      <object><name>cat</name><difficult>1</difficult><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>20</xmax><ymax>10</ymax></bndbox></object>
      <object><name>dog</name></object></annotation>`;
    const notes: string[] = [];
    const [picture] = await readVoc(new Map([["in/Annotations/a.xml", bytes(file)], ["b.xml", bytes("<b")]]), notes);
    expect(picture).toMatchObject({ path: "VOC2012/a.jpg", width: 20, height: 10, stem: false });
    expect(picture!.objects).toMatchObject([{ label: "cat", box: [0, 1, 20, 10], facts: { difficult: true, occluded: false } }]);
    expect(notes).toEqual(["in/Annotations/a.xml, object 2: its bndbox is missing or holds no numbers", expect.stringMatching(/^b.xml: it is no XML/)]);
  });

  it("gives a shared pixel to the later object, and refuses more than a picture holds", async () => {
    const square = (x: number) => filled([[[x, 1], [x + 4, 1], [x + 4, 5], [x, 5]]], false, 12, 6);
    const objects = [square(1), square(3)].map((patch) => ({ label: "a", patch }));
    const files = new Map<string, Uint8Array<ArrayBuffer>>();
    for await (const { name, content } of writeVoc([{ path: "x/p.jpg", width: 12, height: 6, objects }], ["a"])) files.set(name, content);
    expect([...files.keys()]).toEqual([
      "SegmentationClass/x__p.png", "SegmentationObject/x__p.png", "Annotations/x__p.xml", "ImageSets/Segmentation/all.txt", "labels.txt",
    ]);
    const [read] = await readVoc(files, []);
    expect(read!.objects.map(({ patch }) => patch!.area)).toEqual([8, 16]);
    const many = { path: "p", width: 12, height: 6, objects: Array.from({ length: 255 }, () => objects[0]!) };
    await expect(writeVoc([many], ["a"]).next()).rejects.toThrow("at most 254 objects; p has 255");
  });
});

describe("LabelMe", () => {
  it("takes shapes of one group and label as one object", async () => {
    const polygon = (label: string, group: number | null, x: number) => ({ label, group_id: group, shape_type: "polygon", points: [[x, 0], [x + 2, 0], [x + 2, 2], [x, 2]] });
    const shapes = [polygon("a", 1, 0), polygon("b", 2, 4), polygon("a", 1, 8), polygon("c", 2, 12), polygon("c", 2, 16), polygon("a", null, 20)];
    const read = await labelme.read("in/p.json", { shapes, imagePath: "p.jpg" } as unknown as Parameters<typeof labelme.read>[1], []);
    expect(read.path).toBe("in/p.jpg");
    expect(read.objects.map(({ label, more = [], facts }) => [label, more.length, facts!.group])).toEqual([["a", 1, null], ["b", 0, "2"], ["c", 1, "2"], ["a", 0, null]]);
  });

  it("writes parts as polygons of one group for X-AnyLabeling", () => {
    const square = (x: number) => filled([[[x, 1], [x + 4, 1], [x + 4, 5], [x, 5]]], false, 30, 6);
    const parts = Patch.together([square(1), square(10)]);
    const facts = (group: string | null) => ({ ...NO_FACTS, group });
    const objects = [{ label: "a", patch: parts, facts: facts(null) }, { label: "b", patch: square(20), facts: facts("1") }, { label: "c", patch: parts, facts: facts("7") }];
    const [[name, text]] = [...labelme.writePolygons([{ path: "x/p.jpg", width: 30, height: 6, objects }], 0)] as [[string, string]];
    const { shapes } = JSON.parse(text) as { shapes: { label: string; group_id: number; points: unknown[] }[] };
    expect(name).toBe("x/p.json");
    expect(shapes.map(({ label, group_id: group, points }) => [label, group, points.length])).toEqual([["a", 2, 4], ["a", 2, 4], ["b", 1, 4], ["c", 7, 10]]);
  });
});

describe("CVAT", () => {
  it("has boxes, polygons, ellipses, masks and answers", () => {
    const notes: string[] = [];
    const shapes = [
      '<box label="a" occluded="1" xtl="1.5" ytl="2" xbr="9" ybr="8"/>', '<box label="b" xtl="2" ytl="4" xbr="8" ybr="6" rotation="90"/>',
      '<polygon label="c" group_id="3" points="0,0;4,0;4,4"><attribute name="colour">red</attribute><attribute name="truncated">true</attribute></polygon>',
      '<ellipse label="d" cx="5" cy="5" rx="2" ry="1"/>', '<mask label="e" rle="0, 2, 2, 2" left="3" top="4" width="2" height="3"/>',
      '<mask label="e" rle="1" left="3" top="4" width="2" height="3"/>', '<points label="f" points="1,1"/>',
    ];
    const [image] = cvat.read(`<annotations><image id="0" name="i/a.jpg" width="20" height="10">${shapes.join("")}</image><track/></annotations>`, notes);
    expect(image).toMatchObject({ path: "i/a.jpg", width: 20, height: 10 });
    const [a, b, c, d, e] = image!.objects;
    expect(a).toMatchObject({ box: [1.5, 2, 9, 8], facts: { occluded: true } });
    const turned = filled(b!.rings!, false, 20, 10).box;
    expect(turned).toEqual({ x0: 4, y0: 2, x1: 6, y1: 8 });
    expect(c).toMatchObject({ rings: [[[0, 0], [4, 0], [4, 4]]], facts: { group: "3", truncated: true, attributes: { colour: "red" } } });
    expect(filled(d!.rings!, false, 20, 10).area).toBeGreaterThan(4);
    expect(e!.patch).toEqual(new Patch({ x0: 3, y0: 4, x1: 5, y1: 7 }, Uint8Array.of(1, 1, 0, 0, 1, 1)));
    expect(notes).toEqual([
      expect.stringMatching(/tracks belong to videos/), "i/a.jpg, shape 6: its run lengths do not cover 2 x 3 pixels",
      "i/a.jpg, shape 7: shapes of type 'points' have no area",
    ]);
  });
});

describe("Label Studio", () => {
  it("has the last annotation, or else predictions, of uploaded, local and remote photos", () => {
    const box = (label: string) => ({ type: "rectanglelabels", original_width: 20, original_height: 10, value: { x: 10, y: 20, width: 50, height: 30, rectanglelabels: [label] } });
    const turned = { ...box("c"), value: { ...box("c").value, rotation: 90 } };
    const notes: string[] = [];
    const read = readTasks([
      { data: { image: "/data/upload/3/0123abcd-a%20b.jpg" }, annotations: [{ result: [box("a")] }, { was_cancelled: true, result: [box("b")] }] },
      { data: { image: "/data/local-files/?d=in%2Fc.jpg" }, annotations: [], predictions: [{ result: [turned] }] },
      { data: { image: "https://host/x/d.jpg?v=1" }, annotations: [{ result: [{ type: "choices", value: {} }, { type: "keypointlabels", value: {} }] }] },
    ], notes);
    expect(read.map(({ path }) => path)).toEqual(["a b.jpg", "in/c.jpg", "x/d.jpg"]);
    expect(read[0]).toMatchObject({ width: 20, height: 10, objects: [{ label: "a", box: [0.1, 0.2, 0.6, 0.5], relative: true }] });
    const ring = read[1]!.objects[0]!.rings![0]!.flat();
    for (const [i, value] of [2, 2, 2, 12, -1, 12, -1, 2].entries()) expect(ring[i]).toBeCloseTo(value);
    expect(notes).toEqual(["x/d.jpg: regions of type 'keypointlabels' have no area"]);
  });

  it.each([[1, 1], [7, 5], [300, 90]])("packs and unpacks %i x %i pixels", (width, height) => {
    for (const pixels of [new Uint8Array(width * height), new Uint8Array(width * height).fill(1), Uint8Array.from({ length: width * height }, (_, i) => Number(i % 7 < 3))]) {
      expect(unpacked(packed(pixels), width, height)).toEqual(pixels);
    }
    expect(() => unpacked(packed(new Uint8Array(width * height)), width + 1, height)).toThrow(/not of/);
    expect(() => unpacked(packed(new Uint8Array(width * height)).slice(0, 7), width, height)).toThrow(/too early/);
  });
});

describe("pictures of numbers", () => {
  it("are read back, grey or with a palette", async () => {
    const values = Uint8Array.from({ length: 35 }, (_, i) => (i * 41) % 256);
    expect(await numbersOf(await pngOf(values, 7, 5))).toEqual({ width: 7, height: 5, values });
    expect(await numbersOf(await pngOf(values, 7, 5, new Uint8Array(768)))).toEqual({ width: 7, height: 5, values });
    await expect(numbersOf(new Uint8Array(40))).rejects.toThrow(/no PNG/);
  });
});

describe("names", () => {
  it("are distinct without their endings", () => {
    const names = (paths: string[], flat: boolean) => [...stems(paths.map((path) => ({ path })), flat).values()];
    expect(names(["a.jpg", "a.png", "a_png.jpg", "b/a.jpg"], false)).toEqual(["a", "a_png", "a_png_jpg", "b/a"]);
    expect(names(["a/b.jpg", "a__b.jpg"], true)).toEqual(["a__b", "a__b_jpg"]);
  });
});

describe("facts", () => {
  const known = { ...NO_FACTS, group: "7", description: "half", truncated: true, attributes: { box: [1, { a: 2 }] } };
  const patch = Patch.of({ x0: 1, y0: 1, x1: 8, y1: 2 }, Uint8Array.of(1, 1, 1, 0, 1, 1, 1)); // of two parts
  const picture = (path = "p.jpg") => ({ path, width: 9, height: 4, objects: [1, 2].map(() => ({ label: "a", patch, facts: known, score: 0.25 })) });

  it("come back of polygons: also a group that objects of one label share, and the score", async () => {
    const [[, text]] = [...labelme.writePolygons([picture()], 0)] as [[string, string]];
    const { objects } = await labelme.read("p.json", JSON.parse(text) as Parameters<typeof labelme.read>[1], []);
    expect(objects.map(({ facts, score, more }) => [facts, score, more!.length])).toEqual([[known, 0.25, 1], [known, 0.25, 1]]);
  });

  it("have rectangles of four corners beside them", async () => {
    const points = [[5, 1], [9, 1], [9, 4], [5, 4]];
    const read = await labelme.read("p.json", { shapes: [{ label: "a", shape_type: "rectangle", points }] } as Parameters<typeof labelme.read>[1], []);
    expect(read.objects[0]!.box).toEqual([5, 1, 9, 4]);
  });

  it("are JSON in CVAT's file where they are lists", () => {
    expect([...cvat.write([picture()], ["a"])].join("")).toContain('<attribute name="box">[1,{&#34;a&#34;:2}]</attribute>');
  });

  it("lie in a photo of any name in Label Studio's file", () => {
    const path = "in/a #1?d=100%: b.jpg";
    const tasks = JSON.parse(writeTasks([picture(path)])) as Parameters<typeof readTasks>[0];
    expect(readTasks(tasks, [])[0]!.path).toBe(path);
  });
});

describe("an export", () => {
  const query = { format: "timings", photo: null, labels: [], done: false, drafts: false, val: 0, tolerance: 0 } as unknown as ExportQuery;
  const facts = { ...NO_FACTS, group: "7", crowd: true };
  const store = {
    efforts: async () => new Map(), timings: async () => [], labels: { read: async () => ({ labels: ["a"], colours: {} }) },
    photos: async () => ["p.jpg", "q.jpg"].map((path, id) => ({ row: { id, path, width: 9, height: 4, done: true }, objects: [] })),
    objects: async () => [{ id: 1, label: "a", state: "accepted", work: { clicks: null }, mask: Patch.of({ x0: 1, y0: 1, x1: 3, y1: 2 }, Uint8Array.of(1, 1)).stored(), confidence: null, facts }],
  } as unknown as Parameters<typeof exportedTo>[0];

  it("says what its format has no place for", async () => {
    expect(await losses(store, { ...query, format: "yolo" })).toEqual([
      "YOLO segmentation has no place for crowds: 2 (p.jpg; q.jpg).", "YOLO segmentation has no place for groups: 2 (p.jpg; q.jpg).",
    ]);
    expect(await losses(store, { ...query, format: "coco" })).toEqual([]);
  });

  it("leaves nothing where it fails", async () => {
    const removeEntry = vi.fn(async () => undefined);
    const root = { getFileHandle: async () => { throw new DOMException("the disk is full", "QuotaExceededError"); } };
    const place = { keys: async function* () { yield "timings"; }, getDirectoryHandle: async () => root, removeEntry };
    await expect(exportedTo(store, query, place as unknown as FileSystemDirectoryHandle)).rejects.toThrow(/the disk is full; nothing is left of it/);
    expect(removeEntry).toHaveBeenCalledWith("timings 2", { recursive: true });
  });
});

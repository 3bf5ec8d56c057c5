// As much XML as files of labels have: elements, attributes and text. A Worker has no reader of its own.

export interface Element {
  name: string;
  attributes: Record<string, string>;
  children: Element[];
  text: string;
}

const TOKEN = new RegExp(
  [
    "<!--[^]*?-->", "<\\?[^]*?\\?>", "<!\\[CDATA\\[(?<data>[^]*?)\\]\\]>", "<(?<doctype>!)", "</(?<end>[^\\s<>]+)\\s*>",
    "<(?<start>[^\\s<>/!?]+)(?<attributes>(?:\\s+[^\\s<>=\"'/]+\\s*=\\s*(?:\"[^\"<]*\"|'[^'<]*'))*)\\s*(?<empty>/?)>", "(?<text>[^<]+)",
  ].join("|"),
  "y",
);
const ATTRIBUTE = /([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };
// Characters that XML cannot hold.
const UNUSABLE = /[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

/** The root of a document; throws for what is no XML, and for a document type, which could define entities. */
export function parsed(document: string): Element {
  const outer: Element = { name: "", attributes: {}, children: [], text: "" };
  const open = [outer];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < document.length) {
    const at = TOKEN.lastIndex;
    const found = TOKEN.exec(document)?.groups;
    if (!found) throw new Error(`it is no XML: character ${at + 1} is not expected`);
    if (found["doctype"]) throw new Error("it has a document type, which could define entities; such files are refused");
    const here = open.at(-1)!;
    if (found["start"] !== undefined) {
      const element: Element = { name: found["start"], attributes: {}, children: [], text: "" };
      for (const [, name, double, single] of found["attributes"]!.matchAll(ATTRIBUTE)) element.attributes[name!] = plain(double ?? single!);
      here.children.push(element);
      if (!found["empty"]) open.push(element);
    } else if (found["end"] !== undefined) {
      if (here.name !== found["end"] || open.length === 1) throw new Error(`it is no XML: </${found["end"]}> closes nothing`);
      open.pop();
    } else here.text += found["data"] ?? plain(found["text"] ?? "");
  }
  const [root] = outer.children;
  if (!root || open.length > 1) throw new Error("it is no XML: it ends too early");
  return root;
}

function plain(text: string): string {
  return text.replace(/&(#x[\da-f]+|#\d+|\w+);/gi, (whole, name: string) => {
    if (!name.startsWith("#")) return ENTITIES[name] ?? whole;
    const code = name[1]!.toLowerCase() === "x" ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

/** Text of a file in the encoding that it names; Chinese ones are read as the wider one that they are part of. */
export function textOf(content: Uint8Array): string {
  const head = String.fromCharCode(...content.subarray(0, 200));
  const stated = /^[^<]*<\?xml[^>]*encoding=["']([\w.-]+)["']/.exec(head)?.[1]?.toLowerCase() ?? "utf-8";
  if (head.startsWith("\xff\xfe")) return new TextDecoder("utf-16le").decode(content);
  if (head.startsWith("\xfe\xff")) return new TextDecoder("utf-16be").decode(content);
  const encoding = stated.startsWith("utf-16") ? "utf-8" : /^gb/.test(stated) ? "gb18030" : stated;
  return new TextDecoder(encoding, { fatal: true }).decode(content);
}

export const child = (element: Element, path: string): Element | undefined =>
  path.split("/").reduce<Element | undefined>((here, name) => here?.children.find((one) => one.name === name), element);

export const childText = (element: Element, path: string) => child(element, path)?.text.trim() ?? "";

/** An element as text; what stands in it is text, or elements that are written already. */
export function written(name: string, attributes: Record<string, string | number>, within: string | string[] = ""): string {
  const head = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(String(value))}"`).join("");
  const content = Array.isArray(within) ? within.join("") : escaped(within);
  return content ? `<${name}${head}>${content}</${name}>` : `<${name}${head} />`;
}

function escaped(text: string): string {
  return text.replace(UNUSABLE, "").replace(/[&<>"\n\r\t]/g, (one) => (one === "&" ? "&amp;" : one === "<" ? "&lt;" : one === ">" ? "&gt;" : `&#${one.charCodeAt(0)};`));
}

/** What a model file says of itself: the `iog` entry of its ONNX metadata. ONNX Runtime Web does not show it. */
import { IogError } from "./errors.js";

export interface ModelInfo {
  readonly name: string;
  /** Side of the square crop in pixels. */
  readonly size: number;
  /** Context around the box on each side, as a share of the box side. */
  readonly margin: number;
  readonly weightsSha256: string;
}

const METADATA_FIELD = 14; // ModelProto.metadata_props, https://onnx.ai/onnx/api/classes.html#modelproto

/** Reads the description of a `lite` model; an `IogError` if the file is another. */
export function readInfo(file: Uint8Array): ModelInfo {
  let info;
  try {
    info = JSON.parse(metadata(file).get("iog") ?? "null");
  } catch {
    info = null;
  }
  if (info?.format !== "iog-onnx-1" || (info.network?.guidance ?? "inside-outside") !== "inside-outside") {
    throw new IogError("the file is not a lite model of iog; give NAME.encoder.onnx as `iog convert` writes it");
  }
  return { name: info.name, size: info.size, margin: info.margin, weightsSha256: info.weights_sha256 };
}

/** The metadata of an ONNX file: the entries of one field at the top of its protocol buffer. */
function metadata(file: Uint8Array): Map<string, string> {
  const entries = new Map<string, string>();
  for (const [field, content] of lengthDelimited(file)) {
    if (field !== METADATA_FIELD) continue;
    const texts = new Map(lengthDelimited(content).map(([key, text]) => [key, new TextDecoder().decode(text)]));
    entries.set(texts.get(1) ?? "", texts.get(2) ?? "");
  }
  return entries;
}

/** The length-delimited fields of a protocol buffer's message; others are skipped. */
function lengthDelimited(message: Uint8Array): [field: number, content: Uint8Array][] {
  const fields: [number, Uint8Array][] = [];
  let at = 0;
  const varint = (): number => {
    let [value, factor] = [0, 1];
    for (;;) {
      const byte = message[at++];
      if (byte === undefined) throw new RangeError("the file ends within a number");
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const [field, kind] = [Math.floor(tag / 8), tag % 8];
    if (kind === 0) varint();
    else if (kind === 1) at += 8;
    else if (kind === 5) at += 4;
    else if (kind === 2) {
      const length = varint();
      if (at + length > message.length) throw new RangeError("the file ends within a field");
      fields.push([field, message.subarray(at, at + length)]);
      at += length;
    } else throw new RangeError("no protocol buffer");
  }
  return fields;
}

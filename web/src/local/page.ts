// The backend of the page that `iog web` writes: a Worker of its own, and photos that the person gives it.

import { Unreachable, type Backend, type Intake } from "../backend";
import type { MaskMessage, PhotoMessage } from "../types";
import { type Local, type Method, type Reply, type Request, errorOf } from "./protocol";
import type { Site } from "./site";
import { dropped, folderOf, picked, picksFolders, sourceOf } from "./sources";

interface Waiting {
  resolve: (result: never) => void;
  reject: (error: Error) => void;
  onMask: ((mask: MaskMessage | null) => void) | undefined;
}

const site = JSON.parse(document.getElementById("site")!.textContent!) as Site;
const at = (address: string) => new URL(address, document.baseURI).href;
const { encoder, decoder, calibration } = site.model;
site.model = { encoder: at(encoder), decoder: at(decoder), calibration: calibration && at(calibration) };
site.runtime = at(site.runtime);

const waiting = new Map<number, Waiting>();
let listener: (loaded: number, total: number) => void = () => undefined;
let last = 0;
let worker = started();

function started(): Worker {
  const made = new Worker(at("worker.js"), { type: "module" });
  made.onmessage = ({ data }: MessageEvent<Reply>) => received(data);
  made.onerror = (event) => {
    // It ran out of memory, most likely: another one finds all work on the disk.
    made.terminate();
    const pending = [...waiting.values()];
    waiting.clear();
    setTimeout(() => { worker = started(); }, 500);
    for (const { reject } of pending) reject(new Unreachable(event.message || "the Worker ended"));
  };
  made.postMessage({ id: 0, method: "begin", values: [site] } satisfies Request);
  return made;
}

function received(reply: Reply): void {
  if ("loaded" in reply) {
    listener(reply.loaded, reply.total);
    if (reply.loaded >= reply.total) keepOffline();
    return;
  }
  const asked = waiting.get(reply.id);
  if ("mask" in reply) {
    asked?.onMask?.(reply.mask);
    return;
  }
  waiting.delete(reply.id);
  if ("failed" in reply) asked?.reject(errorOf(reply.failed));
  else asked?.resolve(reply.result as never);
}

function call<M extends Method>(method: M, ...values: Parameters<Local[M]>): ReturnType<Local[M]> {
  return new Promise((resolve, reject) => {
    const onMask = values.find((value) => typeof value === "function") as Waiting["onMask"];
    const request: Request = { id: ++last, method, values: values.filter((value) => typeof value !== "function") };
    waiting.set(request.id, { resolve, reject, onMask });
    worker.postMessage(request);
  }) as ReturnType<Local[M]>;
}

const THUMBNAILS = 500; // that the page may still show
const thumbnails = new Map<number, string>();

async function thumbnail({ id }: PhotoMessage): Promise<string> {
  const known = thumbnails.get(id) ?? URL.createObjectURL(await call("small", id));
  thumbnails.delete(id);
  thumbnails.set(id, known); // the last used is the last
  for (const [other, address] of thumbnails) {
    if (thumbnails.size <= THUMBNAILS) break;
    URL.revokeObjectURL(address);
    thumbnails.delete(other);
  }
  return known;
}

const intake: Intake = {
  add: async (files) => call("add", files.map(sourceOf)),
  addDropped: async (data) => call("add", await dropped(data)),
  addFolder: async () => call("add", await folderOf()),
  addSamples: async () => {
    const files = site.samples.map(async (address) => {
      const name = address.split("/").at(-1)!.split("?")[0]!;
      return new File([await (await fetch(at(address))).blob()], name);
    });
    return intake.add(await Promise.all(files));
  },
  remove: (photo) => call("remove", photo),
  onProgress: (told) => { listener = told; },
};

const METHODS = [
  "project", "statistics", "setLabels", "renameLabel", "notes", "importFile", "export", "rescue", "photos", "photo", "neighbour",
  "setDone", "create", "masksForBoxes", "walk", "deleted", "restore", "open", "change", "preview", "mask", "outline",
] as const satisfies Method[];

const forwarded = Object.fromEntries(
  METHODS.map((method) => [method, (...values: unknown[]) => (call as (...all: unknown[]) => unknown)(method, ...values)]),
) as unknown as Pick<Backend, (typeof METHODS)[number]>;

export const backend: Backend = {
  ...forwarded,
  ...(picksFolders() && {
    exportTo: async (query) => {
      const place = await picked({ id: "exports", mode: "readwrite" });
      return place && call("exportTo", query, place);
    },
  }),
  intake,
  desk: {
    bulk: (photo, wish) => call("bulk", photo, wish),
    mergeLabel: (old, name) => call("mergeLabel", old, name),
    deleteLabel: (label) => call("deleteLabel", label),
    setColour: (label, colour) => call("setColour", label, colour),
    setAttributes: (attributes) => call("setAttributes", attributes),
  },
  learning: null,
  picture: ({ id }) => call("display", id),
  thumbnail,
};

// Once the page has all it needs; what it loaded is in the cache by then. A page that is not secure cannot work offline.
let registered = false;
function keepOffline(): void {
  if (registered || !("serviceWorker" in navigator)) return;
  registered = true;
  navigator.serviceWorker.register(at("offline.js")).catch(() => undefined);
}

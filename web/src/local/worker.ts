// The backend that a browser is to itself: photos, work and model in one Worker, so that the page never waits.

import type { Segmenter } from "../../packages/iog-web/src/segmenter";
import { Refusal, type ListQuery } from "../backend";
import type { MaskMessage, PhotoFilter, Project } from "../types";
import { Bench, asRefusal } from "./bench";
import { bulk } from "./bulk";
import { Database } from "./database";
import { FORMATS, exported, exportedTo, losses, rescue } from "./exporting";
import { outlines } from "./formats/records";
import { imported } from "./importing";
import { maskMessage, objectMessage } from "./messages";
import { openModel } from "./model";
import { Patch } from "./patch";
import { Photos, shownScale } from "./photos";
import { type Local, type Reply, type Request, failure } from "./protocol";
import { passes, photoMessage, statisticsOf } from "./rows";
import { Store } from "./store";

const WHOLE_SIDE = 4096; // pixels a side of a mask with all that a screen can show
const FILTERS: PhotoFilter[] = ["all", "todo", "started", "review", "doubtful", "done", "broken"];

const port = self as unknown as { onmessage: (event: MessageEvent<Request>) => void; postMessage(reply: Reply, moved?: Transferable[]): void };

// Opening the model keeps the Worker busy for a while: first the page shows a photo, if there is one.
const AT_LATEST = 1500; // ms
let shown: () => void;
const somethingIsShown = new Promise<void>((resolve) => { shown = resolve; });

let model: Promise<Segmenter> | null = null;
let load: () => Promise<Segmenter> = () => Promise.reject(new Refusal("no model is loaded"));
const segmenter = () => {
  model ??= load();
  model.catch(() => { model = null; }); // the network may be back the next time
  return model;
};
const opened = Database.open("iog").then((database) => {
  const store = new Store(database);
  const photos = new Photos(store);
  return { store, photos, bench: new Bench(store, photos, segmenter) };
});
opened.catch(() => undefined); // told with the first question

const local: Local = {
  async begin(site) {
    load = () => openModel(site, (loaded, total) => port.postMessage({ loaded, total }), somethingIsShown);
    void segmenter().catch(() => undefined);
    setTimeout(shown, AT_LATEST);
    await opened;
  },

  // ---- the project

  async project() {
    const { store } = await opened;
    const all = await store.photos();
    const first = all.find(({ row }) => !row.done && row.problem === null) ?? all[0];
    if (!first) setTimeout(shown, 0);
    const counts = FILTERS.map((filter) => [filter, all.filter(({ row, objects }) => passes(row, objects, filter)).length]);
    return {
      name: "iog", file: "", first: first ? photoMessage(first.row, first.objects) : null,
      counts: Object.fromEntries(counts), ...(await store.labels.read()), attributes: await store.labels.attributes(),
      lost: null,
      formats: FORMATS as unknown as Project["formats"],
    };
  },
  statistics: async (since = 0) => statisticsOf([...(await (await opened).store.efforts(since)).values()]),
  setLabels: async (labels) => (await (await opened).store.labels.set(labels)).labels,
  renameLabel: async (old, name) => (await (await opened).store.labels.rename(old, name.trim())).labels,
  mergeLabel: async (old, name) => (await opened).store.labels.merge(old, name),
  deleteLabel: async (label) => (await opened).store.labels.delete(label),
  setColour: async (label, colour) => (await opened).store.labels.paint(label, colour),
  setAttributes: async (attributes) => (await opened).store.labels.ask(attributes),
  notes: async (query) => losses((await opened).store, query),
  async importFile(file, duplicates) {
    const { store, photos } = await opened;
    return imported(store, photos, file, duplicates);
  },
  export: async (query) => exported((await opened).store, query),
  exportTo: async (query, place) => exportedTo((await opened).store, query, place),
  rescue: async () => rescue((await opened).store),

  // ---- photos

  async photos(list, offset, limit) {
    const found = await listed(list);
    const page = found.slice(offset, offset + limit);
    return { total: found.length, photos: page.map(({ row, objects }) => photoMessage(row, objects)) };
  },
  async photo(id) {
    const { store, photos } = await opened;
    photos.begin(id); // the page asks for it next
    // Also if it cannot be read: the reason is kept with the photo.
    const size = await photos.size(id, true).catch(() => null);
    const objects = await store.objects(id);
    return {
      photo: await detailed(id), scale: size ? shownScale(size) : 1,
      objects: objects.map(objectMessage), ...(await store.canWalk(id)),
    };
  },
  async neighbour(id, direction, list) {
    const all = await (await opened).store.photos();
    const here = all.findIndex(({ row }) => row.id === id);
    const fits = ({ row, objects }: (typeof all)[number]) => passes(row, objects, list.filter, list.search);
    const found = direction === "next" ? all.slice(here + 1).find(fits) : all.slice(0, Math.max(here, 0)).findLast(fits);
    const place = found ? all.indexOf(found) : here;
    return { photo: found ? photoMessage(found.row, found.objects) : null, place: all.slice(0, place).filter(fits).length };
  },
  async setDone(id, done) {
    const { store } = await opened;
    await store.updatePhoto(id, { done });
    const drafts = done ? (await store.objects(id)).filter(({ state }) => state === "draft").length : 0;
    return { ...(await detailed(id)), drafts };
  },
  async display(id) {
    const { photos, bench } = await opened;
    bench.leave(id);
    const picture = await photos.display(id);
    setTimeout(shown, 0);
    return picture;
  },
  small: async (id) => (await opened).photos.thumbnail(id),
  add: async (sources) => (await opened).photos.add(sources),
  remove: async (id) => (await opened).photos.remove(id),

  // ---- objects

  create: async (photo, wish) => objectMessage(await (await opened).bench.start(photo, wish)),
  masksForBoxes: async (photo, step) => (await opened).bench.masksForBoxes(photo, step),
  async bulk(photo, wish) {
    const { store, photos } = await opened;
    if (wish.photo != null) await photos.size(wish.photo);
    return bulk(store, photo, wish);
  },
  walk: async (photo, direction, seconds) => (await opened).store.walk(photo, direction, seconds),
  deleted: async (photo) => (await (await opened).store.deleted(photo)).map(objectMessage),
  restore: async (id, seconds) => objectMessage(await (await opened).store.restore(id, seconds)),
  open: async (id) => objectMessage(await (await opened).bench.prepare(id)),
  change: async (id, wish, onMask) => objectMessage(await (await opened).bench.change(id, wish, onMask)),
  preview: async (id, point, _tab, sequence) => ({ sequence, stale: false, ...(await (await opened).bench.preview(id, point)) }),
  async mask(id) {
    const patch = await masked(id);
    return patch && maskMessage(patch.box, patch.pixels, WHOLE_SIDE);
  },
  async outline(id, tolerance) {
    const patch = await masked(id);
    if (!patch?.area) return { polygons: [], vertices: 0 };
    const found = outlines(patch, tolerance);
    return { polygons: found, vertices: found.reduce((sum, { outer, holes }) => sum + [outer, ...holes].flat().length, 0) };
  },
};

async function listed({ filter, search }: ListQuery) {
  return (await (await opened).store.photos()).filter(({ row, objects }) => passes(row, objects, filter, search));
}

async function detailed(id: number) {
  const { store } = await opened;
  return photoMessage(await store.photo(id), await store.objects(id));
}

async function masked(id: number): Promise<Patch | null> {
  const { mask } = await (await opened).store.one(id);
  return mask && Patch.restored(mask);
}

port.onmessage = ({ data: { id, method, values } }) => {
  const call = local[method] as (...values: unknown[]) => Promise<unknown>;
  const extra = method === "change" ? [(mask: MaskMessage | null) => port.postMessage({ id, mask })] : [];
  call(...values, ...extra).then(
    (result) => port.postMessage({ id, result }, result instanceof ImageBitmap ? [result] : []),
    (error) => port.postMessage({ id, failed: failure(asRefusal(error)) }),
  );
};

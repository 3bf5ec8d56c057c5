// The backend that `iog annotate` is.

import { Lost, Refusal, Unreachable, type Backend, type Download, type ExportQuery } from "./backend";
import type {
  Attribute, Change, Count, Failure, HoverAnswer, Labels, LearningMessage, MaskMessage, MasksMade, Neighbour, ObjectMessage, Outline, PhotoDetail, PhotoHistory, PhotoMessage, PhotoPage,
  Project, Stage, Statistics,
} from "./types";

const query = (values: Record<string, string | number | boolean>) =>
  new URLSearchParams(Object.entries(values).map(([key, value]) => [key, String(value)])).toString();

const LEARNING = "/api/learning";

export const backend: Backend = {
  intake: null,
  folder: {
    addPhoto: (file) => call<Count>("POST", `/api/photos?${query({ name: file.name.slice(-300) })}`, file),
  },
  desk: {
    mergeLabel: (old, name) => call<Labels>("POST", "/api/labels/merge", { old, new: name }),
    deleteLabel: (label) => call<Labels>("POST", "/api/labels/delete", { label }),
    setColour: (label, colour) => call<Labels>("PUT", "/api/labels/colour", { label, colour }),
    setAttributes: async (attributes) =>
      (await call<{ attributes: Attribute[] }>("PUT", "/api/attributes", { attributes })).attributes,
    bulk: (photo, wish) => call<PhotoHistory>("POST", `/api/photos/${photo}/bulk`, wish),
  },

  project: () => call<Project>("GET", "/api/project"),
  statistics: (since = 0) => call<Statistics>("GET", `/api/statistics?${query({ since })}`),
  setLabels: async (labels) => (await call<{ labels: string[] }>("PUT", "/api/labels", { labels })).labels,
  renameLabel: async (old, name) =>
    (await call<{ labels: string[] }>("POST", "/api/labels/rename", { old, new: name })).labels,
  notes: ({ format, ...choice }) => call<string[]>("GET", `/api/notes/${format}?${chosen(choice)}`),
  importFile: (file, duplicates) =>
    call<Count>("POST", `/api/import?${query({ name: file.name.slice(-300), on_duplicate: duplicates })}`, file),
  export: ({ format, ...choice }) => download(`/api/export/${format}?${chosen(choice)}`),
  rescue: () => download("/api/rescue"),

  photos: (list, offset, limit) => call<PhotoPage>("GET", `/api/photos?${query({ ...list, offset, limit })}`),
  photo: (id) => call<PhotoDetail>("GET", `/api/photos/${id}`),
  neighbour: (id, direction, list) =>
    call<Neighbour>("GET", `/api/photos/${id}/neighbour?${query({ ...list, direction })}`),
  setDone: (id, done) => call<PhotoMessage>("PATCH", `/api/photos/${id}`, { done }),
  picture: async (photo) => {
    const picture = imageOf(photo);
    await picture.decode();
    return picture;
  },
  ahead: async ({ id }) => {
    const { photo } = await call<PhotoDetail>("GET", `/api/photos/${id}`);
    if (!photo.problem) imageOf(photo);
  },
  thumbnail: async ({ id }) => {
    const address = `/api/photos/${id}/thumbnail`;
    await send("GET", address); // the list says why there is none; the element asks once more, and is told that nothing changed
    return address;
  },

  create: (photo, wish) => call<ObjectMessage>("POST", `/api/photos/${photo}/objects`, wish),
  masksForBoxes: (photo, step) => call<MasksMade>("POST", `/api/photos/${photo}/masks`, { step }),
  walk: (photo, direction, seconds) => call<PhotoHistory>("POST", `/api/photos/${photo}/${direction}`, { seconds }),
  deleted: (photo) => call<ObjectMessage[]>("GET", `/api/photos/${photo}/deleted`),
  restore: (id, seconds) => call<ObjectMessage>("POST", `/api/objects/${id}/restore`, { seconds }),
  open: (id) => call<ObjectMessage>("GET", `/api/objects/${id}`),
  change,
  preview: (id, [x, y], tab, sequence) => call<HoverAnswer>("POST", `/api/objects/${id}/preview`, { x, y, tab, sequence }),
  mask: (id) => call<MaskMessage | null>("GET", `/api/objects/${id}/mask`),
  outline: (id, tolerance) => call<Outline>("GET", `/api/objects/${id}/outline?${query({ tolerance })}`),

  learning: {
    state: () => call<LearningMessage>("GET", LEARNING),
    turn: (on) => call<LearningMessage>("PUT", LEARNING, { on }),
    now: (label) => call<LearningMessage>("POST", `${LEARNING}/now`, { label }),
    stop: () => call<LearningMessage>("POST", `${LEARNING}/stop`),
    use: (label, number) => call<LearningMessage>("PUT", `${LEARNING}/used`, { label, number }),
    back: (label) => call<LearningMessage>("POST", `${LEARNING}/back`, { label }),
    rename: (number, name) => call<LearningMessage>("PUT", `${LEARNING}/models/${number}`, { name }),
    remove: (number) => call<LearningMessage>("DELETE", `${LEARNING}/models/${number}`),
    files: (number) => download(`${LEARNING}/models/${number}/files`),
  },
};

function imageOf({ id, sha256 }: PhotoMessage): HTMLImageElement {
  const image = new Image();
  image.src = `/api/photos/${id}/image?v=${sha256?.slice(0, 12) ?? ""}`;
  return image;
}

function chosen({ labels, photo, ...choice }: Omit<ExportQuery, "format">): string {
  const values = new URLSearchParams(query(photo === null ? choice : { ...choice, photo }));
  for (const label of labels) values.append("label", label);
  return values.toString();
}

async function download(path: string): Promise<Download> {
  const response = await send("GET", path);
  const name = /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition") ?? "")?.[1];
  const notes = JSON.parse(response.headers.get("X-Left-Out") ?? "[]") as string[];
  return { name: name ?? "download", content: await received(response.blob()), notes };
}

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await send(method, path, body);
  return received(response.json() as Promise<T>);
}

async function send(method: string, path: string, body?: unknown): Promise<Response> {
  const init: RequestInit = { method };
  if (body instanceof Blob) init.body = body;
  else if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { "Content-Type": "application/json" };
  }
  const response = await received(fetch(path, init));
  if (!response.ok) {
    const failure = await response.json().catch(() => ({ error: response.statusText }));
    throw refusal(failure as Failure);
  }
  return response;
}

/** An answer that is not the annotator's own says nothing of what was kept. */
function refusal({ error, object, lost, unsaved }: Partial<Failure> & { error: string }): Error {
  return lost ? new Lost(error) : new Refusal(error, object ?? null, unsaved ?? true);
}

function received<T>(answer: Promise<T>): Promise<T> {
  return answer.catch((error) => { throw new Unreachable(String(error)); });
}

async function change(id: number, wish: Change, onMask: (mask: MaskMessage | null) => void): Promise<ObjectMessage> {
  const response = await send("PUT", `/api/objects/${id}/staged`, wish);
  for await (const { mask, object, failure } of lines<Stage>(response)) {
    if (object) return object;
    if (failure) throw refusal(failure);
    onMask(mask);
  }
  throw new Unreachable("the answer broke off");
}

/** An answer in lines of JSON, each as it comes. */
async function* lines<T>(response: Response): AsyncGenerator<T> {
  const reader = response.body!.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { done, value } = await received(reader.read());
    if (done) return;
    text += decoder.decode(value, { stream: true });
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
      yield JSON.parse(text.slice(0, end)) as T;
      text = text.slice(end + 1);
    }
  }
}

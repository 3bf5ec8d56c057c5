// The backend that `iog annotate` is.

import { Refusal, Unreachable, type Backend } from "./backend";
import type {
  Change, Count, HoverAnswer, MaskMessage, Neighbour, ObjectMessage, Outline, PhotoDetail, PhotoMessage, PhotoPage, Project,
  Stage, Statistics,
} from "./types";

const query = (values: Record<string, string | number | boolean>) =>
  new URLSearchParams(Object.entries(values).map(([key, value]) => [key, String(value)])).toString();

export const server: Backend = {
  project: () => call<Project>("GET", "/api/project"),
  statistics: (since = 0) => call<Statistics>("GET", `/api/statistics?${query({ since })}`),
  setLabels: async (labels) => (await call<{ labels: string[] }>("PUT", "/api/labels", { labels })).labels,
  renameLabel: async (old, name) =>
    (await call<{ labels: string[] }>("POST", "/api/labels/rename", { old, new: name })).labels,
  notes: (format) => call<string[]>("GET", `/api/notes/${format}`),
  importFile: (file) => call<Count>("POST", `/api/import?${query({ name: file.name.slice(-300) })}`, file),
  export: async ({ format, ...options }) => {
    const response = await send("GET", `/api/export/${format}?${query(options)}`);
    const name = /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition") ?? "")?.[1];
    return { name: name ?? `${format}.zip`, content: await received(response.blob()) };
  },

  photos: (list, offset, limit) => call<PhotoPage>("GET", `/api/photos?${query({ ...list, offset, limit })}`),
  photo: (id) => call<PhotoDetail>("GET", `/api/photos/${id}`),
  neighbour: (id, direction, list) =>
    call<Neighbour>("GET", `/api/photos/${id}/neighbour?${query({ ...list, direction })}`),
  setDone: (id, done) => call<PhotoMessage>("PATCH", `/api/photos/${id}`, { done }),
  image: async ({ id, sha256 }) => `/api/photos/${id}/image?v=${sha256?.slice(0, 12) ?? ""}`,
  thumbnail: async ({ id }) => {
    const address = `/api/photos/${id}/thumbnail`;
    await send("GET", address); // the element takes it from the cache, or the list says why there is none
    return address;
  },

  create: (photo, wish) => call<ObjectMessage>("POST", `/api/photos/${photo}/objects`, wish),
  masksForBoxes: (photo) => call<Count>("POST", `/api/photos/${photo}/masks`),
  open: (id) => call<ObjectMessage>("GET", `/api/objects/${id}`),
  change,
  shift: (id, direction, version, seconds) =>
    call<ObjectMessage>("POST", `/api/objects/${id}/${direction}`, { version, seconds }),
  preview: (id, [x, y], tab, sequence) => call<HoverAnswer>("POST", `/api/objects/${id}/preview`, { x, y, tab, sequence }),
  mask: (id) => call<MaskMessage | null>("GET", `/api/objects/${id}/mask`),
  outline: (id, tolerance) => call<Outline>("GET", `/api/objects/${id}/outline?${query({ tolerance })}`),
};

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
    const failure = await response.json().catch(() => ({}));
    throw new Refusal(failure.error ?? response.statusText, failure.object ?? null);
  }
  return response;
}

function received<T>(answer: Promise<T>): Promise<T> {
  return answer.catch((error) => { throw new Unreachable(String(error)); });
}

async function change(id: number, wish: Change, onMask: (mask: MaskMessage | null) => void): Promise<ObjectMessage> {
  const response = await send("PUT", `/api/objects/${id}/staged`, wish);
  for await (const { mask, object, failure } of lines<Stage>(response)) {
    if (object) return object;
    if (failure) throw new Refusal(failure.error, failure.object);
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

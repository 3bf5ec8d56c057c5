import type {
  Change, HoverAnswer, MaskMessage, ObjectMessage, Outline, PhotoDetail, PhotoFilter, PhotoMessage, Point, Project, Stage,
  Statistics,
} from "./types";

/** The server understood and said no: `message` is its sentence; `newest` comes with a conflict. */
export class Refusal extends Error {
  constructor(message: string, readonly newest: ObjectMessage | null) {
    super(message);
  }
}

/** The server did not answer. */
export class Unreachable extends Error {}

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await send(method, path, body);
  return (await response.json().catch((error) => { throw new Unreachable(String(error)); })) as T;
}

async function send(method: string, path: string, body?: unknown): Promise<Response> {
  const init: RequestInit = { method };
  if (body instanceof Blob) init.body = body;
  else if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { "Content-Type": "application/json" };
  }
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    throw new Unreachable(String(error));
  }
  if (!response.ok) {
    const failure = await response.json().catch(() => ({}));
    throw new Refusal(failure.error ?? response.statusText, failure.object ?? null);
  }
  return response;
}

/** Change an object; `onMask` has the mask before it is saved. */
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
    const { done, value } = await reader.read().catch((error) => { throw new Unreachable(String(error)); });
    if (done) return;
    text += decoder.decode(value, { stream: true });
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
      yield JSON.parse(text.slice(0, end)) as T;
      text = text.slice(end + 1);
    }
  }
}

export interface ListQuery {
  filter: PhotoFilter;
  search: string;
}

const query = (values: Record<string, string | number | boolean>) =>
  new URLSearchParams(Object.entries(values).map(([key, value]) => [key, String(value)])).toString();

export const api = {
  project: () => call<Project>("GET", "/api/project"),
  /** What objects cost; only the work after `since`, in seconds since 1970. */
  statistics: (since = 0) => call<Statistics>("GET", `/api/statistics?${query({ since })}`),
  setLabels: (labels: string[]) => call<{ labels: string[] }>("PUT", "/api/labels", { labels }),
  renameLabel: (old: string, name: string) => call<{ labels: string[] }>("POST", "/api/labels/rename", { old, new: name }),
  notes: (format: string) => call<string[]>("GET", `/api/notes/${format}`),
  importFile: (file: File) =>
    call<{ count: number; notes: string[] }>("POST", `/api/import?${query({ name: file.name.slice(-300) })}`, file),
  exportAddress: (format: string, tolerance: number, drafts: boolean) =>
    `/api/export/${format}?${query({ tolerance, drafts })}`,

  photos: (list: ListQuery, offset: number, limit: number) =>
    call<{ total: number; photos: PhotoMessage[] }>("GET", `/api/photos?${query({ ...list, offset, limit })}`),
  photo: (id: number) => call<PhotoDetail>("GET", `/api/photos/${id}`),
  neighbour: (id: number, direction: "next" | "previous", list: ListQuery) =>
    call<{ photo: PhotoMessage | null; place: number }>(
      "GET", `/api/photos/${id}/neighbour?${query({ ...list, direction })}`,
    ),
  setDone: (id: number, done: boolean) => call<PhotoMessage>("PATCH", `/api/photos/${id}`, { done }),
  imageAddress: (photo: PhotoMessage) => `/api/photos/${photo.id}/image?v=${photo.sha256?.slice(0, 12) ?? ""}`,
  thumbnailAddress: (photo: PhotoMessage) => `/api/photos/${photo.id}/thumbnail`,
  /** Why a photo has no thumbnail; null if it has one after all. */
  reasonOf: async (photo: PhotoMessage): Promise<string | null> => {
    const response = await fetch(`/api/photos/${photo.id}/thumbnail`).catch(() => null);
    return response && !response.ok ? ((await response.json()).error as string) : null;
  },

  create: (photo: number, wish: { corners: [Point, Point]; label: string; spare: boolean; seconds: number }) =>
    call<ObjectMessage>("POST", `/api/photos/${photo}/objects`, wish),
  masksForBoxes: (photo: number) => call<{ count: number }>("POST", `/api/photos/${photo}/masks`),
  open: (id: number) => call<ObjectMessage>("GET", `/api/objects/${id}`),
  change,
  shift: (id: number, direction: "undo" | "redo", version: number, seconds: number) =>
    call<ObjectMessage>("POST", `/api/objects/${id}/${direction}`, { version, seconds }),
  preview: (id: number, x: number, y: number, tab: string, sequence: number) =>
    call<HoverAnswer>("POST", `/api/objects/${id}/preview`, { x, y, tab, sequence }),
  mask: (id: number) => call<MaskMessage | null>("GET", `/api/objects/${id}/mask`),
  outline: (id: number, tolerance: number) =>
    call<Outline>("GET", `/api/objects/${id}/outline?${query({ tolerance })}`),
};

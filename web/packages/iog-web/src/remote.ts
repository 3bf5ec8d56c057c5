/** The page's side of the Worker: `WorkerSegmenter`, with photos and sessions that live in the Worker. */
import type { Clicks, Pixel, Size } from "./clicks.js";
import type { Picture } from "./crop.js";
import { IogError } from "./errors.js";
import type { ModelInfo } from "./model.js";
import type { Answer, Answers, Call, Calls, Reply, Request, Step } from "./protocol.js";
import type { ModelFiles } from "./segmenter.js";

export interface WorkerOptions {
  /** Threads of WebAssembly; by default up to 4 where the page is cross-origin isolated, else 1. */
  readonly threads?: number;
  /** Where the network runs, in order of preference: "wasm" (the default), "webgpu". */
  readonly executionProviders?: readonly string[];
  /** Folder of ONNX Runtime's files; by default beside the Worker. */
  readonly wasmPaths?: string;
  /** Told how many bytes of how many have come; the second is 0 where the server does not say. */
  readonly progress?: (loaded: number, total: number) => void;
}

interface Waiting {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
  readonly progress: ((loaded: number, total: number) => void) | undefined;
}

/** As `Segmenter`, in a Worker. */
export class WorkerSegmenter {
  info!: ModelInfo;
  private readonly waiting = new Map<number, Waiting>();
  private last = 0;

  private constructor(private readonly worker: Worker) {
    worker.onmessage = ({ data }: MessageEvent<Reply>) => this.received(data);
    worker.onerror = (event) => this.failed(new Error(event.message || "the Worker cannot be started"));
  }

  /** Opens a model, by the address of its NAME.encoder.onnx or from its files, in the Worker given. */
  static async load(
    worker: Worker,
    source: string | URL | ModelFiles,
    { progress, ...options }: WorkerOptions = {},
  ): Promise<WorkerSegmenter> {
    const segmenter = new WorkerSegmenter(worker);
    const place = source instanceof URL || typeof source === "string" ? new URL(source, location.href).href : source;
    segmenter.info = await segmenter.call("load", { source: place, ...options }, progress);
    return segmenter;
  }

  /** Hands a photo over: a file, a picture of the page, or pixels. Close it when it is no longer needed. */
  async picture(image: Blob | ImageBitmap | Picture): Promise<RemotePicture> {
    return new RemotePicture(this, await this.call("picture", { image }));
  }

  /** Ends the Worker; what is still under way is refused. */
  close(): void {
    this.worker.terminate();
    this.failed(new IogError("the segmenter was closed"));
  }

  /** @internal */
  call<C extends Call>(
    call: C,
    values: Calls[C],
    progress?: (loaded: number, total: number) => void,
  ): Promise<Answers[C]> {
    return new Promise((resolve, reject) => {
      const request: Request = { id: ++this.last, call, with: values };
      this.waiting.set(request.id, { resolve, reject, progress });
      this.worker.postMessage(request);
    });
  }

  private received(reply: Reply): void {
    const waiting = this.waiting.get(reply.id);
    if ("progress" in reply) {
      waiting?.progress?.(...reply.progress);
      return;
    }
    this.waiting.delete(reply.id);
    if ("error" in reply) waiting?.reject(reply.mendable ? new IogError(reply.error) : new Error(reply.error));
    else waiting?.resolve(reply.result as never);
  }

  private failed(error: Error): void {
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }
}

/** A photo in the Worker. */
export class RemotePicture implements Size {
  readonly width: number;
  readonly height: number;

  /** @internal */
  constructor(
    private readonly segmenter: WorkerSegmenter,
    private readonly opened: Answers["picture"],
  ) {
    this.width = opened.width;
    this.height = opened.height;
  }

  /** Opens an object by two opposite corners of its box; its mask from the box alone is `answer`. */
  async session(corners: readonly (readonly number[])[]): Promise<RemoteSession> {
    const opened = await this.segmenter.call("session", { picture: this.opened.picture, corners });
    return new RemoteSession(this.segmenter, opened);
  }

  /** Frees its memory; sessions that are open go on. */
  async close(): Promise<void> {
    await this.segmenter.call("closePicture", { picture: this.opened.picture });
  }
}

/** One object that a person works on, in the Worker. Calls take turns in the order in which they were made. */
export class RemoteSession {
  /** The mask for the clicks so far. */
  answer: Answer;
  private readonly number: number;

  /** @internal */
  constructor(
    private readonly segmenter: WorkerSegmenter,
    { session, answer }: Answers["session"],
  ) {
    this.number = session;
    this.answer = answer;
  }

  /** The mask that an inside click at (x, y) would give; the session stays as it is. */
  preview(x: number, y: number): Promise<Answer> {
    return this.segmenter.call("step", { session: this.number, step: { kind: "preview", x, y } });
  }

  /** Sets (or moves) the inside click. */
  click(x: number, y: number): Promise<Answer> {
    return this.changed({ kind: "click", x, y });
  }

  /** Adds a correction: pixel (x, y) belongs to the object, or does not; with a path a stroke. */
  correct(x: number, y: number, foreground: boolean, path?: readonly Pixel[]): Promise<Answer> {
    return this.changed({ kind: "correct", x, y, foreground, ...(path ? { path } : {}) });
  }

  /** Replaces the clicks altogether, as when one is moved or deleted. */
  change(clicks: Clicks): Promise<Answer> {
    return this.changed({ kind: "change", clicks });
  }

  undo(): Promise<Answer> {
    return this.changed({ kind: "undo" });
  }

  redo(): Promise<Answer> {
    return this.changed({ kind: "redo" });
  }

  async close(): Promise<void> {
    await this.segmenter.call("closeSession", { session: this.number });
  }

  private async changed(step: Step): Promise<Answer> {
    this.answer = await this.segmenter.call("step", { session: this.number, step });
    return this.answer;
  }
}

/** The Worker: decodes photos and runs the network, so that the page never waits. Load it as a module Worker. */
import * as ort from "onnxruntime-web/wasm";

import type { Picture } from "./crop.js";
import { IogError } from "./errors.js";
import { pictureOf } from "./pictures.js";
import type { Answer, Answers, Call, Calls, Reply, Request, Step } from "./protocol.js";
import { type Prediction, Segmenter, type Session } from "./segmenter.js";
import { threadCount } from "./threads.js";

interface Port {
  onmessage: ((event: MessageEvent<Request>) => void) | null;
  postMessage(reply: Reply, transfer?: Transferable[]): void;
}

const port = self as unknown as Port;
const pictures = new Map<number, Picture>();
const sessions = new Map<number, Session>();
let segmenter: Segmenter | null = null;
let last = 0;

const calls: { [C in Call]: (values: Calls[C], id: number) => Promise<Answers[C]> } = {
  async load({ source, threads, executionProviders, wasmPaths }, id) {
    ort.env.wasm.numThreads = threads ?? threadCount();
    if (wasmPaths !== undefined) ort.env.wasm.wasmPaths = wasmPaths;
    segmenter = await Segmenter.load(source, {
      runtime: ort,
      ...(executionProviders && { executionProviders }),
      progress: (loaded, total) => port.postMessage({ id, progress: [loaded, total] }),
    });
    return segmenter.info;
  },
  async picture({ image }) {
    const pixels = image instanceof Blob || image instanceof ImageBitmap ? await pictureOf(image) : image;
    pictures.set(++last, pixels);
    return { picture: last, width: pixels.width, height: pixels.height };
  },
  async closePicture({ picture }) {
    pictures.delete(picture);
    return null;
  },
  async session({ picture, corners }) {
    const pixels = known(pictures, picture, "photo");
    if (segmenter === null) throw new IogError("no model is loaded; call load first");
    const session = await segmenter.session(pixels, corners);
    sessions.set(++last, session);
    return { session: last, answer: answerOf(session, session.prediction) };
  },
  async closeSession({ session }) {
    sessions.delete(session);
    return null;
  },
  async step({ session, step }) {
    const open = known(sessions, session, "object");
    return answerOf(open, await taken(open, step));
  },
};

port.onmessage = ({ data: { id, call, with: values } }) => {
  const handle = calls[call] as (values: Calls[Call], id: number) => Promise<Answers[Call]>;
  handle(values, id).then(
    (result) => port.postMessage({ id, result }, transferable(result)),
    (error: Error) => port.postMessage({ id, error: error.message, mendable: error instanceof IogError }),
  );
};

function taken(session: Session, step: Step): Promise<Prediction> {
  switch (step.kind) {
    case "preview":
      return session.preview(step.x, step.y);
    case "click":
      return session.click(step.x, step.y);
    case "correct":
      return session.correct(step.x, step.y, step.foreground, step.path);
    case "change":
      return session.change(step.clicks);
    case "undo":
      return session.undo();
    case "redo":
      return session.redo();
  }
}

function answerOf(session: Session, prediction: Prediction): Answer {
  const { clicks, mask, confidence } = prediction;
  return { clicks, mask, confidence, canUndo: session.canUndo, canRedo: session.canRedo };
}

/** The mask's pixels are moved rather than copied. */
function transferable(result: Answers[Call]): Transferable[] {
  const answer = result !== null && "answer" in result ? result.answer : result;
  return answer !== null && "mask" in answer ? [answer.mask.pixels.buffer as ArrayBuffer] : [];
}

function known<T>(kept: Map<number, T>, number: number, name: string): T {
  const found = kept.get(number);
  if (found === undefined) throw new IogError(`this ${name} was closed; open it again`);
  return found;
}

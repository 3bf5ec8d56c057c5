/**
 * `<iog-segment src="photo.jpg">`: a photo on which a person outlines an object with three clicks.
 *
 * Attributes: `src`, the photo; `model`, the address of a NAME.encoder.onnx; `worker`, the address of the Worker. Both
 * are by default beside the script. Corner, corner, a point on the object; then left adds, right removes, Ctrl+Z
 * undoes, Escape begins anew. Fires `mask` after each click and each undo with a `MaskDetail`, `ready` when the photo
 * can be clicked, and `error` with a sentence.
 */
import { type Clicks, labelled } from "./clicks.js";
import { type Mask, type Polygon, type RLE, encodeRle, polygons } from "./masks.js";
import type { Answer } from "./protocol.js";
import { type RemotePicture, type RemoteSession, WorkerSegmenter } from "./remote.js";

/** What a `mask` event carries; null masks say that the person began anew. */
export interface MaskDetail {
  readonly mask: Mask | null;
  readonly rle: RLE | null;
  readonly polygons: Polygon[];
  readonly clicks: Clicks | null;
  readonly confidence: number;
}

const COLOUR = [0, 120, 255] as const;
const OPACITY = 0.45;
const RADIUS = 5; // of a drawn click, on the screen

const STYLE = `
  :host { display: inline-block; }
  canvas { display: block; max-width: 100%; cursor: crosshair; touch-action: none; }
  canvas:focus-visible { outline: 2px solid; }
  p { margin: 0; padding: 0.3em 0; line-height: 1.4; }
`;

const HINTS = ["Click a corner of a box around the object.", "Click the opposite corner.", "Click the object itself."];
const CORRECT = "Left click adds, right click removes. Ctrl+Z undoes, Escape begins anew.";

let shared: { key: string; segmenter: Promise<WorkerSegmenter> } | null = null;

export class IogSegment extends HTMLElement {
  static observedAttributes = ["src"];

  private readonly canvas = document.createElement("canvas");
  private readonly hint = document.createElement("p");
  private bitmap: ImageBitmap | null = null;
  private picture: RemotePicture | null = null;
  private session: RemoteSession | null = null;
  private corner: [number, number] | null = null;
  private cursor: [number, number] | null = null;
  private shown: Answer | null = null;
  private previewing = false;
  private opened = 0; // the photo that was asked for last
  private work: Promise<unknown> = Promise.resolve();

  connectedCallback(): void {
    if (this.shadowRoot !== null) return;
    const style = document.createElement("style");
    style.textContent = STYLE;
    this.hint.setAttribute("role", "status");
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "img");
    this.attachShadow({ mode: "open" }).append(style, this.canvas, this.hint);
    this.canvas.addEventListener("pointerdown", (event) => this.pressed(event));
    this.canvas.addEventListener("pointermove", (event) => this.moved(event));
    this.canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    this.canvas.addEventListener("keydown", (event) => this.typed(event));
  }

  attributeChangedCallback(): void {
    // After connectedCallback, which the browser may call later.
    queueMicrotask(() => this.open(this.getAttribute("src") ?? "").catch((error) => this.complain(error)));
  }

  /** Takes the newest click back; after the third, the object is begun anew. */
  undo(): Promise<void> {
    return this.queued(async () => {
      if (this.session?.answer.canUndo && this.session.answer.clicks.corrections.length > 0) {
        this.show(await this.session.undo());
      } else {
        this.begin();
      }
    });
  }

  /** Begins anew. */
  clear(): Promise<void> {
    return this.queued(async () => this.begin());
  }

  private async open(src: string): Promise<void> {
    const mine = ++this.opened;
    this.hint.textContent = "Loading…";
    const response = await fetch(src);
    if (!response.ok) throw new Error(`${src} cannot be loaded: the server answers ${response.status}`);
    const photo = await response.blob();
    const [bitmap, segmenter] = await Promise.all([createImageBitmap(photo), this.segmenter()]);
    const picture = await segmenter.picture(photo);
    if (mine !== this.opened) return void picture.close();
    await this.picture?.close();
    [this.bitmap, this.picture] = [bitmap, picture];
    [this.canvas.width, this.canvas.height] = [bitmap.width, bitmap.height];
    this.canvas.setAttribute("aria-label", this.getAttribute("alt") ?? "photo");
    this.begin();
    this.dispatchEvent(new CustomEvent("ready"));
  }

  private segmenter(): Promise<WorkerSegmenter> {
    const model = this.getAttribute("model") ?? new URL("lite.encoder.onnx", import.meta.url).href;
    const script = this.getAttribute("worker") ?? new URL("iog-worker.js", import.meta.url).href;
    const key = `${model} ${script}`;
    // Elements of one page share one model.
    if (shared?.key !== key) {
      const worker = new Worker(script, { type: "module" });
      shared = { key, segmenter: WorkerSegmenter.load(worker, model, { progress: (...p) => this.progressed(...p) }) };
    }
    return shared.segmenter;
  }

  private progressed(loaded: number, total: number): void {
    this.hint.textContent = `Loading the model… ${total > 0 ? `${Math.round((100 * loaded) / total)} %` : ""}`;
  }

  private begin(): void {
    const had = this.shown !== null;
    void this.session?.close();
    this.session = this.corner = this.shown = null;
    this.draw();
    if (had) this.tell();
  }

  private pressed(event: PointerEvent): void {
    if (this.picture === null) return;
    const at = this.place(event);
    const adds = event.button === 0;
    if (!adds && event.button !== 2) return;
    void this.queued(() => this.clicked(at, adds));
  }

  private async clicked(at: [number, number], adds: boolean): Promise<void> {
    if (this.picture === null) return;
    if (this.session !== null) {
      const three = this.session.answer.clicks.inside !== null;
      if (!three && !adds) return;
      this.show(await (three ? this.session.correct(...at, adds) : this.session.click(...at)));
    } else if (this.corner === null) {
      this.corner = at;
      this.draw();
    } else {
      this.session = await this.picture.session([this.corner, at]);
      this.corner = null;
      this.draw();
    }
  }

  private moved(event: PointerEvent): void {
    this.cursor = this.place(event);
    if (this.corner !== null) this.draw();
    if (this.session === null || this.session.answer.clicks.inside !== null || this.previewing) return;
    this.previewing = true; // one at a time; the next follows the cursor's newest place
    const session = this.session;
    session
      .preview(...this.cursor)
      .then(
        (answer) => {
          if (session === this.session && session.answer.clicks.inside === null) this.draw(answer.mask);
        },
        () => undefined, // beyond the box there is nothing to preview
      )
      .finally(() => (this.previewing = false));
  }

  private typed(event: KeyboardEvent): void {
    if (event.code === "Escape") void this.clear();
    else if (event.code === "KeyZ" && (event.ctrlKey || event.metaKey)) void this.undo();
    else return;
    event.preventDefault();
  }

  private show(answer: Answer): void {
    this.shown = answer;
    this.draw(answer.mask);
    this.tell();
  }

  private tell(): void {
    const { mask = null, clicks = null, confidence = 0 } = this.shown ?? {};
    const detail: MaskDetail = {
      mask,
      rle: mask && encodeRle(mask),
      polygons: mask === null ? [] : polygons(mask),
      clicks,
      confidence,
    };
    this.dispatchEvent(new CustomEvent("mask", { detail, bubbles: true }));
  }

  /** Clicks wait for the one before; a refused one says why and changes nothing. */
  private queued(work: () => Promise<void>): Promise<void> {
    const done = this.work.then(work).catch((error) => this.complain(error));
    this.work = done;
    return done;
  }

  private complain(error: Error): void {
    this.hint.textContent = error.message;
    this.dispatchEvent(new CustomEvent("error", { detail: error.message }));
  }

  private place(event: PointerEvent): [number, number] {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    const x = ((event.clientX - left) * this.canvas.width) / width;
    const y = ((event.clientY - top) * this.canvas.height) / height;
    return [Math.floor(x), Math.floor(y)];
  }

  private draw(mask: Mask | null = this.shown?.mask ?? null): void {
    const context = this.canvas.getContext("2d");
    if (context === null || this.bitmap === null) return;
    context.drawImage(this.bitmap, 0, 0);
    const unit = this.canvas.width / (this.canvas.clientWidth || this.canvas.width);
    if (mask !== null) paint(context, mask, unit);
    const clicks = this.session?.answer.clicks;
    const corners = clicks?.corners ?? (this.corner && [this.corner, this.cursor ?? this.corner]);
    if (corners) frame(context, corners, unit);
    if (clicks) for (const { x, y, foreground } of labelled(clicks)) dot(context, x, y, foreground, unit);
    const step = clicks ? (clicks.inside === null ? 2 : 3) : this.corner === null ? 0 : 1;
    this.hint.textContent = HINTS[step] ?? CORRECT;
  }
}

function paint(context: CanvasRenderingContext2D, mask: Mask, unit: number): void {
  const { box, pixels } = mask;
  const [width, height] = [box.x1 - box.x0, box.y1 - box.y0];
  if (width <= 0 || height <= 0) return;
  const image = context.getImageData(box.x0, box.y0, width, height);
  pixels.forEach((pixel, i) => {
    if (pixel === 0) return;
    COLOUR.forEach((level, c) => {
      image.data[4 * i + c] = image.data[4 * i + c]! * (1 - OPACITY) + level * OPACITY;
    });
  });
  context.putImageData(image, box.x0, box.y0);
  context.beginPath();
  for (const { outer, holes } of polygons(mask)) {
    for (const ring of [outer, ...holes]) {
      ring.forEach(([x, y], i) => (i === 0 ? context.moveTo(x, y) : context.lineTo(x, y)));
      context.closePath();
    }
  }
  strokeSeen(context, unit, () => context.stroke());
}

/** White dashes on black are seen on every photo. */
function strokeSeen(context: CanvasRenderingContext2D, unit: number, stroke: () => void): void {
  for (const [colour, dashes] of [["#000", []], ["#fff", [6 * unit, 6 * unit]]] as const) {
    context.strokeStyle = colour;
    context.lineWidth = 1.5 * unit;
    context.setLineDash([...dashes]);
    stroke();
  }
  context.setLineDash([]);
}

function frame(
  context: CanvasRenderingContext2D,
  [[ax, ay], [bx, by]]: readonly [readonly [number, number], readonly [number, number]],
  unit: number,
): void {
  const sides = [Math.min(ax, bx), Math.min(ay, by), Math.abs(ax - bx) + 1, Math.abs(ay - by) + 1] as const;
  strokeSeen(context, unit, () => context.strokeRect(...sides));
}

function dot(context: CanvasRenderingContext2D, x: number, y: number, foreground: boolean, unit: number): void {
  context.beginPath();
  context.arc(x + 0.5, y + 0.5, RADIUS * unit, 0, 2 * Math.PI);
  context.fillStyle = foreground ? "#1a9850" : "#d73027";
  context.fill();
  context.strokeStyle = "#fff";
  context.lineWidth = 1.5 * unit;
  context.stroke();
}

if (!customElements.get("iog-segment")) customElements.define("iog-segment", IogSegment);

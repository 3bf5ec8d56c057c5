import { backend } from "#backend";

import { App } from "./app";
import { DeletedDialog } from "./deleted";
import { h, icon, iconButton, save, setText } from "./dom";
import { DropZone } from "./dropzone";
import { ExchangeDialog } from "./exchange";
import { FactsPanel } from "./factspanel";
import { HelpDialog } from "./help";
import { IntakeBar } from "./intake";
import { Keyboard } from "./keyboard";
import { LabelManager } from "./labelmanager";
import { LabelList } from "./labellist";
import { LearningPanel } from "./learning";
import { ManyDialog } from "./many";
import { ObjectList } from "./objects";
import { PhotoList } from "./photos";
import { Pointer } from "./pointer";
import { Stage } from "./stage";
import { strings } from "./strings";
import { ToolPanel } from "./tools";
import { Tour } from "./tour";

const app = new App(backend);
const stage = new Stage(app);
const photos = new PhotoList(app);
const help = new HelpDialog(app);
const again = async () => {
  await app.start();
  await photos.reload();
};
const exchange = new ExchangeDialog(app, again);
const intake = backend.intake && new IntakeBar(app, backend.intake, again);
const deleted = new DeletedDialog(app);
const many = new ManyDialog(app);
const panel = new ToolPanel(app);
const manager = new LabelManager(app);
const labels = new LabelList(app, () => manager.open());
const facts = new FactsPanel(app, () => manager.open());
new Keyboard(app, stage, new Pointer(app, stage), {
  help: () => help.open(), findLabel: () => labels.find(), several: () => many.open(), facts: () => facts.focus(),
});

const project = h("strong", { className: "project" });
const name = h("h1", {});
const saving = h("span", { className: "saving", role: "status" });
const rescue = h("button", { type: "button", className: "primary", hidden: true, on: { click: () => void saveRescue() } }, strings.rescue);
const undo = iconButton("undo", strings.undo, () => app.editor.undo());
const redo = iconButton("redo", strings.redo, () => app.editor.redo());
const doneText = h("span", {});
const done = h("button", {
  type: "button", className: "done-button",
  on: { click: () => void app.finish(!app.photo?.done) },
}, icon("check"), doneText);
const hint = h("p", { className: "hint", role: "status" });
const confidence = h("span", { className: "sure" });
const effort = h("span", { className: "sure", title: strings.effortTitle });

/** What concerns the page as a whole; on a small screen it stands at the end of the panel. */
const pageButtons = () => h(
  "div", { className: "page-buttons" },
  iconButton("zoomOut", strings.actions.zoomOut, () => { stage.view.zoom(0.8); app.changed(); }),
  zoomed(),
  iconButton("zoomIn", strings.actions.zoomIn, () => { stage.view.zoom(1.25); app.changed(); }),
  iconButton("fit", strings.fit, () => { stage.view.fit(); app.changed(); }),
  iconButton("export", strings.exportImport, () => void exchange.open()),
  iconButton("theme", strings.theme, () => app.set("theme", isDark() ? "light" : "dark")),
  iconButton("help", strings.help, () => help.open()),
);

/** How large the photo is shown; a press makes it 100 %. */
function zoomed(): HTMLButtonElement {
  const button = h("button", {
    type: "button", className: "text zoomed", title: strings.actions.actualSize,
    on: { click: () => { stage.view.actualSize(); app.changed(); } },
  });
  app.onChange(() => { setText(button, strings.zoom(stage.view.scale * devicePixelRatio)); });
  return button;
}

/** On a small screen the lists are drawers over the photo. */
function drawer(name: "photos" | "panel", label: string): HTMLButtonElement {
  const button = iconButton(name, label, () => {
    const open = document.body.dataset["drawer"] === name;
    document.body.dataset["drawer"] = open ? "" : name;
    app.changed();
  });
  button.classList.add("drawer-button");
  app.onChange(() => button.setAttribute("aria-expanded", String(document.body.dataset["drawer"] === name)));
  return button;
}
const closeDrawer = () => { document.body.dataset["drawer"] = ""; };
stage.overlay.addEventListener("pointerdown", closeDrawer);
photos.element.addEventListener("click", (event) => {
  if ((event.target as HTMLElement).closest(".photo-row")) closeDrawer();
});

document.body.append(
  h(
    "header", { className: "bar" },
    project, drawer("photos", strings.togglePhotos),
    iconButton("previous", strings.previousPhoto, () => void app.go("previous")),
    iconButton("next", strings.nextPhoto, () => void app.go("next")),
    name, done, h("span", { className: "space" }), saving, rescue, undo, redo, pageButtons(),
    drawer("panel", strings.togglePanel),
  ),
  photos.element,
  h("main", {}, intake?.welcome ?? "", backend.folder ? new DropZone(app, again).element : "", new Tour(app).element, stage.element, h("div", { className: "below" }, hint, confidence, effort)),
  h("aside", {}, panel.tools, labels.element, new ObjectList(app, () => void deleted.open(), () => many.open()).element, facts.element, new LearningPanel(app).element, panel.view, pageButtons()),
  help.element,
  exchange.element,
  deleted.element,
  many.element,
  manager.element,
);

function isDark(): boolean {
  const { theme: chosen } = app.settings;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function hintText(): string {
  if (app.message) return app.message;
  if (intake && app.project.counts.all === 0) return "";
  if (app.editor.tool === "brush") return strings.hint.brush;
  if (app.editor.tool === "polygon") return strings.hint.polygon;
  if (app.editor.tool === "magnetic") return strings.hint.magnetic;
  if (app.editor.active && app.editor.tool === "eraser") return strings.hint.eraser;
  if (app.editor.active && app.editor.tool === "points") return strings.hint.points;
  if (app.editor.mode === "correct" && app.editor.active?.state === "accepted") return strings.hint.accepted;
  if (app.editor.active?.saved.computed && app.editor.active.saved.area === 0) return strings.hint.nothing;
  if (app.editor.mode === "first" && app.allDone) return strings.hint.allDone;
  const proposed = app.editor.mode === "centre" && app.editor.active?.saved.computed;
  const drafts = app.editor.items.filter((item) => item.state === "draft" && item.saved.computed).length;
  return (
    (proposed ? strings.hint.proposed : strings.hint[app.editor.mode]) +
    (app.editor.active && drafts > 1 ? strings.hint.review(drafts) : "")
  );
}

app.onChange(() => {
  document.documentElement.dataset["theme"] = isDark() ? "dark" : "light";
  if (!app.project) return;
  setText(project, app.project.name);
  setText(name, app.photo?.path ?? app.project.name);
  setText(doneText, app.photo?.done ? strings.photoDone : strings.photoNotDone);
  done.title = doneText.textContent;
  done.setAttribute("aria-pressed", String(app.photo?.done ?? false));
  done.disabled = !app.picture;
  undo.disabled = !app.editor.undoable;
  redo.disabled = !app.editor.redoable;
  setText(hint, hintText());
  hint.classList.toggle("message", app.message !== "");
  const sure = app.editor.mode === "centre" ? app.editor.preview?.confidence : app.editor.active?.saved.confidence;
  setText(confidence, [
    app.editor.sight.none ? strings.noneShown : "",
    app.picture && app.scale < 1 ? strings.shownAt(app.scale) : "",
    sure === undefined || sure === null ? "" : strings.confidence(sure),
  ].filter(Boolean).join(" · "));
  setText(effort, app.effort?.objects ? strings.effortShort(app.effort) : "");
  stage.element.dataset["mode"] = app.editor.mode;
  stage.element.dataset["points"] = String(app.editor.outline.points ?? 0);
  stage.element.dataset["preview"] = String(app.editor.preview !== null);
});

// After a press with the mouse the keys are the photo's again, unless it opened a field; a press with the keyboard keeps
// its place.
document.addEventListener("click", (event) => {
  if (document.activeElement?.matches("input[type=text]")) return;
  const control = (event.target as HTMLElement).closest("button, input[type=checkbox], input[type=range]");
  if (control && event.detail > 0 && !control.closest("dialog, form") && !document.querySelector("dialog[open]")) {
    stage.overlay.focus({ preventScroll: true });
  }
});

/** The keys are the photo's as soon as there is one, unless something else was chosen meanwhile. */
function focusPhoto(): void {
  if (app.picture && document.activeElement === document.body) stage.overlay.focus({ preventScroll: true });
}

/** All work as a file, when nothing can be saved any more. */
async function saveRescue(): Promise<void> {
  try {
    const { name, content } = await app.backend.rescue();
    save(name, content);
  } catch (error) {
    app.say((error as Error).message);
  }
}

app.onSaveState = () => {
  const { state } = app.saver;
  saving.dataset["state"] = state;
  saving.textContent = intake?.stateText(state) ?? strings[state];
  rescue.hidden = state !== "lost";
};
app.onSaveState();

window.addEventListener("hashchange", () => app.followAddress());
window.addEventListener("beforeunload", (event) => {
  if (app.saver.state !== "saved") event.preventDefault();
});

if (intake) photos.element.append(intake.buttons);
app.changed();
app.onChange(focusPhoto);
void app.start().then(() => photos.reload(), (error: Error) => app.fail(error));

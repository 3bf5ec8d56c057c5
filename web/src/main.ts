import { App } from "./app";
import { HelpDialog, ExchangeDialog } from "./dialogs";
import { h, iconButton } from "./dom";
import { Keyboard } from "./keyboard";
import { ObjectList } from "./objects";
import { PhotoList } from "./photos";
import { Pointer } from "./pointer";
import { Stage } from "./stage";
import { strings } from "./strings";
import { ToolPanel } from "./tools";

const app = new App();
const stage = new Stage(app);
const photos = new PhotoList(app);
const help = new HelpDialog(app);
const exchange = new ExchangeDialog(app, async () => {
  await app.start();
  await photos.reload();
});
const panel = new ToolPanel(app);
new Keyboard(app, stage, new Pointer(app, stage), () => help.open());

const project = h("strong", { className: "project" });
const name = h("h1", {});
const saving = h("span", { className: "saving", role: "status" });
const undo = iconButton("undo", strings.undo, () => app.undo());
const redo = iconButton("redo", strings.redo, () => app.redo());
const done = h("button", {
  type: "button",
  on: { click: () => void app.setDone(!app.photo?.done).then(() => { if (app.photo?.done) void app.go("next"); }) },
});
const theme = iconButton("theme", strings.theme, () => app.set("theme", isDark() ? "light" : "dark"));
const hint = h("p", { className: "hint", role: "status" });
const confidence = h("span", { className: "sure" });

document.body.append(
  h(
    "header", { className: "bar" },
    project,
    iconButton("previous", strings.previousPhoto, () => void app.go("previous")),
    iconButton("next", strings.nextPhoto, () => void app.go("next")),
    name, done, h("span", { className: "space" }), saving, undo, redo,
    iconButton("fit", strings.fit, () => { stage.view.fit(); app.changed(); }),
    iconButton("export", strings.exportImport, () => void exchange.open()),
    theme,
    iconButton("help", strings.help, () => help.open()),
  ),
  photos.element,
  h("main", {}, stage.element, h("div", { className: "below" }, hint, confidence)),
  h("aside", {}, panel.tools, new ObjectList(app).element, panel.view),
  help.element,
  exchange.element,
);

function isDark(): boolean {
  const { theme: chosen } = app.settings;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function hintText(): string {
  if (app.message) return app.message;
  if (app.active && app.tool === "brush") return strings.hint.brush;
  if (app.active && app.tool === "eraser") return strings.hint.eraser;
  if (app.mode === "correct" && app.active?.state === "accepted") return strings.hint.accepted;
  return strings.hint[app.mode];
}

app.onChange(() => {
  document.documentElement.dataset["theme"] = isDark() ? "dark" : "light";
  if (!app.project) return;
  project.textContent = app.project.name;
  name.textContent = app.photo?.path ?? "";
  done.textContent = app.photo?.done ? strings.photoDone : strings.photoNotDone;
  done.setAttribute("aria-pressed", String(app.photo?.done ?? false));
  done.disabled = !app.picture;
  undo.disabled = !app.undoable;
  redo.disabled = !app.redoable;
  const text = hintText();
  if (hint.textContent !== text) hint.textContent = text;
  hint.classList.toggle("message", app.message !== "");
  const sure = app.mode === "centre" ? app.preview?.confidence : app.active?.saved.confidence;
  confidence.textContent = [
    app.picture && app.scale < 1 ? strings.shownAt(app.scale) : "",
    sure === undefined || sure === null ? "" : strings.confidence(sure),
  ].filter(Boolean).join(" · ");
  stage.element.dataset["mode"] = app.mode;
  stage.element.dataset["preview"] = String(app.preview !== null);
});

// After a press with the mouse the keys are the photo's again; a press with the keyboard keeps its place.
document.addEventListener("click", (event) => {
  const control = (event.target as HTMLElement).closest("button, input[type=checkbox], input[type=range]");
  if (control && event.detail > 0 && !control.closest("dialog, form") && !document.querySelector("dialog[open]")) {
    stage.overlay.focus({ preventScroll: true });
  }
});

app.onSaveState = () => {
  const { state } = app.saver;
  saving.dataset["state"] = state;
  saving.textContent = strings[state];
};
app.onSaveState();

window.addEventListener("beforeunload", (event) => {
  if (app.saver.state !== "saved") event.preventDefault();
});

app.changed();
void app.start().then(() => photos.reload(), (error: Error) => app.say(error.message));

import type { App } from "./app";
import { dialog } from "./dialog";
import { h } from "./dom";
import { strings } from "./strings";
import type { ObjectMessage } from "./types";

/** Objects of this photo that were deleted, to bring them back from. */
export class DeletedDialog {
  private readonly list = h("ul", { className: "objects" });
  private readonly none = h("p", { className: "quiet" }, strings.noneDeleted);
  readonly element = dialog(strings.deletedObjects, this.none, this.list);

  constructor(private readonly app: App) {}

  async open(): Promise<void> {
    if (!this.app.photo) return;
    const found = await this.app.backend.deleted(this.app.photo.id);
    this.none.hidden = found.length > 0;
    this.list.replaceChildren(...found.map((deleted) => this.row(deleted)));
    this.element.showModal();
  }

  private row(deleted: ObjectMessage): HTMLLIElement {
    const swatch = h("span", { className: "swatch" });
    swatch.style.background = this.app.labels.colour(deleted.label);
    const back = h(
      "button",
      {
        type: "button", className: "open", title: strings.bringBack(deleted.label),
        on: {
          click: () => {
            this.element.close();
            void this.app.editor.history.restore(deleted);
          },
        },
      },
      swatch, h("span", { className: "name" }, strings.deletedRow(deleted.label, deleted.area)),
    );
    return h("li", {}, back);
  }
}

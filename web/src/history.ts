import type { Editor } from "./editor";
import { newItem, sameWork, type Item } from "./items";
import type { ObjectMessage, PhotoHistory } from "./types";

/** The one history of the open photo: what can be taken back, and taking it back. */
export class History {
  undoable = false;
  redoable = false;

  constructor(private readonly editor: Editor) {}

  /** What a backend says of it. */
  read({ can_undo: undoable, can_redo: redoable }: Pick<PhotoHistory, "can_undo" | "can_redo">): void {
    Object.assign(this, { undoable, redoable });
  }

  /** Something was done. */
  stepped(): void {
    Object.assign(this, { undoable: true, redoable: false });
  }

  /** One step back or forth; a single object that it concerns is opened. */
  async walk(direction: "undo" | "redo"): Promise<void> {
    const { editor } = this;
    const { photo } = editor;
    if (!photo) return;
    editor.say("");
    try {
      const items = this.take(await editor.sync.walk(photo.id, direction));
      const [only] = items;
      if (items.length === 1 && only!.state === "draft" && !editor.corner) editor.openObject(only!);
    } catch (error) {
      editor.say((error as Error).message);
    }
    editor.changed();
  }

  /** Objects of the open photo as they are now; those that the step was about, not those that only gave or got pixels by it. */
  take(moved: PhotoHistory): Item[] {
    const { editor } = this;
    if (moved.objects.some(({ photo }) => photo !== editor.photo?.id)) return [];
    this.read(moved);
    return moved.objects.flatMap((newest) => {
      const known = editor.items.find(({ saved }) => saved.id === newest.id);
      const aside = known && moved.objects.length > 1 && sameWork(newest, known);
      const item = known ?? newItem(newest);
      editor.sync.show(item, newest);
      return aside ? [] : [item];
    });
  }

  /** Bring a deleted object back. */
  async restore(deleted: ObjectMessage): Promise<void> {
    const item = newItem(deleted);
    if (await this.editor.sync.restore(item)) this.editor.openObject(item);
    this.stepped();
  }
}

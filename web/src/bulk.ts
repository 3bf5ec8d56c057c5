import type { App } from "./app";
import type { Bulk, ObjectMessage } from "./types";

/** Something done to several objects of the open photo, as one step; rejects with why not. What changed is shown. */
export async function bulk(app: App, wish: Omit<Bulk, "seconds">): Promise<ObjectMessage[]> {
  const { photo, backend, editor } = app;
  if (!photo || !backend.desk) return [];
  const { desk } = backend;
  const seconds = editor.sync.step();
  const moved = await app.saver.run(() => desk.bulk(photo.id, { ...wish, seconds }));
  editor.history.take(moved);
  return moved.objects;
}

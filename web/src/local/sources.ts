// Photos out of what a person picks, drops and pastes.

import { Refusal } from "../backend";
import type { Source } from "./photos";

/** A file of a picker, the clipboard or a folder that was picked. */
export function sourceOf(file: File): Source {
  return { path: withoutRoot(file.webkitRelativePath) || file.name || "photo.png", file };
}

/** Of `folder/inner/photo.jpg` the part within the folder. */
const withoutRoot = (path: string) => path.split("/").slice(1).join("/");

/** Whether the browser lets a person give it a folder. */
export const picksFolders = () => "showDirectoryPicker" in window;

/** The folder that the person picks now; null if they thought better of it. */
export async function picked(options: { id: string; mode: "read" | "readwrite" }): Promise<FileSystemDirectoryHandle | null> {
  try {
    return await (window as unknown as { showDirectoryPicker(all: object): Promise<FileSystemDirectoryHandle> }).showDirectoryPicker(options);
  } catch (error) {
    if ((error as Error).name === "AbortError") return null;
    throw new Refusal(`the folder cannot be used: ${(error as Error).message}`);
  }
}

/** Every file of a folder that the person names; it stays where it is, if the browser can go back to it. */
export async function folderOf(): Promise<Source[]> {
  if (picksFolders()) {
    const folder = await picked({ id: "photos", mode: "read" });
    try {
      return folder ? await within(folder, "") : [];
    } catch (error) {
      throw new Refusal(`the folder cannot be read: ${(error as Error).message}`);
    }
  }
  const input = Object.assign(document.createElement("input"), { type: "file", webkitdirectory: true });
  return new Promise((resolve) => {
    input.onchange = () => resolve([...input.files!].map(sourceOf));
    input.oncancel = () => resolve([]);
    input.click();
  });
}

async function within(folder: FileSystemDirectoryHandle, before: string): Promise<Source[]> {
  const found: Source[] = [];
  for await (const [name, entry] of entriesOf(folder)) {
    if (name.startsWith(".")) continue;
    if (entry.kind === "directory") found.push(...(await within(entry as FileSystemDirectoryHandle, `${before}${name}/`)));
    else found.push({ path: before + name, file: entry as FileSystemFileHandle });
  }
  return found;
}

const entriesOf = (folder: FileSystemDirectoryHandle) =>
  (folder as unknown as { entries(): AsyncIterable<[string, FileSystemHandle]> }).entries();

/** Files and folders that were dropped. */
export async function dropped(data: DataTransfer): Promise<Source[]> {
  // All at once: after the first wait the browser has emptied the list.
  const entries = [...data.items].map((item) => item.webkitGetAsEntry());
  const files = [...data.files];
  const found = await Promise.all(entries.map((entry) => (entry ? below(entry, "") : Promise.resolve([]))));
  return found.flat().length ? found.flat() : files.map(sourceOf);
}

async function below(entry: FileSystemEntry, before: string): Promise<Source[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    return [{ path: before + file.name, file }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const inner: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) break;
    inner.push(...some);
  }
  const found = await Promise.all(inner.map((one) => below(one, `${before}${entry.name}/`)));
  return found.flat();
}

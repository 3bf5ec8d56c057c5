// Files out of the project and into it.

import { Refusal, type Download, type Duplicates, type ExportQuery } from "../backend";
import type { Count } from "../types";
import { importProject, isProject, projectFile } from "./project";
import type { Store } from "./store";

/** Names of formats, and what a person calls them. */
export const FORMATS = { project: "Project of this page" } as const;

export async function rescue(store: Store): Promise<Download> {
  return { name: "iog-project.json", content: await projectFile(store) };
}

export async function exported(store: Store, { format }: ExportQuery): Promise<Download> {
  if (format === "project") return rescue(store);
  throw new Refusal(`this page cannot write the format '${format}'`);
}

export async function imported(store: Store, file: File, duplicates: Duplicates): Promise<Count> {
  const data: unknown = await file.text().then(JSON.parse).catch(() => null);
  if (isProject(data)) return importProject(store, data, duplicates);
  throw new Refusal(`${file.name} is not a project of this page`);
}

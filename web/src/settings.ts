// How this person likes to see things; kept in the browser.

import type { Duplicates } from "./backend";

const STORED = "iog-settings";

const standard = {
  opacity: 0.45,
  brightness: 1,
  contrast: 1,
  guides: true,
  theme: "" as "" | "light" | "dark",
  brush: 12,
  label: "",
  spare: true,
  tolerance: 1,
  duplicates: "skip" as Duplicates,
  toured: false,
};
export type Settings = typeof standard;

export function loadSettings(): Settings {
  try {
    return { ...standard, ...JSON.parse(localStorage.getItem(STORED) ?? "{}") };
  } catch {
    return { ...standard };
  }
}

export function storeSettings(settings: Settings): void {
  localStorage.setItem(STORED, JSON.stringify(settings));
}

export const VIEW_STANDARD = { opacity: standard.opacity, brightness: 1, contrast: 1 };

// The tools of the page, and the stages of a new object.

export type Tool = "click" | "remove" | "brush" | "eraser" | "points";
export type Mode = "loading" | "first" | "second" | "centre" | "correct";

/** Tools that change the mask of the open object directly. */
export const HAND_TOOLS: readonly Tool[] = ["brush", "eraser", "points"];

// The tools of the page, and the stages of a new object.

export type Tool = "click" | "remove" | "brush" | "eraser" | "points" | "polygon";
export type Mode = "loading" | "first" | "second" | "centre" | "correct";

/** Tools that change a mask directly; brush and polygon also begin an object. */
export const HAND_TOOLS: readonly Tool[] = ["brush", "polygon", "eraser", "points"];

/** Tools that work on the mask of the open object. */
export const MASK_TOOLS: readonly Tool[] = ["eraser", "points"];

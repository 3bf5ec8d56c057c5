// The tools of the page, and the stages of a new object.

export type Tool = "click" | "remove" | "brush" | "eraser" | "points" | "polygon" | "magnetic";
export type Mode = "loading" | "first" | "second" | "centre" | "correct";

/** Tools that change a mask directly; brush and polygons also begin an object. */
export const HAND_TOOLS: readonly Tool[] = ["brush", "polygon", "magnetic", "eraser", "points"];

/** Tools that set corners. */
export const POLYGON_TOOLS: readonly Tool[] = ["polygon", "magnetic"];

/** Tools that work on the mask of the open object. */
export const MASK_TOOLS: readonly Tool[] = ["eraser", "points"];

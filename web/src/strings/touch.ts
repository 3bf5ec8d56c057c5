/** A finger cannot press the right button: then texts say what it can. */
export const touch = matchMedia("(pointer: coarse)").matches;

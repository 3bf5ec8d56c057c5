// What is known of an object besides its label and pixels, as values.

import type { Facts } from "./types";

export const NO_FACTS: Facts = {
  occluded: false, truncated: false, difficult: false, crowd: false, group: null, description: "", attributes: {},
};

/** Questions that every project asks. */
export const FLAGS = ["occluded", "truncated", "crowd", "difficult"] as const;
export type Flag = (typeof FLAGS)[number];

/** An answer as a yes or no; files of some tools write it as text. */
export const isYes = (answer: unknown) => answer === true || answer === "true";

/** The facts with another answer to a question; null takes it away. */
export function answered(facts: Facts, name: string, answer: unknown): Facts {
  const { [name]: _, ...others } = facts.attributes;
  return { ...facts, attributes: answer === null ? others : { ...others, [name]: answer } };
}

/** An answer as other tools gave it. */
export const textOf = (answer: unknown) => (typeof answer === "string" ? answer : JSON.stringify(answer));

// What is known of an object besides its label and pixels, as values.

import type { Facts, FactsChange } from "./types";

export const NO_FACTS: Facts = {
  occluded: false, truncated: false, difficult: false, crowd: false, group: null, description: "", attributes: {},
};

/** Questions that every project asks. */
export const FLAGS = ["occluded", "truncated", "crowd", "difficult"] as const;
export type Flag = (typeof FLAGS)[number];

/** An answer as a yes or no; files of some tools write it as text. */
export const isYes = (answer: unknown) => answer === true || answer === "true";

/** The facts after a change; null takes an answer away. */
export function changedFacts(facts: Facts, { attributes = {}, ...others }: FactsChange): Facts {
  const answers = { ...facts.attributes };
  for (const [name, answer] of Object.entries(attributes)) {
    delete answers[name];
    if (answer !== null) answers[name] = answer;
  }
  return { ...facts, ...others, attributes: answers };
}

/** An answer as other tools gave it. */
export const textOf = (answer: unknown) => (typeof answer === "string" ? answer : JSON.stringify(answer));

// What is known of an object besides its label and pixels, on its way to the backend.

import { expect, it } from "vitest";
import type { Backend } from "../src/backend";
import { NO_FACTS, changedFacts } from "../src/facts";
import { newItem } from "../src/items";
import { Saver } from "../src/saver";
import { Sync } from "../src/sync";
import type { Change, ObjectMessage } from "../src/types";

it("goes only where it changes, and only what changes of it", async () => {
  const sent: Change[] = [];
  const facts = { ...NO_FACTS, attributes: { ["x".repeat(200)]: "odd", big: 2 ** 60 } };
  const saved = { id: 1, version: 1, photo: 1, work: {}, label: "a", state: "draft", facts, mask: null };
  const backend = { change: async (_: number, wish: Change) => { sent.push(wish); return saved; } } as unknown as Backend;
  const sync = new Sync(backend, new Saver(() => undefined), { changed() {}, adopted() {}, failed() {}, say() {}, conflict() {} });
  const item = newItem(saved as unknown as ObjectMessage);
  await sync.commit(item, "accept", { state: "accepted" });
  await sync.commit(item, "facts", { facts: { occluded: true } });
  await sync.commit(item, "facts", { facts: { attributes: { breed: "tabby" } } });
  expect(sent.map((wish) => wish.facts)).toEqual([undefined, { occluded: true }, { attributes: { breed: "tabby" } }]);
});

it("is shown as it will be", () => {
  const facts = { ...NO_FACTS, group: "7", attributes: { wet: true, breed: "tabby", empty: null } };
  const changed = changedFacts(facts, { attributes: { wet: null, breed: "siamese" }, crowd: true });
  expect(changed).toEqual({ ...facts, crowd: true, attributes: { empty: null, breed: "siamese" } });
});

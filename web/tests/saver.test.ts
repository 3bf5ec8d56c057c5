// What the page says of what is kept.

import { expect, it } from "vitest";
import { Lost, Refusal } from "../src/backend";
import { Saver } from "../src/saver";

const state = async (saver: Saver) => {
  await new Promise((resolve) => setTimeout(resolve));
  return saver.state;
};
const after = async (saver: Saver, error: Error) => {
  await saver.run(() => Promise.reject(error)).catch(() => undefined);
  return state(saver);
};

it("calls a step that a rule forbids no loss, one that the disk did not take a loss", async () => {
  const saver = new Saver(() => undefined);
  expect(await after(saver, new Refusal("86 % of this object lies on accepted objects"))).toBe("saved");
  expect(await after(saver, new Refusal("the disk is full", null, true))).toBe("failed");
  expect(await after(saver, new Refusal("86 % of this object lies on accepted objects"))).toBe("failed");
  await saver.run(() => Promise.resolve());
  expect(await state(saver)).toBe("saved");
});

it("does not call a project that went saved because something could be read", async () => {
  const saver = new Saver(() => undefined);
  saver.lose();
  await saver.inTurn(() => Promise.resolve());
  expect(await state(saver)).toBe("lost");
  await saver.run(() => Promise.resolve()); // it is back in its place
  expect(await state(saver)).toBe("saved");
  expect(await after(saver, new Lost("the project file is gone"))).toBe("lost");
});

// What counts as a person's work.

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Backend } from "../src/backend";
import { Saver } from "../src/saver";
import { Sync, type Screen } from "../src/sync";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const opened = () => {
  const sync = new Sync({} as Backend, new Saver(() => undefined), {} as Screen);
  sync.stopClock();
  vi.advanceTimersByTime(30_000);
  return sync;
};

it("is counted from the first press on a photo, not from its opening", () => {
  const sync = opened();
  sync.begin();
  vi.advanceTimersByTime(2_000);
  sync.begin(); // a second press is no new beginning
  vi.advanceTimersByTime(1_000);
  expect(sync.step()).toBeCloseTo(3);
  vi.advanceTimersByTime(4_000);
  expect(sync.step()).toBeCloseTo(4);
});

it("is nothing where the first thing done is done with one key", () => {
  const sync = opened();
  expect(sync.step()).toBe(0);
  vi.advanceTimersByTime(5_000);
  expect(sync.step()).toBeCloseTo(5);
});

it("is a minute at most between two steps", () => {
  const sync = opened();
  sync.begin();
  vi.advanceTimersByTime(600_000);
  expect(sync.step()).toBe(60);
});

// The mask under the cursor: one question on its way, the newest next, older answers dropped.

import { describe, expect, it, vi } from "vitest";
import type { Backend } from "../src/backend";
import { Previewer } from "../src/previewer";
import type { Point } from "../src/types";

interface Question {
  point: Point;
  sequence: number;
  answer: (stale?: boolean) => void;
  fail: () => void;
}

function setUp() {
  const questions: Question[] = [];
  const preview = (_: number, point: Point, __: string, sequence: number) =>
    new Promise((resolve, reject) => {
      const mask = { box: [0, 0, 1, 1], size: [1, 1], runs: [0, 1] };
      questions.push({
        point,
        sequence,
        answer: (stale = false) => resolve({ mask, confidence: 0.9, sequence, stale }),
        fail: () => reject(new Error("gone")),
      });
    });
  const changed = vi.fn();
  const previewer = new Previewer({ preview } as unknown as Backend, changed);
  return { questions, changed, previewer };
}

const settle = () => new Promise((resolve) => setTimeout(resolve));

describe("previews", () => {
  it("ask once at a time, and then for the newest place alone", async () => {
    const { questions, previewer } = setUp();
    for (const x of [1, 2, 3, 4]) previewer.ask(7, [x, 0]);
    expect(questions.map(({ point }) => point[0])).toEqual([1]);
    questions[0]!.answer();
    await settle();
    expect(questions.map(({ point }) => point[0])).toEqual([1, 4]);
    questions[1]!.answer();
    await settle();
    expect(previewer.shown?.sequence).toBe(questions[1]!.sequence);
    expect(questions.length).toBe(2);
  });

  it("show nothing of an answer that came after they were stopped", async () => {
    const { questions, changed, previewer } = setUp();
    previewer.ask(7, [1, 0]);
    previewer.stop();
    questions[0]!.answer();
    await settle();
    expect(previewer.shown).toBeNull();
    expect(changed).toHaveBeenCalledTimes(1);
  });

  it("drop what the server calls stale, and go on after a failure", async () => {
    const { questions, previewer } = setUp();
    previewer.ask(7, [1, 0]);
    questions[0]!.answer(true);
    await settle();
    expect(previewer.shown).toBeNull();
    previewer.ask(7, [2, 0]);
    questions[1]!.fail();
    await settle();
    previewer.ask(7, [3, 0]);
    questions[2]!.answer();
    await settle();
    expect(previewer.shown?.mask?.covers(0, 0)).toBe(true);
  });
});

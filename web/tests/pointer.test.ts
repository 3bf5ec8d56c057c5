// What mouse and pen do on the stage.

import { expect, it, vi } from "vitest";

vi.mock("../src/strings", () => ({ strings: {} }));
const { Pointer } = await import("../src/pointer");

it("ends a polygon with a double click, but not while Space moves the photo", () => {
  const heard = new Map<string, (event: unknown) => void>();
  const overlay = { addEventListener: (name: string, hear: (event: unknown) => void) => heard.set(name, hear) };
  const editor = { tool: "polygon", polygon: { back: vi.fn() }, closePolygon: vi.fn(), changed: vi.fn() };
  const pointer = new Pointer({ editor } as never, { overlay } as never);
  pointer.panning = true;
  heard.get("dblclick")!({ button: 0 });
  expect(editor.polygon.back).not.toHaveBeenCalled();
  pointer.panning = false;
  heard.get("dblclick")!({ button: 0 });
  expect(editor.closePolygon).toHaveBeenCalledWith(true);
});

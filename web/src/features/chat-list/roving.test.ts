import { describe, expect, it } from "vitest";
import { indexAfter } from "./roving";

describe("indexAfter", () => {
  it.each([
    ["ArrowDown", 3, 4],
    ["ArrowUp", 3, 2],
    ["PageDown", 3, 10],
    ["PageUp", 3, 0],
    ["Home", 3, 0],
    ["End", 3, 19],
    ["ArrowDown", 19, 19],
    ["ArrowUp", 0, 0],
    ["PageDown", 18, 19],
  ])("leads by %s from %i to %i", (key, from, to) => {
    expect(indexAfter(key, from, 20, 7)).toBe(to);
  });

  it("leaves other keys alone", () => {
    expect(indexAfter("Enter", 3, 20, 7)).toBeUndefined();
    expect(indexAfter("a", 3, 20, 7)).toBeUndefined();
  });
});

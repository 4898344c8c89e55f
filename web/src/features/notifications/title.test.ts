import { describe, expect, it } from "vitest";
import { pageTitle } from "./title";

describe("pageTitle", () => {
  it.each([
    ["", 0, "QuickSync"],
    ["Ada", 0, "Ada · QuickSync"],
    ["Ada", 3, "(3) Ada · QuickSync"],
    ["", 99, "(99) QuickSync"],
    ["", 100, "(99+) QuickSync"],
  ])("says of %j with %i unread %j", (place, unread, expected) => {
    expect(pageTitle("QuickSync", place, unread)).toBe(expected);
  });
});

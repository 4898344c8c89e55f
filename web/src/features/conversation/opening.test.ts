import { describe, expect, it } from "vitest";
import { CONTEXT_ABOVE, openingOf } from "./opening";

const row = (sequence: number | null, startsUnread = false) => ({ message: { sequence }, startsUnread });
const rows = [row(3), row(5), row(9, true), row(12), row(null)];
const nothing = { focusSequence: null, place: null };

describe("openingOf", () => {
  it("goes to the message that was asked for, whatever else there is", () => {
    expect(openingOf(rows, { focusSequence: 5, place: { sequence: 3, offset: 0 } })).toEqual({
      kind: "row",
      index: 1,
      offset: CONTEXT_ABOVE,
    });
  });

  it("comes back to where the person read, to the pixel", () => {
    const place = { sequence: 12, offset: -7 };
    expect(openingOf(rows, { focusSequence: null, place })).toEqual({ kind: "row", index: 3, offset: -7 });
  });

  it("takes the next message where the one of before is not shown", () => {
    expect(openingOf(rows, { focusSequence: null, place: { sequence: 4, offset: 0 } })).toMatchObject({ index: 1 });
  });

  it("opens at what is unread, with room above", () => {
    expect(openingOf(rows, nothing)).toEqual({ kind: "row", index: 2, offset: CONTEXT_ABOVE });
  });

  it("opens at the end where nothing is unread, and where there is nothing", () => {
    expect(openingOf([row(3), row(5)], nothing)).toEqual({ kind: "end" });
    expect(openingOf([], { focusSequence: 4, place: null })).toEqual({ kind: "end" });
  });
});

import { describe, expect, it } from "vitest";
import { readingPlace, whatIsInView, type Layout } from "./inView";
import { buildRows } from "./rows";

/** Rows of 100 px each, the last one 900. */
const sizes = [100, 100, 100, 100, 900];
const offsetOf = (index: number) => sizes.slice(0, index).reduce((sum, size) => sum + size, 0);
const layout: Layout = {
  getItemOffset: offsetOf,
  getItemSize: (index) => sizes[index] ?? 0,
  findItemIndex: (offset) => {
    const index = sizes.findIndex((size, i) => offset < offsetOf(i) + size);
    return index === -1 ? sizes.length - 1 : index;
  },
};
const messages = [1, 2, 3, 4, 5].map((n) => ({
  key: `m${n}`,
  senderUserId: "ada",
  sentAt: n * 1000,
  sequence: n * 10,
}));
const rows = buildRows(messages, { hasOlder: false, unreadKey: "m3" });
const view = (offset: number, size = 250) => ({ offset, size, content: 1300 });

describe("whatIsInView", () => {
  it("counts a message as seen once its end is in view", () => {
    expect(whatIsInView(rows, layout, view(0)).lastSequence).toBe(20);
    expect(whatIsInView(rows, layout, view(50)).lastSequence).toBe(30);
  });

  it("counts a message that is taller than the view once it fills it", () => {
    expect(whatIsInView(rows, layout, view(350)).lastSequence).toBe(40);
    expect(whatIsInView(rows, layout, view(420)).lastSequence).toBe(50);
  });

  it("does not count a message without a place", () => {
    const pending = buildRows(
      messages.slice(0, 2).map((message, i) => ({ ...message, sequence: i === 0 ? 10 : null })),
      {
        hasOlder: false,
        unreadKey: undefined,
      },
    );
    expect(whatIsInView(pending, layout, view(0)).lastSequence).toBe(10);
  });

  it("tells where the unread line is", () => {
    expect(whatIsInView(rows, layout, view(0, 150)).unreadLine).toBe("below");
    expect(whatIsInView(rows, layout, view(100)).unreadLine).toBe("seen");
    expect(whatIsInView(rows, layout, view(310)).unreadLine).toBe("above");
    expect(whatIsInView(rows.slice(0, 2), layout, view(0)).unreadLine).toBe("none");
  });

  it("tells the day of the uppermost message, unless its heading is in view", () => {
    expect(whatIsInView(rows, layout, view(0)).topSentAt).toBeNull();
    expect(whatIsInView(rows, layout, view(250)).topSentAt).toBe(3000);
  });

  it("tells when the end is more than a view away", () => {
    expect(whatIsInView(rows, layout, view(700)).isFarFromEnd).toBe(true);
    expect(whatIsInView(rows, layout, view(900)).isFarFromEnd).toBe(false);
  });
});

describe("readingPlace", () => {
  it("is the first message in view and how far it is scrolled out", () => {
    expect(readingPlace(rows, layout, view(130))).toEqual({ sequence: 20, offset: -30 });
  });

  it("passes over messages that have no place yet", () => {
    const pending = rows.map((row) => ({ ...row, message: { ...row.message, sequence: null } }));
    expect(readingPlace(pending, layout, view(0))).toBeNull();
  });
});

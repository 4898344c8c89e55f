import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildRows, firstUnread, unreadSince, type RowMessage } from "./rows";

const noon = new Date(2026, 2, 11, 12).getTime();
const minute = 60_000;

function message(sequence: number, senderUserId: string, minutes: number): RowMessage & { isOwn: boolean } {
  return { key: `m${sequence}`, senderUserId, sentAt: noon + minutes * minute, sequence, isOwn: senderUserId === "me" };
}

const all = { hasOlder: false, unreadKey: undefined };

describe("buildRows", () => {
  it("groups what one person says in a row", () => {
    const rows = buildRows(
      [message(1, "ada", 0), message(2, "ada", 4), message(3, "bob", 5), message(4, "ada", 5)],
      all,
    );
    expect(rows.map((row) => row.startsGroup)).toEqual([true, false, true, true]);
  });

  it("breaks a group after five minutes of silence, not after five minutes of talk", () => {
    const rows = buildRows(
      [0, 5, 10, 16].map((at, i) => message(i + 1, "ada", at)),
      all,
    );
    expect(rows.map((row) => row.startsGroup)).toEqual([true, false, false, true]);
  });

  it("begins a day at midnight, and a group with it", () => {
    const rows = buildRows([message(1, "ada", 719), message(2, "ada", 721), message(3, "ada", 722)], all);
    expect(rows.map((row) => row.startsDay)).toEqual([true, true, false]);
    expect(rows[1]?.startsGroup).toBe(true);
  });

  it("breaks a group at the unread line", () => {
    const rows = buildRows([message(1, "ada", 0), message(2, "ada", 1)], { hasOlder: false, unreadKey: "m2" });
    expect(rows.map((row) => [row.startsUnread, row.startsGroup])).toEqual([
      [false, true],
      [true, true],
    ]);
  });

  it("tells the beginning of history above its first message only", () => {
    const messages = [message(1, "ada", 0), message(2, "ada", 0)];
    expect(buildRows(messages, all).map((row) => row.startsHistory)).toEqual([true, false]);
    expect(buildRows(messages, { ...all, hasOlder: true }).map((row) => row.startsHistory)).toEqual([false]);
  });

  it("changes no row that is shown when older and newer messages are loaded", () => {
    const steps = fc.array(fc.record({ minutes: fc.nat(900), isAda: fc.boolean() }), { minLength: 3, maxLength: 40 });
    fc.assert(
      fc.property(steps, fc.nat(), fc.nat(), (input, a, b) => {
        let at = 0;
        const messages = input.map(({ minutes, isAda }, i) => message(i + 1, isAda ? "ada" : "bob", (at += minutes)));
        const from = a % (messages.length - 1);
        // At least two are loaded: a page of history never has one message where there are more.
        const to = from + 2 + (b % (messages.length - from - 1));
        const shown = buildRows(messages.slice(from, to), { hasOlder: from > 0, unreadKey: undefined });
        const later = new Map(buildRows(messages, all).map((row) => [row.key, row]));
        expect(shown.length).toBeGreaterThan(0);
        for (const row of shown) expect(later.get(row.key)).toEqual(row);
      }),
    );
  });
});

describe("firstUnread", () => {
  const messages = [message(5, "ada", 0), message(6, "me", 1), message(8, "ada", 2), message(9, "ada", 3)];
  const past = (after: number, upTo = Infinity) => ({ after, upTo });

  it("is the first one of somebody else past the marker", () => {
    expect(firstUnread(messages, past(5), true)?.key).toBe("m8");
    expect(firstUnread(messages, past(9), true)).toBeUndefined();
  });

  it("does not count one's own, nor what came later", () => {
    expect(firstUnread(messages.slice(0, 2), past(5), false)).toBeUndefined();
    expect(firstUnread(messages, past(5, 7), false)).toBeUndefined();
  });

  it("is not guessed where it may lie in an older page", () => {
    expect(firstUnread(messages, past(3), true)).toBeUndefined();
    expect(firstUnread(messages, past(3), false)?.key).toBe("m5");
  });
});

describe("unreadSince", () => {
  const messages = [message(11, "ada", 0), message(12, "me", 1), message(15, "ada", 2), message(19, "me", 3)];
  const read = (lastReadSequence: number, unreadCount: number) => ({ lastReadSequence, unreadCount });

  it("is the read marker where that is loaded, or nothing is unread", () => {
    expect(unreadSince(messages, read(12, 1), true)).toBe(12);
    expect(unreadSince(messages, read(10, 2), true)).toBe(10);
    expect(unreadSince(messages, read(3, 2), false)).toBe(3);
    expect(unreadSince(messages, read(3, 0), true)).toBe(3);
  });

  it("follows from the count where one has written much since", () => {
    expect(unreadSince(messages, read(3, 1), true)).toBe(14);
    expect(unreadSince(messages, read(3, 2), true)).toBe(10);
    expect(firstUnread(messages, { after: 10, upTo: 19 }, true)?.key).toBe("m11");
  });

  it("is not known where an older page has it, nor from a count that ends at a hundred", () => {
    expect(unreadSince(messages, read(3, 3), true)).toBeNull();
    expect(unreadSince(messages, read(3, 100), true)).toBeNull();
  });
});

import { describe, expect, it } from "vitest";
import { clockTime, dayHeading, dayNumber, shortTime } from "./time";

// The constructor's parts are local time, so that the tests hold in every time zone.
const local = (year: number, month: number, day: number, hour = 0, minute = 0) =>
  new Date(year, month, day, hour, minute).getTime();
const now = local(2026, 2, 11, 9, 30);

describe("dayNumber", () => {
  it("grows by one at midnight, also where the clock is changed", () => {
    for (let day = 0; day < 366; day++) {
      const midnight = local(2026, 0, 1 + day);
      expect(dayNumber(midnight) - dayNumber(midnight - 1)).toBe(1);
    }
  });
});

describe("dayHeading", () => {
  it.each([
    [local(2026, 2, 11, 0, 0), "en", "Today"],
    [local(2026, 2, 10, 23, 59), "en", "Yesterday"],
    [local(2026, 2, 10, 23, 59), "de", "Gestern"],
    [local(2026, 2, 9, 12), "en-GB", "Monday 9 March"],
    [local(2025, 2, 9, 12), "de", "Sonntag, 9. März 2025"],
  ])("names %s in %s %j", (at, locale, expected) => {
    expect(dayHeading(at, now, locale)).toBe(expected);
  });
});

describe("shortTime", () => {
  it.each([
    [local(2026, 2, 11, 8, 5), "de", "08:05"],
    [local(2026, 2, 11, 9, 31), "de", "09:31"],
    [local(2026, 2, 10, 23, 59), "en", "Yesterday"],
    [local(2026, 2, 5, 12), "en", "Thu"],
    [local(2026, 2, 4, 12), "en-GB", "4 Mar"],
    [local(2025, 2, 4, 12), "en-GB", "04/03/2025"],
  ])("shortens %s in %s to %j", (at, locale, expected) => {
    expect(shortTime(at, now, locale)).toBe(expected);
  });

  it("shows the clock for a moment that is ahead of the reader's own", () => {
    const ahead = local(2026, 2, 12, 0, 1);
    expect(shortTime(ahead, now, "de")).toBe(clockTime(ahead, "de"));
  });
});

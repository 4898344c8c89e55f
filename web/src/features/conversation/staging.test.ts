import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { firstStage, nextStage } from "./staging";

const rows = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => ({ key: String(from + i) }));
const step = (shown: ReturnType<typeof rows>, wanted: ReturnType<typeof rows>) => nextStage(firstStage(shown), wanted);

describe("nextStage", () => {
  it("shows what was put before in one step, kept from the end", () => {
    expect(step(rows(5, 9), rows(0, 9))).toMatchObject({ rows: rows(0, 9), isPrepend: true, isPartial: false });
  });

  it("shows what was added behind in one step, kept from the start", () => {
    expect(step(rows(5, 9), rows(5, 12))).toMatchObject({ rows: rows(5, 12), isPrepend: false, isPartial: false });
  });

  it("begins with nothing", () => {
    expect(step([], rows(0, 3))).toEqual({ rows: rows(0, 3), isPrepend: false, isPartial: false, generation: 0 });
  });

  it("tells another part of history from one that lost a row", () => {
    expect(step(rows(5, 9), rows(20, 22))).toMatchObject({ rows: rows(20, 22), generation: 1 });
    expect(step(rows(5, 9), rows(6, 9))).toMatchObject({ rows: rows(6, 9), generation: 0 });
  });

  it("reaches any longer history in at most two steps, each of one kind", () => {
    const growth = fc.record({ before: fc.nat(5), after: fc.nat(5) });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(growth, { maxLength: 8 }), (size, growths) => {
        let [from, to] = [0, size];
        let shown = firstStage(rows(from, to));
        for (const { before, after } of growths) {
          from -= before;
          to += after;
          for (let steps = 1; ; steps++) {
            expect(steps).toBeLessThanOrEqual(2);
            const old = shown.rows;
            shown = nextStage(shown, rows(from, to));
            // What was there stands together still: at the end where the place is kept from the end, else at the start.
            expect(shown.isPrepend ? shown.rows.slice(-old.length) : shown.rows.slice(0, old.length)).toEqual(old);
            if (!shown.isPartial) break;
          }
          expect(shown.rows).toEqual(rows(from, to));
        }
      }),
    );
  });
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { addRange, closeLiveRange, covers, rangeAt, type Range, type Ranges } from "./ranges";

const LIMIT = 40;
const range = fc
  .tuple(fc.nat(LIMIT), fc.nat(LIMIT), fc.boolean())
  .map(([a, b, isLive]): Range => ({ from: Math.min(a, b), to: isLive ? Infinity : Math.max(a, b) }));

const points = (ranges: Ranges): number[] =>
  Array.from({ length: LIMIT + 5 }, (_, point) => point).filter((point) => rangeAt(ranges, point) !== undefined);

test("ranges are the set of their points, sorted, apart and without doubles, in whatever order they came", () => {
  fc.assert(
    fc.property(fc.array(range), (added) => {
      const ranges = added.reduce<Ranges>(addRange, []);
      const expected = Array.from({ length: LIMIT + 5 }, (_, point) => point).filter((point) =>
        added.some(({ from, to }) => from <= point && point <= to),
      );
      expect(points(ranges)).toEqual(expected);
      ranges.slice(1).forEach((next, at) => {
        expect(next.from).toBeGreaterThan((ranges[at]?.to ?? Infinity) + 1);
      });
    }),
  );
});

test("an empty range changes nothing", () => {
  const ranges = addRange([], { from: 3, to: 5 });
  expect(addRange(ranges, { from: 8, to: 7 })).toBe(ranges);
});

test("what a broken stream leaves is what had come, and nothing where nothing had", () => {
  const ranges = addRange(addRange([], { from: 1, to: 3 }), { from: 10, to: Infinity });
  expect(closeLiveRange(ranges, 14)).toEqual([
    { from: 1, to: 3 },
    { from: 10, to: 14 },
  ]);
  expect(closeLiveRange(ranges, 5)).toEqual([{ from: 1, to: 3 }]);
});

test("nothing is covered by everything", () => {
  expect(covers([], 5, 4)).toBe(true);
  expect(covers([], 5, 5)).toBe(false);
  expect(covers([{ from: 2, to: 9 }], 2, 9)).toBe(true);
  expect(covers([{ from: 2, to: 9 }], 2, 10)).toBe(false);
});

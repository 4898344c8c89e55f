import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { initials, PERSON_COLOURS, personColour } from "./person";

describe("personColour", () => {
  it("is the same each time and within the palette", () => {
    fc.assert(
      fc.property(fc.string(), (id) => {
        const colour = personColour(id);
        expect(colour).toBe(personColour(id));
        expect(Number.isInteger(colour) && colour >= 1 && colour <= PERSON_COLOURS).toBe(true);
      }),
    );
  });

  it("spreads ids evenly", () => {
    const counts = new Array<number>(PERSON_COLOURS).fill(0);
    for (const id of fc.sample(fc.uuid(), { numRuns: 6000, seed: 5 })) {
      const index = personColour(id) - 1;
      counts[index] = (counts[index] ?? 0) + 1;
    }
    // 500 are expected of each; a fair die stays within five standard deviations of that.
    for (const count of counts) expect(Math.abs(count - 500)).toBeLessThan(110);
  });
});

describe("initials", () => {
  it.each([
    ["Ada Lovelace", "AL"],
    ["ada", "A"],
    ["grace.hopper", "GH"],
    ["Anne-Marie van der Berg", "AB"],
    ["  Zoë  ", "Z"],
    ["éva", "É"],
    ["李小龍", "李"],
    ["محمد علي", "مع"],
    ["🦊 Fox", "F"],
    ["(Bob)", "B"],
    ["7 of 9", "79"],
    ["🦊", ""],
    ["", ""],
  ])("of %j are %j", (name, expected) => {
    expect(initials(name)).toBe(expected);
  });
});

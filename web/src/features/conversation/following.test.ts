import { describe, expect, it } from "vitest";
import { distanceToEnd, followsEnd, type Viewport } from "./following";

const atEnd: Viewport = { offset: 400, size: 600, content: 1000 };

describe("followsEnd", () => {
  it("begins when somebody reaches the end, whatever was before", () => {
    expect(followsEnd(false, { ...atEnd, offset: 0 }, { ...atEnd, offset: 390 })).toBe(true);
  });

  it("ends when somebody scrolls up", () => {
    expect(followsEnd(true, atEnd, { ...atEnd, offset: 300 })).toBe(false);
  });

  it("goes on when the content grows below, and while the view catches up", () => {
    const grown = { ...atEnd, content: 1200 };
    expect(followsEnd(true, atEnd, grown)).toBe(true);
    expect(followsEnd(true, grown, { ...grown, offset: 500 })).toBe(true);
  });

  it("goes on when the view becomes lower, as under a keyboard on the screen", () => {
    expect(followsEnd(true, atEnd, { ...atEnd, size: 300 })).toBe(true);
  });

  it("goes on when what lies above becomes smaller", () => {
    const away = { offset: 400, size: 600, content: 1200 };
    expect(followsEnd(true, away, { offset: 350, size: 600, content: 1150 })).toBe(true);
  });

  it("does not begin by itself for somebody who reads above", () => {
    const reading = { offset: 100, size: 600, content: 1000 };
    expect(followsEnd(false, reading, { ...reading, content: 1200 })).toBe(false);
    expect(followsEnd(false, reading, { ...reading, offset: 150 })).toBe(false);
  });
});

describe("distanceToEnd", () => {
  it("is nothing where all fits, or the view is pulled past the end", () => {
    expect(distanceToEnd({ offset: 0, size: 600, content: 200 })).toBe(0);
    expect(distanceToEnd({ ...atEnd, offset: 450 })).toBe(0);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { charactersLeft, sendableText, TEXT_LENGTH_MAX } from "./text";

describe("sendableText", () => {
  it("takes blank ends away and leaves the rest as it was written", () => {
    expect(sendableText("\n  a  b\n\n\tc \n")).toBe("a  b\n\n\tc");
    expect(sendableText(" \n\t ")).toBe("");
  });

  it("gives only what the services take", () => {
    const written = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) });
    fc.assert(
      fc.property(written, (text) => {
        const sendable = sendableText(text);
        expect(sendable).not.toMatch(/\p{Surrogate}/u);
        // eslint-disable-next-line no-control-regex -- these must not be there
        expect(sendable).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/u);
        expect(sendableText(sendable)).toBe(sendable);
      }),
    );
  });

  it("keeps characters beyond the first plane, and marks of direction", () => {
    expect(sendableText("👩‍👩‍👧‍👦 \u200fשלום")).toBe("👩‍👩‍👧‍👦 \u200fשלום");
  });
});

describe("charactersLeft", () => {
  it("says nothing while there is room", () => {
    expect(charactersLeft("")).toBeNull();
    expect(charactersLeft("a".repeat(TEXT_LENGTH_MAX - 501))).toBeNull();
    expect(charactersLeft("a".repeat(TEXT_LENGTH_MAX - 500))).toBe(500);
  });

  it("counts characters, not code units", () => {
    expect(charactersLeft("😀".repeat(TEXT_LENGTH_MAX))).toBe(0);
    expect(charactersLeft("😀".repeat(TEXT_LENGTH_MAX - 3000))).toBeNull();
    expect(charactersLeft("a".repeat(TEXT_LENGTH_MAX + 2))).toBe(-2);
  });
});

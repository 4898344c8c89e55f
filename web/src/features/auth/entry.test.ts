import { describe, expect, it } from "vitest";
import { linkToken } from "./entry";

describe("the token of a mailed link", () => {
  it.each([
    ["#token=abc-_", "abc-_"],
    ["#token=abc&utm=x", "abc"],
    ["#token=", null],
    ["#", null],
    ["", null],
  ])("%j: %j", (hash, token) => expect(linkToken(hash)).toBe(token));
});

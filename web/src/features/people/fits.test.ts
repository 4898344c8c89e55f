import { describe, expect, it } from "vitest";
import { fits } from "./fits";

const anna = { username: "a.bell", displayName: "Hannah  Anna Bell" };

describe("fits", () => {
  it.each(["a.b", "A.BELL", "han", "anna", "hannah anna", "bell"])("finds by %j", (query) => {
    expect(fits(anna, query)).toBe(true);
  });
  it.each(["nna", "ell", "anna hannah", "b.bell"])("does not find by %j", (query) => {
    expect(fits(anna, query)).toBe(false);
  });
});

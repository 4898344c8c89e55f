import { describe, expect, it } from "vitest";
import { localeOf } from "./useLocale";

describe("localeOf", () => {
  it.each([
    ["en", ["de-AT", "en-GB", "en-US"], "en-GB"],
    ["de", ["de-AT", "en-GB"], "de-AT"],
    ["en", ["eng", "fr"], "en"],
    ["de", [], "de"],
  ])("takes for %s of %j %s", (language, preferred, expected) => {
    expect(localeOf(language, preferred)).toBe(expected);
  });
});

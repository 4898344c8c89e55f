import { describe, expect, it } from "vitest";
import { preferredLanguage } from ".";

describe("the language of somebody who has not chosen", () => {
  it.each([
    [["de-AT", "en"], "de"],
    [["DE"], "de"],
    [["fr-FR", "de-DE", "en-GB"], "de"],
    [["en-GB", "de"], "en"],
    [["fr"], "en"],
    [["den"], "en"],
    [[], "en"],
  ])("%j: %j", (wishes, language) => expect(preferredLanguage(wishes)).toBe(language));
});

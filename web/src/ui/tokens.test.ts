/** The contrasts of the tokens, in both themes (WCAG 2.2, 1.4.3, 1.4.6 and 1.4.11). */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { PERSON_COLOURS } from "./person";

const source = readFileSync(new URL("tokens.css", import.meta.url), "utf8");

type Theme = "light" | "dark";
const themes: readonly Theme[] = ["light", "dark"];

/** A colour token as #rrggbb. */
function colour(name: string, theme: Theme): string {
  const value = new RegExp(`--color-${name}:\\s*([^;]+);`).exec(source)?.[1];
  if (value === undefined) throw new Error(`no token --color-${name}`);
  const both = /^light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)$/.exec(value);
  const found = both ? both[theme === "light" ? 1 : 2] : value;
  if (found === undefined || !/^#[0-9a-f]{6}$/.test(found)) throw new Error(`--color-${name} is ${value}`);
  return found;
}

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const channel = parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

const grounds = ["canvas", "surface", "sunken", "raised", "selected"];
const AA = 4.5;
const AAA = 7;
const CONTROL = 3;

/** Foreground, its grounds, the least contrast. */
const rules: readonly (readonly [string, readonly string[], number])[] = [
  ["text", grounds, AAA],
  ["text-muted", grounds, AA],
  ["text-faint", grounds, AA],
  ["link", [...grounds, "bubble-own", "bubble-other"], AA],
  ["danger", grounds.filter((ground) => ground !== "selected"), AA],
  ["success", ["surface", "raised"], AA],
  ["on-bubble", ["bubble-own", "bubble-other"], AAA],
  ["bubble-meta", ["bubble-own", "bubble-other"], AA],
  ["on-accent", ["accent", "accent-hover"], AA],
  ["on-danger", ["danger", "danger-hover"], AA],
  ["on-danger-soft", ["danger-soft"], AA],
  ["on-success-soft", ["success-soft"], AA],
  ["on-warning-soft", ["warning-soft"], AA],
  ["on-notice-soft", ["notice-soft"], AA],
  ["link", ["accent-soft"], AA],
  ["border-strong", ["canvas", "surface", "raised"], CONTROL],
  ["accent", ["canvas", "surface", "raised"], CONTROL],
  ["focus", [...grounds, "bubble-own"], CONTROL],
];

describe.each(themes)("in the %s theme", (theme) => {
  it.each(rules)("%s on %j has at least %d to 1", (front, backs, least) => {
    for (const back of backs) {
      const is = contrast(colour(front, theme), colour(back, theme));
      expect(is, `${front} on ${back}`).toBeGreaterThanOrEqual(least);
    }
  });

  it("people's initials and names can be read", () => {
    for (let person = 1; person <= PERSON_COLOURS; person++) {
      expect(contrast(colour("on-person", theme), colour(`person-${person}`, theme))).toBeGreaterThanOrEqual(AA);
      for (const ground of ["surface", "canvas", "bubble-other"]) {
        expect(contrast(colour(`name-${person}`, theme), colour(ground, theme))).toBeGreaterThanOrEqual(AA);
      }
    }
  });
});

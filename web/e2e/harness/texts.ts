/** What the app says, for whoever looks for it in another language than English. */
import * as germanShell from "../../src/i18n/de";
import { settings as germanSettings } from "../../src/i18n/de/settings";
import * as englishShell from "../../src/i18n/en";
import { settings as englishSettings } from "../../src/i18n/en/settings";
import type { Translated } from "../../src/i18n/translated";

const all = { ...englishShell, settings: englishSettings };

export type Texts = Translated<typeof all>;

export const english: Texts = all;
export const german: Texts = { ...germanShell, settings: germanSettings };

/** A text, with whatever may stand in its gaps. */
export function filled(text: string): RegExp {
  const parts = text.split(/\{\{\w+\}\}/u).map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "u");
}

/** The texts themselves: every language has the same keys with the same values to fill in, and no text is there for nobody. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const here = import.meta.dirname;
const sources = join(here, "..");
const namespaces = readdirSync(join(here, "en"))
  .filter((file) => file !== "index.ts")
  .map((file) => file.replace(/\.ts$/, ""));

type Texts = Readonly<Record<string, string>>;

/** The texts of a feature by their keys ("login.title"). */
async function textsOf(language: string, file: string): Promise<{ namespace: string; texts: Texts }> {
  const module = (await import(`./${language}/${file}.ts`)) as Record<string, unknown>;
  const [entry, ...others] = Object.entries(module);
  if (entry === undefined || others.length > 0) throw new Error(`${language}/${file}.ts exports not one thing`);
  return { namespace: entry[0], texts: Object.fromEntries(flattened(entry[1])) };
}

function flattened(value: unknown, path: readonly string[] = []): [string, string][] {
  if (typeof value === "string") return [[path.join("."), value]];
  if (typeof value !== "object" || value === null) throw new Error(`${path.join(".")} is no text`);
  return Object.entries(value).flatMap(([key, inner]) => flattened(inner, [...path, key]));
}

function filledIn(text: string): string[] {
  return [...new Set([...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name ?? ""))].sort();
}

/** All code outside of the texts, with what it could name a key by. */
const code = readdirSync(sources, { recursive: true, encoding: "utf8" })
  .filter((path) => /\.tsx?$/.test(path) && !/\.test\.tsx?$/.test(path) && !/^(gen|i18n\/(en|de))\//.test(path))
  .map((path) => readFileSync(join(sources, path), "utf8"));

/** Whether some file that speaks of the namespace names the key, in full or by the beginning of a template. */
function isUsed(namespace: string, key: string): boolean {
  const plain = key.replace(/_(zero|one|two|few|many|other)$/, "");
  const parents = plain.split(".").map((_, index, parts) => parts.slice(0, index).join("."));
  return code.some((text) => {
    if (text.includes(`"${namespace}:${plain}"`)) return true;
    if (
      !new RegExp(`(useTranslation|useText)\\((\\[[^\\]]*)?"${namespace}"|\\(([a-z]+: )?TFunction<"${namespace}"`).test(
        text,
      )
    )
      return false;
    if (text.includes(`"${plain}"`)) return true;
    return parents.some((parent) => parent !== "" && text.includes(`\`${parent}.\${`));
  });
}

describe.each(namespaces)("the texts of %s", (file) => {
  it("are the same in German: keys, and what is filled in", async () => {
    const english = (await textsOf("en", file)).texts;
    const german = (await textsOf("de", file)).texts;
    expect(Object.keys(german).sort()).toEqual(Object.keys(english).sort());
    for (const [key, text] of Object.entries(english)) {
      // A plural may leave the number out where it says it in words.
      if (/_(zero|one)$/.test(key)) continue;
      expect(filledIn(german[key] ?? ""), key).toEqual(filledIn(text));
    }
  });

  it("are not empty, and German is not English left over", async () => {
    const english = (await textsOf("en", file)).texts;
    const german = (await textsOf("de", file)).texts;
    for (const texts of [english, german]) for (const text of Object.values(texts)) expect(text.trim()).not.toBe("");
    const long = Object.entries(english).filter(([, text]) => text.split(" ").length > 3);
    expect(long.filter(([key, text]) => german[key] === text)).toEqual([]);
  });

  it("are all used", async () => {
    const { namespace, texts } = await textsOf("en", file);
    expect(Object.keys(texts).filter((key) => !isUsed(namespace, key))).toEqual([]);
  });
});

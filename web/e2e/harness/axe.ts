/** What axe-core finds on a page. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";

const source = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const WCAG_2_2_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const BEST_PRACTICE = ["best-practice"];
const BAD = ["serious", "critical"];

/**
 * Each finding in a line: its rule, how bad it is, and the first elements. Of what WCAG 2.2 AA asks everything counts, of
 * advice beyond it what is serious.
 */
export async function findings(page: Page): Promise<string[]> {
  // By the debugger, which the policy of the page does not hold: nothing is put into the page as an element.
  await page.evaluate(source);
  const results: AxeResults = await page.evaluate(
    (tags) => (window as unknown as { axe: typeof import("axe-core") }).axe.run({ runOnly: tags }),
    [...WCAG_2_2_AA, ...BEST_PRACTICE],
  );
  const counts = results.violations.filter(
    ({ tags, impact }) => !tags.some((tag) => BEST_PRACTICE.includes(tag)) || BAD.includes(impact ?? ""),
  );
  return counts.map(({ id, impact, nodes }) => {
    const where = nodes.slice(0, 3).map((node) => `${String(node.target)} (${node.failureSummary ?? ""})`);
    return `${impact ?? "unknown"} ${id}: ${where.join("; ")}`;
  });
}

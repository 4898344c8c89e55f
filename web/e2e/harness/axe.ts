/** What axe-core finds on a page. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";

const source = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const WCAG_2_2_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Each finding in a line: its rule, how bad it is, and the first elements. */
export async function findings(page: Page): Promise<string[]> {
  // By the debugger, which the policy of the page does not hold: nothing is put into the page as an element.
  await page.evaluate(source);
  const results: AxeResults = await page.evaluate(
    (tags) => (window as unknown as { axe: typeof import("axe-core") }).axe.run({ runOnly: tags }),
    WCAG_2_2_AA,
  );
  return results.violations.map(({ id, impact, nodes }) => {
    const where = nodes.slice(0, 3).map((node) => `${String(node.target)} (${node.failureSummary ?? ""})`);
    return `${impact ?? "unknown"} ${id}: ${where.join("; ")}`;
  });
}

import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, test } from "vitest";
import { workspace } from "../harness/mesh.ts";
import { IPHONE } from "../harness/people.ts";
import { stage } from "../harness/stage.ts";
import { show, views } from "../harness/views.ts";
import { Visitor, type VisitorOptions } from "../harness/visitor.ts";
import { mesh } from "../harness/world.ts";

const FOLDER = join(workspace, "docs/screenshots");
const PHONE: VisitorOptions = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  hasTouch: true,
  isMobile: true,
};

/** Where the list of sections stands alone; elsewhere the first section is beside it. */
const LIST_OF_SECTIONS = "settings";

/** Each view in light; those that people see most in dark and on a phone, too. */
const SCREENS: readonly { name: string; options: VisitorOptions; isOf: (view: string) => boolean }[] = [
  { name: "light", options: { colorScheme: "light" }, isOf: (view) => view !== LIST_OF_SECTIONS },
  { name: "dark", options: { colorScheme: "dark" }, isOf: (view) => OFTEN_SEEN.has(view) },
  {
    name: "phone",
    options: { ...PHONE, colorScheme: "light" },
    isOf: (view) => OFTEN_SEEN.has(view) || view === LIST_OF_SECTIONS,
  },
  { name: "phone-dark", options: { ...PHONE, colorScheme: "dark" }, isOf: (view) => view === "a group" },
];
const OFTEN_SEEN = new Set([
  "sign-in",
  "chat list",
  "a group",
  "a direct conversation",
  "the details of a group",
  "the bell",
  "the quick switcher",
  "settings: appearance",
]);

beforeAll(async () => {
  await rm(FOLDER, { recursive: true, force: true });
});

for (const { name, options, isOf } of SCREENS) {
  const shown = Object.entries(views).filter(([view]) => isOf(view));
  test.each(shown)(`%s, ${name}`, async (title, view) => {
    const { ada, facts } = await stage();
    // Not all the browsers of the pictures before this one.
    if (title === "settings: devices") await ada.beginAnewAt(IPHONE);
    const { page } = await Visitor.open(view.isSignedOut ? options : { ...options, as: ada });
    await show(page, view, facts);
    await page.screenshot({ path: join(FOLDER, `${title.replaceAll(/\W+/g, "-")}-${name}.png`) });
  });
}

afterAll(async () => {
  await mesh.restore();
});

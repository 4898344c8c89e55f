import { describe, expect, test } from "vitest";
import { findings } from "../harness/axe.ts";
import { register } from "../harness/people.ts";
import { stage } from "../harness/stage.ts";
import { show, views } from "../harness/views.ts";
import { Visitor, type VisitorOptions } from "../harness/visitor.ts";

const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true } as const;
const SCREENS: Readonly<Record<string, VisitorOptions>> = {
  "light on a desktop": { colorScheme: "light" },
  "dark on a desktop": { colorScheme: "dark" },
  "light on a tablet": { colorScheme: "light", viewport: { width: 800, height: 1000 } },
  "light on a phone": { colorScheme: "light", ...PHONE },
  "dark on a phone": { colorScheme: "dark", ...PHONE },
};

describe.each(Object.entries(SCREENS))("%s", (_, screen) => {
  test.each(Object.entries(views))("%s", async (name, view) => {
    const { ada, facts } = await stage();
    const { page } = await Visitor.open(view.isSignedOut ? screen : { ...screen, as: ada });
    await show(page, view, facts);
    expect(await findings(page), name).toEqual([]);
    const excess = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(excess, "pixels wider than the screen").toBeLessThanOrEqual(0);
  });
});

test("German is complete: no view says anything in English", async () => {
  const { ada, facts } = await stage();
  for (const view of Object.values(views)) {
    const options: VisitorOptions = { locale: "de-DE" };
    const visitor = await Visitor.open(view.isSignedOut ? options : { ...options, as: ada });
    await show(visitor.page, view, facts);
    expect(await visitor.page.getAttribute("html", "lang")).toBe("de");
    const said = await visitor.page.evaluate(() => document.body.innerText);
    expect(said).not.toMatch(/\b(the|your|with|settings|sign in|search)\b/i);
    await visitor.close();
  }
});

test("text that runs from right to left is laid out so, whatever the language of the app", async () => {
  const [ada, noa] = await Promise.all([register("Ada Lovelace"), register("נועה לוי")]);
  const conversationId = await ada.direct(noa);
  await noa.say(conversationId, "שלום! מה שלומך?");
  await noa.say(conversationId, "and in English");
  const { page } = await Visitor.open({ as: ada });
  await page.goto(`/c/${conversationId}`);
  const direction = (text: string) =>
    page
      .getByRole("listitem")
      .getByText(text, { exact: true })
      .evaluate((it) => getComputedStyle(it).direction);
  expect(await direction("שלום! מה שלומך?")).toBe("rtl");
  expect(await direction("and in English")).toBe("ltr");
  const composer = page.getByRole("textbox", { name: /^Message to / });
  await composer.fill("תודה");
  expect(await composer.evaluate((it) => getComputedStyle(it).direction)).toBe("rtl");
});

test("whoever asked for less motion sees none", async () => {
  const { ada, facts } = await stage();
  const { page } = await Visitor.open({ as: ada, reducedMotion: "reduce" });
  await page.goto(`/c/${facts.group}`);
  await page.getByRole("button", { name: "Details", exact: true }).click();
  const moving = await page.evaluate(() =>
    document
      .getAnimations()
      .filter((animation) => Number(animation.effect?.getComputedTiming().duration ?? 0) > 10)
      .map((animation) => (animation.effect as KeyframeEffect | null)?.target?.className),
  );
  expect(moving).toEqual([]);
});

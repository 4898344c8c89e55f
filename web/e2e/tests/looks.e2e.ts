import { expect, test } from "vitest";
import { findings } from "../harness/axe.ts";
import { register } from "../harness/people.ts";
import { stage } from "../harness/stage.ts";
import { german } from "../harness/texts.ts";
import { show, views } from "../harness/views.ts";
import { Visitor, type VisitorOptions } from "../harness/visitor.ts";

const MINUTE_MS = 60_000;
const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true } as const;
const SCREENS: Readonly<Record<string, VisitorOptions>> = {
  "light on a desktop": { colorScheme: "light" },
  "dark on a desktop": { colorScheme: "dark" },
  "light on a tablet": { colorScheme: "light", viewport: { width: 800, height: 1000 } },
  "light on a phone": { colorScheme: "light", ...PHONE },
  "dark on a phone": { colorScheme: "dark", ...PHONE },
};

test.each(Object.entries(SCREENS))(
  "every view is accessible and no wider than the screen: %s",
  async (_, screen) => {
    const { ada, facts } = await stage();
    const [outside, inside] = await Promise.all([Visitor.open(screen), Visitor.open({ ...screen, as: ada })]);
    const found: Record<string, string[]> = {};
    for (const [name, view] of Object.entries(views)) {
      const { page } = view.isSignedOut === true ? outside : inside;
      await show(page, view, facts);
      const excess = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      const problems = await findings(page);
      if (excess > 0) problems.push(`${excess} pixels wider than the screen`);
      if (problems.length > 0) found[name] = problems;
    }
    expect(found).toEqual({});
  },
  5 * MINUTE_MS,
);

test("German is complete: no view says anything in English", { timeout: 5 * MINUTE_MS }, async () => {
  const { ada, facts, texts } = await stage();
  const options: VisitorOptions = { locale: "de-DE" };
  const [outside, inside] = await Promise.all([Visitor.open(options), Visitor.open({ ...options, as: ada })]);
  for (const [name, view] of Object.entries(views)) {
    const { page } = view.isSignedOut === true ? outside : inside;
    await show(page, view, facts, german);
    expect(await page.getAttribute("html", "lang")).toBe("de");
    const said = await page.evaluate(textOfTheApp);
    const ofTheApp = texts.reduce((rest, text) => rest.replaceAll(text, ""), said);
    expect(ofTheApp, name).not.toMatch(/\b(the|your|with|settings|sign in|search|not|is)\b/i);
  }
});

/** All that the page says, but what it says only where there are no scripts. */
function textOfTheApp(): string {
  return [...document.body.children].map((part) => (part.matches("noscript") ? "" : part.textContent)).join(" ");
}

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

  // In the list it begins under the name, as all others do.
  await noa.say(conversationId, "תודה רבה");
  const row = page.getByRole("navigation", { name: "Conversations" }).getByRole("link", { name: "נועה לוי" });
  const preview = row.getByText("תודה רבה", { exact: true });
  await preview.waitFor();
  const lefts = await Promise.all([row.getByText("נועה לוי", { exact: true }), preview].map((it) => it.boundingBox()));
  expect(lefts[0]?.x).toBe(lefts[1]?.x);
  expect(await preview.evaluate((it) => getComputedStyle(it).direction)).toBe("rtl");
  const composer = page.getByRole("textbox", { name: /^Message to / });
  await composer.fill("תודה");
  expect(await composer.evaluate((it) => getComputedStyle(it).direction)).toBe("rtl");
});

test("whoever asked for less motion sees none", async () => {
  const { ada, facts } = await stage();
  const moved = async (reducedMotion: "reduce" | "no-preference") => {
    const { page } = await Visitor.open({ as: ada, reducedMotion });
    await page.addInitScript(noteWhatMoves);
    await page.goto(`/c/${facts.group}`);
    await page.getByRole("button", { name: "Details", exact: true }).click();
    await page.getByRole("complementary", { name: "Details" }).waitFor();
    await page.keyboard.press("Control+k");
    await page.getByRole("option").first().waitFor();
    return page.evaluate(() => (window as unknown as { moved: string[] }).moved);
  };
  expect(await moved("reduce")).toEqual([]);
  expect(await moved("no-preference")).not.toEqual([]);
});

/** Notes all that begins to move for longer than nobody sees. */
function noteWhatMoves(): void {
  const moved: string[] = [];
  Object.assign(window, { moved });
  const note = (event: Event) => {
    for (const animation of document.getAnimations()) {
      if (Number(animation.effect?.getComputedTiming().duration ?? 0) > 10) moved.push(event.type);
    }
  };
  addEventListener("transitionrun", note, true);
  addEventListener("animationstart", note, true);
}

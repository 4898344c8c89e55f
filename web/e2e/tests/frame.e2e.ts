import { expect, test } from "vitest";
import { App } from "../harness/app.ts";
import { registerAll } from "../harness/people.ts";
import { PATIENCE_MS, Visitor } from "../harness/visitor.ts";

const patiently = { timeout: PATIENCE_MS };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true } as const;

test("on a phone the browser's back button goes from the details to the conversation, and from there to the list", async () => {
  const [ada, grace] = await registerAll("Ada Lovelace", "Grace Hopper");
  const conversationId = await grace.direct(ada);
  await grace.say(conversationId, "hello from Grace");
  const { page } = await Visitor.open({ ...PHONE, as: ada });
  const app = new App(page);
  await page.goto("/");
  await app.chatRow("Grace Hopper").tap();
  await app.message("hello from Grace").waitFor();
  expect(await app.chatRow("Grace Hopper").isVisible()).toBe(false);
  const panel = await app.openDetails();

  await page.goBack();
  await panel.waitFor({ state: "detached" });
  await app.message("hello from Grace").waitFor();
  await page.goBack();
  await app.chatRow("Grace Hopper").waitFor();
  expect(await app.composer.isVisible()).toBe(false);
});

test("on a phone the time of each message can be seen", async () => {
  const [ada, grace] = await registerAll("Ada Lovelace", "Grace Hopper");
  const conversationId = await grace.direct(ada);
  for (const text of ["first of a group", "second of a group"]) await grace.say(conversationId, text);
  const { page } = await Visitor.open({ ...PHONE, as: ada });
  const app = new App(page);
  await app.open(conversationId);
  const time = app.message("second of a group").locator("time");
  await expect.poll(() => time.evaluate((it) => getComputedStyle(it).opacity), patiently).toBe("1");
  const box = await time.boundingBox();
  expect((box?.x ?? 0) + (box?.width ?? Infinity)).toBeLessThanOrEqual(PHONE.viewport.width);
});

test("the chat list is as wide as somebody draws it, also after a reload", async () => {
  const [ada] = await registerAll("Ada Lovelace");
  const { page } = await Visitor.open({ as: ada });
  await page.goto("/");
  await new App(page).isIn();
  const edge = page.getByRole("separator", { name: "Width of the chat list" });
  const width = async () => (await page.getByRole("complementary", { name: "Chats" }).boundingBox())?.width;
  expect(await width()).toBe(320);
  await edge.focus();
  await page.keyboard.press("ArrowRight");
  await expect.poll(width, patiently).toBe(336);

  const box = await edge.boundingBox();
  const [x, y] = [(box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + 200];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + 64, y);
  await page.mouse.up();
  await expect.poll(width, patiently).toBe(400);
  await page.reload();
  await expect.poll(width, patiently).toBe(400);
});

test("on a wide screen nobody's words are far from the others', and no line is longer than 72 characters", async () => {
  const [ada, grace] = await registerAll("Ada Lovelace", "Grace Hopper");
  const conversationId = await grace.direct(ada);
  const long = "the quick brown fox jumps over the lazy dog ".repeat(8).trim();
  await grace.say(conversationId, long);
  await ada.say(conversationId, "mine");
  const { page } = await Visitor.open({ as: ada, viewport: { width: 2000, height: 900 } });
  const app = new App(page);
  await app.open(conversationId);
  const place = (text: string) =>
    app
      .message(text)
      .getByText(text, { exact: true })
      .evaluate((it) => {
        const { left, right, height } = it.getBoundingClientRect();
        return { left, right, lines: Math.round(height / parseFloat(getComputedStyle(it).lineHeight)) };
      });
  const [theirs, mine] = [await place(long), await place("mine")];
  expect(mine.right - theirs.left).toBeLessThan(960);
  expect(long.length / theirs.lines).toBeLessThan(76);
});

import type { Locator } from "playwright-core";
import { expect, test } from "vitest";
import { App } from "../harness/app.ts";
import { talkMuch } from "../harness/crowd.ts";
import { registerAll } from "../harness/people.ts";
import { PATIENCE_MS, Visitor } from "../harness/visitor.ts";

const patiently = { timeout: PATIENCE_MS };
const LONG = 10_000;
const MINUTE_MS = 60_000;
/** Less than anybody sees. */
const JUMP_PX_MAX = 1;

interface Climb {
  /** What was drawn before the first step and after each, from top to bottom. */
  readonly steps: string[][];
  /** The farthest that the message at the top has moved while nobody scrolled. */
  readonly jumpPx: number;
  /** How many rows there were at most. */
  readonly rowsMax: number;
}

/** Scrolls a history up, view by view, until it goes no further, and watches the message at the top in each frame. */
function climb(history: Locator): Promise<Climb> {
  return history.evaluate(async (pane) => {
    const SETTLED_FRAMES = 4;
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const rows = () => [...pane.querySelectorAll("li")];
    const textOf = (row: Element) => row.querySelector("div[dir=auto]")?.textContent ?? "";
    const topOf = (row: Element) => row.getBoundingClientRect().top;
    const steps = [rows().map(textOf)];
    let jumpPx = 0;
    let rowsMax = 0;
    for (;;) {
      const before = pane.scrollTop;
      pane.scrollTop -= pane.clientHeight * 0.8;
      // The rows that come into view are drawn and measured.
      for (let count = 0; count < SETTLED_FRAMES; count += 1) await frame();
      const edge = topOf(pane);
      const anchor = rows().find((row) => topOf(row) >= edge);
      if (anchor === undefined) throw new Error("there is no message in view");
      const text = textOf(anchor);
      const height = pane.scrollHeight;
      const start = topOf(anchor);
      // Near the top the page before comes; it must not be seen to.
      const deadline = performance.now() + 10_000;
      const isWaiting = () => pane.scrollTop < 2 * pane.clientHeight && pane.scrollHeight === height;
      const isBeginning = () => pane.textContent.includes("This is the beginning");
      for (let settled = 0; settled < SETTLED_FRAMES;) {
        await frame();
        const now = rows().find((row) => textOf(row) === text);
        if (now === undefined) throw new Error(`${text} was in view and is gone`);
        jumpPx = Math.max(jumpPx, Math.abs(topOf(now) - start));
        const goesOn = isWaiting() && !isBeginning() && performance.now() < deadline;
        settled = goesOn ? 0 : settled + 1;
      }
      const drawn = rows().map(textOf);
      rowsMax = Math.max(rowsMax, drawn.length);
      steps.push(drawn);
      if (pane.scrollTop === 0 && before === 0) return { steps, jumpPx, rowsMax };
    }
  });
}

test(
  "ten thousand messages can be scrolled to their beginning, all of them in order, without a jump",
  async () => {
    const [ada, grace] = await registerAll("Ada Lovelace", "Grace Hopper");
    const conversationId = await ada.direct(grace);
    const texts = await talkMuch(grace, conversationId, LONG);
    expect(await ada.history(conversationId)).toEqual(texts);
    await ada.readAll(conversationId);

    // A high window: fewer steps for the same rows.
    const { page } = await Visitor.open({ as: ada, viewport: { width: 1000, height: 3000 } });
    const app = new App(page);
    await app.open(conversationId);
    await app.message(texts.at(-1) ?? "").waitFor();

    const { steps, jumpPx, rowsMax } = await climb(app.history);
    await page.getByText("This is the beginning of your conversation with Grace Hopper.").waitFor();
    const places = new Map(texts.map((text, index) => [text, index]));
    const seen = new Set<number>();
    for (const step of steps) {
      const indices = step.map((text) => places.get(text) ?? -1);
      for (const [at, index] of indices.entries()) {
        // Next to each other on the screen, next to each other on the log.
        if (at > 0) expect(index).toBe((indices[at - 1] ?? 0) + 1);
        seen.add(index);
      }
    }
    expect(seen.size).toBe(LONG);
    expect(jumpPx).toBeLessThanOrEqual(JUMP_PX_MAX);
    expect(rowsMax).toBeLessThan(300);
  },
  10 * MINUTE_MS,
);

test("a reload comes back to the same place and the same draft", async () => {
  const [ada, grace] = await registerAll("Ada Lovelace", "Grace Hopper");
  const conversationId = await ada.direct(grace);
  const texts = await talkMuch(grace, conversationId, 200);
  await ada.readAll(conversationId);
  const { page } = await Visitor.open({ as: ada });
  const app = new App(page);
  await app.open(conversationId);
  await app.message(texts.at(-1) ?? "").waitFor();
  await app.composer.fill("half a thou");
  await app.message(texts.at(-1) ?? "").hover();
  await page.mouse.wheel(0, -1500);
  await expect.poll(async () => (await app.place()).toEnd, patiently).toBeGreaterThan(1000);
  const at = await app.whereItRests();

  await page.reload();
  await app.message(at.text).waitFor();
  await expect.poll(async () => (await app.firstInView()).text, patiently).toBe(at.text);
  expect(Math.abs((await app.firstInView()).top - at.top)).toBeLessThanOrEqual(2);
  expect(await app.composer.inputValue()).toBe("half a thou");
  expect(page.url()).toContain(conversationId);

  // Live goes on in the place.
  await grace.say(conversationId, "while you read above");
  await page.getByRole("button", { name: /new message/ }).click();
  await app.message("while you read above").waitFor();
  await expect.poll(async () => (await app.place()).toEnd, patiently).toBeLessThanOrEqual(1);
});

test("what came while somebody reads above moves nothing, and a pill leads to it", async () => {
  const [ada, grace] = await registerAll("Ada Lovelace", "Grace Hopper");
  const conversationId = await ada.direct(grace);
  const texts = await talkMuch(grace, conversationId, 60);
  await ada.readAll(conversationId);
  const { page } = await Visitor.open({ as: ada });
  const app = new App(page);
  await app.open(conversationId);
  await app.message(texts.at(-1) ?? "").hover();
  await page.mouse.wheel(0, -800);
  await expect.poll(async () => (await app.place()).toEnd, patiently).toBeGreaterThan(500);
  const before = await app.firstInView();
  for (const text of ["one", "two", "three"]) await grace.say(conversationId, text);
  await page.getByRole("button", { name: "3 new messages" }).waitFor();
  expect(await app.firstInView()).toEqual(before);
  await page.getByRole("button", { name: "3 new messages" }).click();
  await app.message("three").waitFor();
  await app.hasFocus(app.history);

  // Who is at the end stays there.
  await grace.say(conversationId, "four");
  await app.message("four").waitFor();
  await expect.poll(async () => (await app.place()).toEnd, patiently).toBeLessThanOrEqual(1);
});

test("a conversation opens at the first unread message, and reading it to the end reads it everywhere", async () => {
  const [ada, grace] = await registerAll("Ada Lovelace", "Grace Hopper");
  const conversationId = await ada.direct(grace);
  const visitor = await Visitor.open({ as: ada });
  const app = new App(visitor.page);
  await grace.say(conversationId, "read long ago");
  await app.open(conversationId);
  await app.message("read long ago").waitFor();
  await visitor.page.goto("/");
  await app.isIn();
  const elsewhere = new App((await Visitor.open({ as: ada })).page);
  await elsewhere.page.goto("/");

  const texts = await talkMuch(grace, conversationId, 60);
  await app.chatRow("Grace Hopper").getByText("60 unread messages").waitFor();
  await elsewhere.chatRow("Grace Hopper").getByText("60 unread messages").waitFor();
  await expect.poll(() => visitor.page.title(), patiently).toContain("(60)");

  await app.chatRow("Grace Hopper").click();
  await app.history.getByRole("separator").filter({ hasText: "New" }).waitFor();
  const first = app.message(texts[0] ?? "");
  await first.waitFor();
  const [pane, row] = [await app.history.boundingBox(), await first.boundingBox()];
  expect(row?.y).toBeGreaterThanOrEqual(pane?.y ?? 0);
  expect(row?.y).toBeLessThan((pane?.y ?? 0) + (pane?.height ?? 0) / 2);

  // Who has gone on, with more to read, is led back to where they began.
  await app.whereItRests();
  await app.history.hover();
  await visitor.page.mouse.wheel(0, 1000);
  await visitor.page.getByRole("button", { name: "Jump to first unread" }).click();
  await expect.poll(async () => (await app.place()).top, patiently).toBeLessThan(1000);
  await first.waitFor();
  await app.hasFocus(app.history);

  await app.toNewest();
  await app.message(texts.at(-1) ?? "").waitFor();
  for (const there of [app, elsewhere]) {
    await there.chatRow("Grace Hopper").getByText("60 unread messages").waitFor({ state: "detached" });
  }
  await expect.poll(() => visitor.page.title(), patiently).not.toContain("(");
});

import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { App } from "../harness/app.ts";
import { registerAll } from "../harness/people.ts";
import { PATIENCE_MS, Visitor } from "../harness/visitor.ts";

const patiently = { timeout: PATIENCE_MS };

interface Told {
  readonly notifications: { title: string; body: string; tag: string }[];
  tones: number;
}

/** Notes what the browser is asked to show and to sound; it does both all the same. */
function noteWhatIsTold(): void {
  const told: Told = { notifications: [], tones: 0 };
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own node below
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (when?: number) {
    told.tones += 1;
    start.call(this, when);
  };
  class NotedNotification extends Notification {
    constructor(title: string, options: NotificationOptions = {}) {
      super(title, options);
      told.notifications.push({ title, body: options.body ?? "", tag: options.tag ?? "" });
    }
  }
  Object.assign(window, { told, Notification: NotedNotification });
}

const toldBy = (page: Page) => page.evaluate(() => (window as unknown as { told: Told }).told);

/** Headless pages are always looked at; here somebody can look away, and back. */
function letLookAway(): void {
  let isLooking = true;
  document.hasFocus = () => isLooking;
  Object.defineProperty(document, "visibilityState", { get: () => (isLooking ? "visible" : "hidden") });
  Object.assign(window, {
    look(isBack: boolean) {
      isLooking = isBack;
      document.dispatchEvent(new Event("visibilitychange"));
      window.dispatchEvent(new Event(isBack ? "focus" : "blur"));
    },
  });
}

async function look(page: Page, isBack: boolean): Promise<void> {
  await page.evaluate((back) => {
    (window as unknown as { look: (isBack: boolean) => void }).look(back);
  }, isBack);
}

test("the bell counts what nobody has looked at, lists it, and leads there", async () => {
  const [ada, grace, mary] = await registerAll("Ada Lovelace", "Grace Hopper", "Mary Jackson");
  const withGrace = await ada.direct(grace);
  const { page } = await Visitor.open({ as: ada });
  const app = new App(page);
  const bell = page.getByRole("button", { name: /^Notifications/ });
  const bellSays = () => bell.getAttribute("aria-label");
  await app.open(withGrace);
  await expect.poll(bellSays, patiently).toBe("Notifications");

  // Nothing of the conversation in view.
  await grace.say(withGrace, "you are looking at this");
  await app.message("you are looking at this").waitFor();
  const room = await mary.group("Engine room", [ada]);
  await mary.say(room, "and not at this");
  await expect.poll(bellSays, patiently).toBe("Notifications, 2 unread");

  await bell.click();
  const list = page.getByRole("dialog", { name: "Notifications" });
  await list.getByText("Mary Jackson added you to Engine room").waitFor();
  const entry = list.getByRole("button").filter({ hasText: "and not at this" });
  await entry.click();
  await app.message("and not at this").waitFor();
  expect(app.conversationId()).toBe(room);
  await expect.poll(bellSays, patiently).toBe("Notifications, 1 unread");

  await bell.click();
  await list.getByRole("button", { name: "Mark all as read" }).click();
  await expect.poll(bellSays, patiently).toBe("Notifications");
  await app.hasFocus(list);
  await page.reload();
  await app.isIn();
  await expect.poll(bellSays, patiently).toBe("Notifications");
});

test("a browser is asked to notify only after a message came while nobody looked, and then it does", async () => {
  const [ada, grace] = await registerAll("Ada Lovelace", "Grace Hopper");
  const conversationId = await ada.direct(grace);
  const { page, context } = await Visitor.open({ as: ada });
  await page.addInitScript(letLookAway);
  await page.addInitScript(noteWhatIsTold);
  const app = new App(page);
  await app.open(conversationId);
  // Somebody has pressed something: only then may a page sound.
  await app.composer.click();
  await grace.say(conversationId, "you look at this");
  await app.message("you look at this").waitFor();
  expect(await toldBy(page)).toEqual({ notifications: [], tones: 0 });
  expect(await page.getByText("Hear of new messages?").count()).toBe(0);

  await look(page, false);
  await grace.say(conversationId, "you have looked away");
  await page.getByText("Hear of new messages?").waitFor();
  await look(page, true);
  await context.grantPermissions(["notifications"]);
  await page.getByRole("button", { name: "Turn on" }).click();
  await page.getByText("Hear of new messages?").waitFor({ state: "detached" });

  await look(page, false);
  await grace.say(conversationId, "away again");
  await expect
    .poll(async () => (await toldBy(page)).notifications, patiently)
    .toEqual([{ title: "Grace Hopper", body: "away again", tag: conversationId }]);
  expect((await toldBy(page)).tones).toBeGreaterThan(0);

  // What is muted tells nobody.
  await look(page, true);
  await page.getByRole("button", { name: "Mute", exact: true }).click();
  await app.chatRow("Grace Hopper").getByText("Muted").waitFor();
  await look(page, false);
  const { tones } = await toldBy(page);
  await grace.say(conversationId, "into the silence");
  await app.chatRow("Grace Hopper").getByText("into the silence").waitFor();
  expect(await toldBy(page)).toMatchObject({ notifications: [{ body: "away again" }], tones });
});

test("the sound can be turned off, in all tabs of the browser", async () => {
  const [ada, grace] = await registerAll("Ada Lovelace", "Grace Hopper");
  const conversationId = await ada.direct(grace);
  const { page } = await Visitor.open({ as: ada });
  await page.addInitScript(noteWhatIsTold);
  const app = new App(page);
  await page.goto("/settings/notifications");
  const sound = page.getByRole("switch", { name: "Sound" });
  expect(await sound.isChecked()).toBe(true);
  await sound.focus();
  await page.keyboard.press("Space");
  expect(await sound.isChecked()).toBe(false);
  await page.getByRole("link", { name: "Chats" }).first().click();
  await grace.say(conversationId, "softly");
  await app.chatRow("Grace Hopper").getByText("softly").waitFor();
  expect((await toldBy(page)).tones).toBe(0);

  await page.goto("/settings/notifications");
  await sound.focus();
  await page.keyboard.press("Space");
  await page.getByRole("link", { name: "Chats" }).first().click();
  await grace.say(conversationId, "and heard");
  await expect.poll(async () => (await toldBy(page)).tones, patiently).toBeGreaterThan(0);
});

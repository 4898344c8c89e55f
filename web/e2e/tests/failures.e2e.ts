import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { App } from "../harness/app.ts";
import { stage, type Facts } from "../harness/stage.ts";
import { refuse } from "../harness/refusal.ts";
import { Visitor } from "../harness/visitor.ts";

interface Broken {
  readonly method: string;
  readonly path: (facts: Facts) => string;
  readonly act?: (page: Page) => Promise<void>;
  /** What the view says, and what is there after another try. */
  readonly says: string;
  readonly then: string;
}

const openBell = (page: Page) => page.getByRole("button", { name: /^Notifications/ }).click();

const BROKEN: Readonly<Record<string, Broken>> = {
  "the chat list": {
    method: "ListConversations",
    path: () => "/",
    says: "Your chats could not be loaded.",
    then: "Reading circle",
  },
  "the messages": {
    method: "ListMessages",
    path: ({ group }) => `/c/${group}`,
    says: "The messages could not be loaded.",
    then: "The room is booked from eight on.",
  },
  "the bell": {
    method: "ListNotifications",
    path: () => "/",
    act: openBell,
    says: "The notifications could not be loaded.",
    then: "Mark all as read",
  },
  "the devices": {
    method: "ListSessions",
    path: () => "/settings/devices",
    says: "This could not be loaded.",
    then: "This device",
  },
  "the activity": {
    method: "ListSecurityEvents",
    path: () => "/settings/activity",
    says: "This could not be loaded.",
    then: "Account created",
  },
};

test.each(Object.entries(BROKEN))("%s that cannot be loaded says so, and comes when asked again", async (_, view) => {
  const { ada, facts } = await stage();
  const { page } = await Visitor.open({ as: ada });
  const restore = await refuse(page, view.method);
  await page.goto(view.path(facts));
  await new App(page).isIn();
  await view.act?.(page);
  const alert = page.getByRole("alert").filter({ hasText: view.says });
  await alert.waitFor();

  await restore();
  await alert.getByRole("button", { name: "Try again" }).click();
  await page.getByText(view.then).first().waitFor();
  await alert.waitFor({ state: "detached" });
  // The button is gone; who pressed it is still somewhere.
  expect(await page.evaluate(() => document.activeElement === document.body)).toBe(false);
});

test("what comes within 300 ms comes without a skeleton before it", async () => {
  const { ada } = await stage();
  const { page } = await Visitor.open({ as: ada });
  let letGo: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  await page.route("**/ListConversations", async (route) => {
    await held;
    await route.continue();
  });
  await page.goto("/");
  const skeleton = page.getByRole("region", { name: "Chats" }).getByRole("status");
  await skeleton.waitFor({ state: "attached" });
  const seen = await skeleton.evaluate((element) => {
    const [animation] = element.getAnimations();
    if (animation === undefined) throw new Error("the skeleton is not faded in");
    animation.pause();
    return [0, 299, 600].map((time) => {
      animation.currentTime = time;
      return getComputedStyle(element).opacity;
    });
  });
  expect(seen).toEqual(["0", "0", "1"]);
  letGo();
  await new App(page).chatRow("Reading circle").waitFor();
});

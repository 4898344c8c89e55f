import { randomUUID } from "node:crypto";
import { fromBinary } from "@bufbuild/protobuf";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { App } from "../harness/app.ts";
import { forEach } from "../harness/crowd.ts";
import { Doors } from "../harness/doors.ts";
import { register, registerAll } from "../harness/people.ts";
import { PATIENCE_MS, Visitor } from "../harness/visitor.ts";
import { mesh } from "../harness/world.ts";
import { SendMessageRequestSchema } from "../../src/gen/quicksync/chat/v1/chat_service_pb";

const patiently = { timeout: PATIENCE_MS };

/** Makes an account by the page for it. */
async function newcomer(displayName: string) {
  const username = `${displayName.split(" ")[0]?.toLowerCase() ?? ""}.${randomUUID().slice(0, 13)}`;
  const account = { displayName, username, email: `${username}@example.org`, password: randomUUID() };
  // High enough that all messages of a test are drawn.
  const { page } = await Visitor.open({ viewport: { width: 1280, height: 1800 } });
  await page.goto("/register");
  await new Doors(page).register(account);
  const app = new App(page);
  await app.isIn();
  return { ...account, app };
}

test("two people register, find each other, and talk in both directions, live", async () => {
  const ada = await newcomer("Ada Lovelace");
  const grace = await newcomer("Grace Hopper");

  await ada.app.goTo(grace.username);
  await ada.app.page.getByRole("heading", { name: "Grace Hopper" }).first().waitFor();
  await ada.app.say("Hello, Grace!");
  await ada.app.sent("Hello, Grace!").waitFor();

  // It appears by itself with her.
  const row = grace.app.chatRow("Ada Lovelace");
  await row.getByText("Hello, Grace!").waitFor();
  await row.getByText("1 unread message").waitFor();
  await row.click();
  await grace.app.message("Hello, Grace!").waitFor();
  await row.getByText("1 unread message").waitFor({ state: "detached" });
  await grace.app.say("Hello, Ada.");
  await ada.app.message("Hello, Ada.").waitFor();

  for (let round = 1; round <= 5; round += 1) {
    await ada.app.say(`question ${round}`);
    await grace.app.message(`question ${round}`).waitFor();
    await grace.app.say(`answer ${round}`);
    await ada.app.message(`answer ${round}`).waitFor();
  }
  expect(await ada.app.texts()).toEqual(await grace.app.texts());
});

test("three people talk in a group: who is added joins in, who is removed hears nothing more", async () => {
  const people = await registerAll("Ada Lovelace", "Grace Hopper", "Mary Jackson");
  const [ada, grace, mary] = people;
  const [atAda, atGrace, atMary] = (await Promise.all(
    people.map(async (person) => {
      const app = new App((await Visitor.open({ as: person })).page);
      await app.page.goto("/");
      await app.isIn();
      return app;
    }),
  )) as [App, App, App];

  await atAda.newGroup("Engine room", [grace.username]);
  await atAda.say("just the two of us");
  await atGrace.chatRow("Engine room").click();
  await atGrace.message("just the two of us").waitFor();

  await atAda.addToGroup([mary.username]);
  await atMary.chatRow("Engine room").click();
  await atMary.message("just the two of us").waitFor();
  await atMary.say("now we are three");
  for (const app of [atAda, atGrace]) await app.message("now we are three").waitFor();

  await atAda.removeFromGroup("Mary Jackson");
  await atMary.chatRow("Engine room").waitFor({ state: "detached" });
  await atMary.page.getByText("This conversation is not here").waitFor();
  await atAda.say("two again");
  await atGrace.message("two again").waitFor();
  expect(await atMary.page.getByText("two again").count()).toBe(0);
  expect(await ada.history(atAda.conversationId())).toEqual(["just the two of us", "now we are three", "two again"]);
});

test("screen readers are told who has just said what", async () => {
  const [ada, grace] = await registerAll("Ada Lovelace", "Grace Hopper");
  const conversationId = await grace.direct(ada);
  await grace.say(conversationId, "said before");
  const app = new App((await Visitor.open({ as: ada })).page);
  await app.open(conversationId);
  await app.message("said before").waitFor();
  await grace.say(conversationId, "said just now");
  const spoken = app.page.getByRole("log").filter({ hasText: "Grace Hopper: said just now" });
  await spoken.waitFor({ state: "attached" });
  expect(await app.page.getByRole("log").filter({ hasText: "said before" }).count()).toBe(0);
});

test("the chat list is sorted by what happened last, and shows it", async () => {
  const [ada, grace, mary] = await registerAll("Ada Lovelace", "Grace Hopper", "Mary Jackson");
  const withGrace = await grace.direct(ada);
  const withMary = await mary.direct(ada);
  await grace.say(withGrace, "first");
  await mary.say(withMary, "second");
  const app = new App((await Visitor.open({ as: ada })).page);
  await app.page.goto("/");
  await app.chatRow("Mary Jackson").waitFor();
  expect(await app.chatNames()).toEqual(["Mary Jackson", "Grace Hopper"]);

  await grace.say(withGrace, "third");
  await app.chatRow("Grace Hopper").getByText("third").waitFor();
  expect(await app.chatNames()).toEqual(["Grace Hopper", "Mary Jackson"]);
  await app.chatRow("Grace Hopper").getByText("2 unread messages").waitFor();
  await expect.poll(() => app.page.title(), patiently).toContain("(3)");

  // What is muted is counted, but asks for nothing.
  await app.chatRow("Grace Hopper").click();
  await app.page.getByRole("button", { name: "Mute", exact: true }).click();
  await app.chatRow("Grace Hopper").getByText("Muted").waitFor();
  await app.chatRow("Mary Jackson").click();
  await app.message("second").waitFor();
  await grace.say(withGrace, "fourth");
  await app.chatRow("Grace Hopper").getByText("1 unread message").waitFor();
  expect(await app.page.title()).not.toContain("(");
});

test("each conversation keeps its own draft", async () => {
  const [ada, grace, mary] = await registerAll("Ada Lovelace", "Grace Hopper", "Mary Jackson");
  const withGrace = await ada.direct(grace);
  await mary.say(await mary.direct(ada), "hello");
  const app = new App((await Visitor.open({ as: ada })).page);
  await app.open(withGrace);
  await app.composer.fill("for Grace");
  await app.chatRow("Mary Jackson").click();
  await app.page.getByRole("textbox", { name: "Message to Mary Jackson" }).fill("for Mary");
  await app.chatRow("Grace Hopper").getByText("for Grace").waitFor();
  await app.chatRow("Grace Hopper").click();
  const toGrace = app.page.getByRole("textbox", { name: "Message to Grace Hopper" });
  await expect.poll(() => toGrace.inputValue(), patiently).toBe("for Grace");
  await toGrace.press("Enter");
  await app.sent("for Grace").waitFor();
  await app.chatRow("Mary Jackson").click();
  await expect.poll(() => app.composer.inputValue(), patiently).toBe("for Mary");
});

test("Shift and Enter break a line, and Enter that ends a composition sends nothing", async () => {
  const [ada, grace] = await registerAll("Ada Lovelace", "Grace Hopper");
  const conversationId = await ada.direct(grace);
  const { page, context } = await Visitor.open({ as: ada });
  const app = new App(page);
  await app.open(conversationId);
  await app.composer.pressSequentially("one");
  await app.composer.press("Shift+Enter");
  await app.composer.pressSequentially("two");
  expect(await app.composer.inputValue()).toBe("one\ntwo");
  await app.composer.press("Enter");
  await app.sent("one\ntwo").waitFor();
  expect(await app.composer.inputValue()).toBe("");

  const debuggers = await context.newCDPSession(page);
  await debuggers.send("Input.imeSetComposition", { text: "にほん", selectionStart: 3, selectionEnd: 3 });
  expect(await app.composer.inputValue()).toBe("にほん");
  await page.keyboard.press("Enter");
  await debuggers.send("Input.insertText", { text: "日本" });
  // A browser with a real input method keeps this Enter to itself; here it is a line break, and sends nothing all the same.
  expect((await app.composer.inputValue()).trim()).toBe("日本");
  await page.keyboard.press("Enter");
  await app.sent("日本").waitFor();
  expect(await grace.history(conversationId)).toEqual(["one\ntwo", "日本"]);
});

/** Every message that a page tries to send, with its id. */
function sends(page: Page): { text: string; clientMessageId: string }[] {
  const sent: { text: string; clientMessageId: string }[] = [];
  const FRAME_HEAD = 5;
  page.on("request", (request) => {
    const body = request.postDataBuffer();
    if (request.url().endsWith("/SendMessage") && body !== null) {
      sent.push(fromBinary(SendMessageRequestSchema, body.subarray(FRAME_HEAD)));
    }
  });
  return sent;
}

test("a message that could not be sent says so, and is sent again as the same message", async () => {
  const [ada, grace] = await registerAll("Ada Lovelace", "Grace Hopper");
  const conversationId = await ada.direct(grace);
  const { page } = await Visitor.open({ as: ada });
  await page.clock.install();
  const app = new App(page);
  const tries = sends(page);
  await app.open(conversationId);
  await app.say("before");
  await app.sent("before").waitFor();

  await mesh.stop("chat-1", "chat-2");
  await app.say("important");
  const failed = app.message("important").filter({ hasText: "Not sent" });
  await app.message("important").getByTitle("On its way").waitFor();
  await expect
    .poll(
      async () => {
        // The pauses between tries grow; nobody waits for them here.
        await page.clock.fastForward("01:00");
        return failed.count();
      },
      { timeout: 3 * PATIENCE_MS },
    )
    .toBe(1);
  const times = tries.filter(({ text }) => text === "important").length;
  expect(times).toBeGreaterThan(1);

  await mesh.start("chat-1", "chat-2");
  await failed.getByRole("button", { name: "Try again" }).click();
  await app.sent("important").waitFor();
  await app.hasFocus(app.history);
  const ids = tries.filter(({ text }) => text === "important").map(({ clientMessageId }) => clientMessageId);
  expect(ids.length).toBeGreaterThan(times);
  expect(new Set(ids).size).toBe(1);
  expect(await grace.history(conversationId)).toEqual(["before", "important"]);
});

test("everything can be done by keyboard, and the focus is never lost", async () => {
  const [ada, grace] = await registerAll("Ada Lovelace", "Grace Hopper");
  const { page } = await Visitor.open({ as: ada });
  const app = new App(page);
  await page.goto("/");
  await app.isIn();
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? "");

  await page.keyboard.press("Control+k");
  const field = page.getByRole("combobox", { name: "Go to a person or conversation" });
  await field.waitFor();
  await page.keyboard.type(grace.username);
  await page.getByRole("option", { name: "Grace Hopper" }).waitFor();
  await page.keyboard.press("Enter");
  await app.composer.waitFor();
  await expect.poll(focused, patiently).toBe("Message to Grace Hopper");
  await page.keyboard.type("by keyboard");
  await page.keyboard.press("Enter");
  await app.sent("by keyboard").waitFor();
  expect(await focused()).toBe("Message to Grace Hopper");

  // A dialog gives the focus back to where it was.
  await page.keyboard.press("Control+k");
  await field.waitFor();
  await page.keyboard.press("Escape");
  await field.waitFor({ state: "detached" });
  await expect.poll(focused, patiently).toBe("Message to Grace Hopper");

  // From the top of the page: each stop can be seen and has a name.
  await page.getByRole("link", { name: "Skip to the conversation" }).focus();
  const stops: string[] = [];
  for (let count = 0; count < 14; count += 1) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(() => {
      const element = document.activeElement;
      if (element === null || element === document.body) return null;
      const { outlineStyle, boxShadow } = getComputedStyle(element);
      const frame = element.closest("form") ?? element;
      const isMarked = outlineStyle !== "none" || boxShadow !== "none" || frame.matches(":focus-within");
      const name = element.getAttribute("aria-label") ?? element.textContent;
      return `${name.trim()}${isMarked ? "" : " (not marked)"}`;
    });
    if (stop === null) break;
    stops.push(stop);
  }
  expect(stops.filter((stop) => stop === "" || stop.includes("(not marked)"))).toEqual([]);
  expect(stops).toContain("Message to Grace Hopper");

  await page.getByRole("link", { name: "Skip to the conversation" }).focus();
  await page.keyboard.press("Enter");
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("main");
});

test("two thousand conversations: few rows are drawn, all are reached by keys, and any is found by its name", async () => {
  const COUNT = 2_000;
  const ada = await register("Ada Lovelace");
  const names = Array.from({ length: COUNT }, (_, index) => `Group ${String(index + 1).padStart(4, "0")}`);
  await forEach(names, (name) => ada.group(name, []));
  const order = await ada.conversationTitles();
  expect(order.toSorted()).toEqual(names);

  const { page } = await Visitor.open({ as: ada });
  const app = new App(page);
  await page.goto("/");
  const rows = page.getByRole("navigation", { name: "Conversations" }).getByRole("link");
  await rows.first().waitFor();
  expect((await app.chatNames())[0]).toBe(order[0]);
  await rows.first().focus();
  const focused = () => page.evaluate(() => document.activeElement?.querySelector("bdi")?.textContent);
  // More pages may be on their way.
  await expect
    .poll(
      async () => {
        await page.keyboard.press("End");
        return focused();
      },
      { timeout: 3 * PATIENCE_MS },
    )
    .toBe(order.at(-1));
  await page.keyboard.press("ArrowUp");
  await expect.poll(focused, patiently).toBe(order.at(-2));
  await page.keyboard.press("Home");
  await expect.poll(focused, patiently).toBe(order[0]);
  await page.keyboard.press("ArrowDown");
  await expect.poll(focused, patiently).toBe(order[1]);
  expect(await rows.count()).toBeLessThan(60);

  await page.keyboard.press("Control+k");
  await page.keyboard.type("0777");
  await page.getByRole("option", { name: "Group 0777" }).click();
  await page.getByRole("heading", { name: "Group 0777" }).first().waitFor();
});

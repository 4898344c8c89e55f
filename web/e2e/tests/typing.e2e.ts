import type { Locator } from "playwright-core";
import { expect, test } from "vitest";
import { App } from "../harness/app.ts";
import { type Person, registerAll } from "../harness/people.ts";
import { PATIENCE_MS, Visitor } from "../harness/visitor.ts";
import { mesh } from "../harness/world.ts";

const patiently = { timeout: PATIENCE_MS };
/** Well before it would end by itself. */
const AT_ONCE_MS = 3_000;
const TYPING = "Ada Lovelace is typing…";

async function look(person: Person, conversationId: string): Promise<App> {
  const app = new App((await Visitor.open({ as: person })).page);
  await app.open(conversationId);
  return app;
}

/** Presses keys until somebody sees that: a stream that has just been opened may miss the first ones. */
async function typeUntil(app: App, seen: Locator): Promise<void> {
  await expect
    .poll(
      async () => {
        await app.composer.press("a");
        return seen.isVisible();
      },
      { ...patiently, interval: 200 },
    )
    .toBe(true);
}

test("who types is shown in the list and in the conversation, and not when it is sent or given up", async () => {
  const [ada, grace] = await registerAll("Ada Lovelace", "Grace Hopper");
  const conversationId = await ada.direct(grace);
  await grace.say(conversationId, "Are you there?");
  const [atAda, atGrace] = await Promise.all([look(ada, conversationId), look(grace, conversationId)]);
  await expect.poll(() => mesh.streams(), patiently).toBeGreaterThanOrEqual(2);
  const row = atGrace.chatRow("Ada Lovelace");
  const inRow = row.getByText(TYPING);
  const inHead = atGrace.page.getByRole("paragraph").filter({ hasText: TYPING });
  const boxes = async () => [await row.boundingBox(), await atGrace.history.boundingBox()];
  await atGrace.message("Are you there?").waitFor();
  const before = await boxes();

  await typeUntil(atAda, inHead);
  await inRow.waitFor();
  expect(await row.getByText("Are you there?").count()).toBe(0);
  await atGrace.page.getByRole("log").filter({ hasText: TYPING }).waitFor({ state: "attached" });
  expect(await boxes()).toEqual(before);
  expect(await atAda.page.getByText(/is typing…/).count()).toBe(0);

  await atAda.say("I am!");
  await atGrace.message("I am!").waitFor();
  await inHead.waitFor({ state: "detached", timeout: AT_ONCE_MS });
  await row.getByText("I am!").waitFor();

  // What is given up ends by itself.
  await typeUntil(atAda, inHead);
  await atAda.composer.fill("");
  await inHead.waitFor({ state: "detached" });
  await row.getByText("I am!").waitFor();
});

test("of several who type in a group the number is shown", async () => {
  const [ada, grace, mary] = await registerAll("Ada Lovelace", "Grace Hopper", "Mary Jackson");
  const conversationId = await ada.group("Engine room", [grace, mary]);
  const [atAda, atGrace, atMary] = await Promise.all([ada, grace, mary].map((person) => look(person, conversationId)));
  if (atAda === undefined || atGrace === undefined || atMary === undefined) throw new Error("three people look");
  const row = atGrace.chatRow("Engine room");
  await typeUntil(atAda, row.getByText(TYPING));
  await expect
    .poll(
      async () => {
        for (const app of [atAda, atMary]) await app.composer.press("a");
        return row.getByText("2 people are typing…").isVisible();
      },
      { ...patiently, interval: 200 },
    )
    .toBe(true);
});

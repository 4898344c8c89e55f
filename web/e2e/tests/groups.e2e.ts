import { expect, test } from "vitest";
import { App } from "../harness/app.ts";
import { registerAll, type Person } from "../harness/people.ts";
import { PATIENCE_MS, Visitor } from "../harness/visitor.ts";

async function appOf(person: Person, path: string): Promise<App> {
  const { page } = await Visitor.open({ as: person });
  await page.goto(path);
  const app = new App(page);
  await app.isIn();
  return app;
}

test("an owner who leaves hands the group on, and both see it", async () => {
  const [ada, grace] = await registerAll("Ada Lovelace", "Grace Hopper");
  const group = await ada.group("Engine room", [grace]);
  const [atAda, atGrace] = [await appOf(ada, `/c/${group}`), await appOf(grace, `/c/${group}`)];
  const member = async (app: App, name: string) =>
    (await app.openDetails()).getByRole("list", { name: "Members" }).getByRole("listitem").filter({ hasText: name });

  // Who owns it is said of one, and only that one is asked whom to add.
  await (await member(atGrace, "Ada Lovelace")).getByText("Owner").waitFor();
  expect(await (await member(atGrace, "Grace Hopper")).getByText("Owner").count()).toBe(0);
  expect(await atGrace.page.getByRole("button", { name: "Add people" }).count()).toBe(0);

  const panel = await atAda.openDetails();
  await panel.getByRole("button", { name: "Leave group" }).click();
  const dialog = atAda.page.getByRole("dialog", { name: "Leave “Engine room”?" });
  await dialog.getByText("The longest-standing member becomes its owner.").waitFor();
  await dialog.getByRole("button", { name: "Leave group" }).click();
  await atAda.chatRow("Engine room").waitFor({ state: "detached" });
  await atAda.page.waitForURL((url) => url.pathname === "/");

  await (await member(atGrace, "Grace Hopper")).getByText("Owner").waitFor();
  await (await member(atGrace, "Ada Lovelace")).waitFor({ state: "detached" });
  await atGrace.page.getByRole("button", { name: "Add people" }).waitFor();
});

test("who joins a group that hides its past reads what is said from then on", async () => {
  const [ada, grace, mary] = await registerAll("Ada Lovelace", "Grace Hopper", "Mary Jackson");
  const [atAda, atMary] = [await appOf(ada, "/"), await appOf(mary, "/")];
  await atAda.newGroup("Engine room", [grace.username], { hidesPast: true });
  await atAda.say("before Mary");
  await atAda.sent("before Mary").waitFor();
  await (await atAda.openDetails()).getByText("New members cannot read what was said before they joined.").waitFor();

  await atAda.addToGroup([mary.username]);
  await atMary.chatRow("Engine room").click();
  await atMary.page.getByText("You can read what was said since you joined.").waitFor();
  await atAda.say("welcome, Mary");
  await atMary.message("welcome, Mary").waitFor();
  await expect.poll(() => atMary.texts(), { timeout: PATIENCE_MS }).toEqual(["welcome, Mary"]);
});

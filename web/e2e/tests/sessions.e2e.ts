import { expect, test } from "vitest";
import { App } from "../harness/app.ts";
import { Doors } from "../harness/doors.ts";
import { registerAll } from "../harness/people.ts";
import { PATIENCE_MS, Visitor } from "../harness/visitor.ts";
import { mesh } from "../harness/world.ts";

const patiently = { timeout: PATIENCE_MS };
const ENDED = "Your session was ended from somewhere else.";

test("a session that is ended elsewhere brings all its tabs to the sign-in page, with a reason and nothing left behind", async () => {
  const [ada, grace] = await registerAll("Ada Lovelace", "Grace Hopper");
  const conversationId = await ada.direct(grace);
  await grace.say(conversationId, "a secret");
  const visitor = await Visitor.open({ as: ada });
  const app = new App(visitor.page);
  await app.open(conversationId);
  await app.message("a secret").waitFor();
  const second = await visitor.newTab("/settings/devices");
  await new App(second).isIn();

  // By a device of hers that is not this one.
  await ada.sessions.revokeOtherSessions({});

  for (const page of [visitor.page, second]) {
    await page.waitForURL("**/login");
    await page.getByText(ENDED).waitFor();
    await page.getByText("a secret").waitFor({ state: "detached" });
  }
  await expect.poll(() => mesh.streams(), patiently).toBe(0);

  // Signing in again leads back to where she was.
  await new Doors(visitor.page).signIn(ada.username, ada.password);
  await visitor.page.waitForURL(`**/c/${conversationId}`);
  await app.message("a secret").waitFor();
});

test("the list of devices shows where one is signed in, and ends what one does not know", async () => {
  const [ada] = await registerAll("Ada Lovelace");
  const mine = await Visitor.open({ as: ada });
  const stranger = await Visitor.open({ as: ada });
  await stranger.page.goto("/");
  await new App(stranger.page).isIn();
  await mine.page.goto("/settings/devices");
  const devices = mine.page.getByRole("main").getByRole("listitem");
  // The browsers, and the session that she registered with.
  await expect.poll(() => devices.count(), patiently).toBe(3);
  expect(await devices.filter({ hasText: "This device" }).count()).toBe(1);

  await mine.page.getByRole("button", { name: "Sign out all other devices" }).click();
  await mine.page.getByRole("button", { name: "Sign out the others" }).click();
  await stranger.page.getByText(ENDED).waitFor();
  await expect.poll(() => devices.count(), patiently).toBe(1);
  await new App(mine.page).isIn();
});

test("signing out everywhere ends this device, too", async () => {
  const [ada] = await registerAll("Ada Lovelace");
  const mine = await Visitor.open({ as: ada });
  const other = await Visitor.open({ as: ada });
  await other.page.goto("/");
  await new App(other.page).isIn();
  await mine.page.goto("/settings/devices");
  await mine.page.getByRole("button", { name: "Sign out everywhere" }).click();
  const dialog = mine.page.getByRole("dialog", { name: "Sign out everywhere?" });
  await dialog.getByRole("button", { name: "Sign out everywhere" }).click();
  await mine.page.getByText("You are signed out.").waitFor();
  await other.page.getByText(ENDED).waitFor();
  expect(await mine.context.cookies()).toEqual([]);
});

test("whoever signs out with a message that waits is asked first", async () => {
  const [ada, grace] = await registerAll("Ada Lovelace", "Grace Hopper");
  const conversationId = await ada.direct(grace);
  const { page } = await Visitor.open({ as: ada });
  const app = new App(page);
  await app.open(conversationId);
  await page.route("**/SendMessage", (route) => route.abort());
  await app.say("not gone yet");
  await app.message("not gone yet").getByTitle("On its way").waitFor();
  await app.signOut();
  const dialog = page.getByRole("dialog", { name: "1 message is not sent yet" });
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await dialog.waitFor({ state: "detached" });
  await app.message("not gone yet").waitFor();
  await app.signOut();
  await dialog.getByRole("button", { name: "Sign out all the same" }).click();
  await page.getByText("You are signed out.").waitFor();
  expect(await grace.history(conversationId)).toEqual([]);
});

test("signing out in one tab signs out the others, and the next person finds nothing", async () => {
  const [ada, grace] = await registerAll("Ada Lovelace", "Grace Hopper");
  const conversationId = await ada.direct(grace);
  const visitor = await Visitor.open({ as: ada });
  const app = new App(visitor.page);
  await app.open(conversationId);
  await visitor.page.getByText("This is the beginning of your conversation with Grace Hopper.").waitFor();
  // Said while the conversation is open, so that screen readers are told of it too.
  await grace.say(conversationId, "a secret");
  await app.announcement("a secret").waitFor({ state: "attached" });
  await app.composer.fill("an unfinished secret");
  const second = await visitor.newTab();
  await new App(second).isIn();

  await app.signOut();
  for (const page of [visitor.page, second]) {
    await page.waitForURL("**/login");
    await page.getByText("You are signed out.").waitFor();
    expect(await page.content()).not.toContain("a secret");
  }
  expect(await visitor.context.cookies()).toEqual([]);

  await new Doors(second).signIn(grace.username, grace.password);
  const hers = new App(second);
  await hers.isIn();
  await hers.open(conversationId);
  expect(await hers.composer.inputValue()).toBe("");
});

test("a password that is changed ends the other devices, and this one goes on", async () => {
  const [ada] = await registerAll("Ada Lovelace");
  const mine = await Visitor.open({ as: ada });
  const other = await Visitor.open({ as: ada });
  await other.page.goto("/");
  await new App(other.page).isIn();
  await mine.page.goto("/settings/sign-in");
  await mine.page.getByRole("button", { name: "Change password" }).click();
  const dialog = mine.page.getByRole("dialog");
  await dialog.getByLabel("Old password").fill("wrong-of-course");
  await dialog.getByLabel("New password").fill("four unrelated words there");
  await dialog.getByRole("button", { name: "Change password" }).click();
  await dialog.getByText("This is not your password.").waitFor();
  await dialog.getByLabel("Old password").fill(ada.password);
  await dialog.getByRole("button", { name: "Change password" }).click();
  await mine.page.getByText("Your password is changed").waitFor();
  await other.page.getByText(ENDED).waitFor();
  await mine.page.reload();
  await new App(mine.page).isIn();
});

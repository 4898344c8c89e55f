import type { Locator } from "playwright-core";
import { expect, test } from "vitest";
import { App, isFocused } from "../harness/app.ts";
import { type Person, registerAll } from "../harness/people.ts";
import { PATIENCE_MS, Visitor } from "../harness/visitor.ts";

const patiently = { timeout: PATIENCE_MS };
/** More than any way through a view has. */
const STOPS_MAX = 40;

async function appOf(person: Person, path: string): Promise<App> {
  const app = new App((await Visitor.open({ as: person })).page);
  await app.page.goto(path);
  await app.isIn();
  return app;
}

/** Goes to a control by a key, as often as it takes. */
async function walkTo({ page }: App, control: Locator, key = "Tab"): Promise<void> {
  await control.waitFor();
  const passed: string[] = [];
  for (let count = 0; count < STOPS_MAX; count += 1) {
    await page.keyboard.press(key);
    if (await isFocused(control)) return;
    passed.push(await page.evaluate(nameOfFocused));
  }
  throw new Error(`${key} does not lead to ${String(control)}, but to ${passed.join("; ")}`);
}

/** For whoever wants to know why a way does not lead where it should. */
function nameOfFocused(): string {
  const element = document.activeElement;
  return element?.getAttribute("aria-label") ?? element?.textContent ?? "";
}

/** Goes to a button and presses it by the keyboard. */
async function press(app: App, control: Locator, key = "Tab"): Promise<void> {
  await walkTo(app, control, key);
  await app.page.keyboard.press("Enter");
}

/** Chooses from a menu that was opened by a key: its first item has the focus. */
async function choose(app: App, item: Locator): Promise<void> {
  await app.hasFocus(app.page.getByRole("menuitem").first());
  if (!(await isFocused(item))) await walkTo(app, item, "ArrowDown");
  await app.page.keyboard.press("Enter");
}

/** What has opened has the focus in it; Esc closes it, and the focus is where it was. */
async function leaveByEscape(app: App, opened: Locator, opener: Locator): Promise<void> {
  await opened.waitFor();
  const hasFocusWithin = () => opened.evaluate((element) => element.contains(document.activeElement));
  await expect.poll(hasFocusWithin, patiently).toBe(true);
  await app.page.keyboard.press("Escape");
  await opened.waitFor({ state: "detached" });
  await app.hasFocus(opener);
}

test("a group is made by keyboard alone", async () => {
  const [ada, grace] = await registerAll("Ada Lovelace", "Grace Hopper");
  const app = await appOf(ada, "/");
  const { page } = app;
  const begin = page.getByRole("button", { name: "New conversation" });
  const menu = page.getByRole("menu");
  const newGroup = page.getByRole("menuitem", { name: "New group" });
  const dialog = page.getByRole("dialog", { name: "New group" });
  const title = dialog.getByRole("textbox", { name: "Name of the group" });

  await press(app, begin);
  await leaveByEscape(app, menu, begin);
  await page.keyboard.press("Enter");
  await choose(app, newGroup);
  await app.hasFocus(title);
  await leaveByEscape(app, dialog, begin);

  await page.keyboard.press("Enter");
  await choose(app, newGroup);
  await app.hasFocus(title);
  // A group without a name is refused where the name belongs.
  await page.keyboard.press("Enter");
  await dialog.getByText("Give the group a name.").waitFor();
  await app.hasFocus(title);
  await page.keyboard.type("Engine room");
  await walkTo(app, dialog.getByRole("combobox"));
  await page.keyboard.type(grace.username);
  await dialog.getByRole("option", { name: "Grace Hopper" }).waitFor();
  await page.keyboard.press("Enter");
  await dialog.getByRole("list", { name: "Chosen" }).getByText("Grace Hopper").waitFor();
  await walkTo(app, dialog.getByRole("switch", { name: /^Hide what was said before/ }));
  await page.keyboard.press("Space");
  await press(app, dialog.getByRole("button", { name: "Create group" }));
  await app.hasFocus(page.getByRole("textbox", { name: "Message to Engine room" }));
  const panel = await app.openDetails();
  await panel.getByText("New members cannot read what was said before they joined.").waitFor();
  await panel.getByText("Grace Hopper").waitFor();
});

test("the details of a group are opened, used and left by keyboard", async () => {
  const [ada, grace] = await registerAll("Ada Lovelace", "Grace Hopper");
  const app = await appOf(ada, `/c/${await ada.group("Engine room", [grace])}`);
  const { page } = app;
  const details = page.getByRole("button", { name: "Details", exact: true });
  const panel = page.getByRole("complementary", { name: "Details" });
  await app.hasFocus(app.composer);
  await press(app, details, "Shift+Tab");
  await app.hasFocus(panel);

  const mute = panel.getByRole("switch", { name: /^Mute this conversation/ });
  await walkTo(app, mute);
  await page.keyboard.press("Space");
  await expect.poll(() => mute.isChecked(), patiently).toBe(true);

  const add = panel.getByRole("button", { name: "Add people" });
  await press(app, add);
  await leaveByEscape(app, page.getByRole("dialog", { name: "Add people" }), add);

  const more = panel.getByRole("button", { name: "More for Grace Hopper" });
  await press(app, more);
  await leaveByEscape(app, page.getByRole("menu"), more);
  await page.keyboard.press("Enter");
  await choose(app, page.getByRole("menuitem", { name: "Remove from group" }));
  await leaveByEscape(app, page.getByRole("dialog", { name: "Remove Grace Hopper?" }), more);

  const leave = panel.getByRole("button", { name: "Leave group" });
  await press(app, leave);
  await leaveByEscape(app, page.getByRole("dialog", { name: "Leave “Engine room”?" }), leave);

  await leaveByEscape(app, panel, details);
});

test("one's own settings are opened, used and left by keyboard", async () => {
  const [ada, grace] = await registerAll("Ada Lovelace", "Grace Hopper");
  const conversationId = await ada.direct(grace);
  const app = await appOf(ada, "/");
  const { page } = app;
  const settings = page.getByRole("navigation", { name: "QuickSync" }).getByRole("link", { name: "Settings" });
  const section = (name: string) =>
    page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: new RegExp(`^${name}`) });
  const isAt = (path: string) => expect.poll(() => new URL(page.url()).pathname, patiently).toBe(path);

  await press(app, settings);
  const name = page.getByRole("textbox", { name: "Name" });
  await walkTo(app, name);
  await page.keyboard.press("Control+a");
  await page.keyboard.type("Augusta Ada King");
  // Nothing that is written gets lost by it.
  await page.keyboard.press("Escape");
  expect(await name.inputValue()).toBe("Augusta Ada King");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Account: Augusta Ada King" }).waitFor();

  await press(app, section("Signing in"), "Shift+Tab");
  const change = page.getByRole("button", { name: "Change password" });
  await press(app, change);
  await leaveByEscape(app, page.getByRole("dialog", { name: "Change password" }), change);
  await isAt("/settings/sign-in");

  await press(app, section("Appearance"), "Shift+Tab");
  await walkTo(app, page.getByRole("radio", { name: "System" }));
  await page.keyboard.press("ArrowRight");
  await app.hasFocus(page.getByRole("radio", { name: "Light" }));
  expect(await page.getByRole("radio", { name: "Light" }).isChecked()).toBe(true);
  await page.keyboard.press("Escape");
  await isAt("/");
  await app.hasFocus(settings);

  // Whoever comes from a conversation is back in it, where they write.
  await app.open(conversationId);
  await press(app, page.getByRole("button", { name: /^Account: / }), "Shift+Tab");
  await choose(app, page.getByRole("menuitem", { name: "Settings" }));
  await press(app, section("Notifications"));
  const sound = page.getByRole("switch", { name: /^Sound/ });
  await walkTo(app, sound);
  const isOn = await sound.isChecked();
  await page.keyboard.press("Space");
  expect(await sound.isChecked()).toBe(!isOn);
  await page.keyboard.press("Escape");
  await isAt(`/c/${conversationId}`);
  await app.hasFocus(app.composer);
});

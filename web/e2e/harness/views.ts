/** Every view that there is: where it is found, and what one does to see it. */
import type { Page } from "playwright-core";
import { expect } from "vitest";
import type { Person } from "./people.ts";
import { refuse } from "./refusal.ts";
import type { Facts } from "./stage.ts";
import { english, filled, type Texts } from "./texts.ts";
import { PATIENCE_MS } from "./visitor.ts";

export interface View {
  readonly path: (facts: Facts) => string;
  readonly isSignedOut?: boolean;
  /** What is done there, before it is looked at: by a person who reads these texts. */
  readonly act?: (page: Page, texts: Texts, facts: Facts) => Promise<void>;
}

/** Presses what opens a dialog, and waits for it. */
async function openDialog(page: Page, button: string): Promise<void> {
  await page.getByRole("button", { name: button, exact: true }).click();
  await page.getByRole("dialog").waitFor();
}

/** Loads the page anew where a method fails, until another view is shown. */
async function loadWithout(page: Page, method: string): Promise<void> {
  await refuse(page, method);
  await page.reload();
  await page.getByRole("alert").first().waitFor();
}

/** On a phone the chat list, from where one begins, is a place of its own. */
async function toChatList(page: Page, { conversation }: Texts): Promise<void> {
  const back = page.getByRole("link", { name: conversation.back });
  if (await back.isVisible()) await back.click();
}

async function openAccountMenu(page: Page, { shell }: Texts): Promise<void> {
  await page.getByRole("button", { name: filled(shell.account) }).click();
  await page.getByRole("menuitem", { name: shell.signOut }).waitFor();
}

async function send(page: Page, { composer }: Texts, text: string): Promise<void> {
  await page.getByRole("textbox", { name: filled(composer.label) }).fill(text);
  await page.getByRole("button", { name: composer.send }).click();
}

/** Says something that does not arrive, and waits until that is seen. */
async function sendInVain(page: Page, texts: Texts): Promise<void> {
  await refuse(page, "SendMessage");
  await send(page, texts, "Yes! After lunch, at my desk?");
  await page.getByRole("button", { name: texts.conversation.failure.retry }).first().waitFor();
}

/** Waits for a toast, and rests on it, so that it stays. */
async function restOnToast(page: Page, { ui }: Texts): Promise<void> {
  await page.getByRole("region", { name: ui.toasts }).getByRole("button", { name: ui.dismiss }).focus();
}

/** Well before it ends by itself. */
const TYPE_AGAIN_MS = 1_000;

/** Somebody types for as long as this view is shown. */
function typeOn(page: Page, person: Person, conversationId: string): void {
  const say = () => void person.chat.sendTyping({ conversationId });
  const timer = setInterval(say, TYPE_AGAIN_MS);
  const stop = () => clearInterval(timer);
  page.once("framenavigated", stop);
  page.once("close", stop);
}

/** Characters; a message may have 8,000. */
const TOO_LONG = 8_400;

export const views: Readonly<Record<string, View>> = {
  "sign-in": { path: () => "/login", isSignedOut: true },
  registration: { path: () => "/register", isSignedOut: true },
  "registration with mistakes": {
    path: () => "/register",
    isSignedOut: true,
    act: async (page) => {
      await page.locator("form button[type=submit]").click();
      await page.locator("[aria-invalid=true]").first().waitFor();
    },
  },
  "forgotten password": { path: () => "/reset-password", isSignedOut: true },
  "new password": { path: () => "/reset-password#token=some-token", isSignedOut: true },
  "confirming an address": { path: () => "/verify-email#token=some-token", isSignedOut: true },
  "nothing there": { path: () => "/no/such/place", isSignedOut: true },
  "chat list": { path: () => "/" },
  "a group": { path: ({ group }) => `/c/${group}` },
  "a direct conversation": { path: ({ direct }) => `/c/${direct}` },
  "somebody who types": {
    path: ({ direct }) => `/c/${direct}`,
    act: async (page, { conversation }, { grace, direct }) => {
      typeOn(page, grace, direct);
      const inHead = page.getByRole("paragraph").filter({ hasText: filled(conversation.typing.one) });
      await inHead.waitFor();
    },
  },
  "a conversation without messages": { path: ({ empty }) => `/c/${empty}` },
  "a conversation that is not there": { path: () => "/c/00000000-0000-4000-8000-000000000000" },
  "the details of a group": { path: ({ group }) => `/c/${group}?panel=details` },
  "the quick switcher": {
    path: ({ direct }) => `/c/${direct}`,
    act: async (page) => {
      await page.keyboard.press("Control+k");
      await page.getByRole("option").first().waitFor();
    },
  },
  "a new group": {
    path: ({ direct }) => `/c/${direct}`,
    act: async (page, texts) => {
      const { chatList } = texts;
      await toChatList(page, texts);
      await page.getByRole("button", { name: chatList.new }).click();
      await page.getByRole("menuitem", { name: chatList.newGroup }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByRole("combobox").fill("katherine");
      await dialog.getByRole("option").first().waitFor();
    },
  },
  "the bell": {
    path: () => "/",
    act: async (page, { notifications }) => {
      await page.getByRole("button", { name: new RegExp(`^${notifications.title}`, "u") }).click();
      await page.getByRole("dialog", { name: notifications.title }).waitFor();
    },
  },
  "the account menu": { path: () => "/", act: openAccountMenu },
  settings: { path: () => "/settings" },
  "settings: profile": { path: () => "/settings/profile" },
  "settings: signing in": { path: () => "/settings/sign-in" },
  "settings: devices": { path: () => "/settings/devices" },
  "settings: activity": { path: () => "/settings/activity" },
  "settings: appearance": { path: () => "/settings/appearance" },
  "settings: notifications": { path: () => "/settings/notifications" },
  "adding to a group": {
    path: ({ group }) => `/c/${group}?panel=details`,
    act: async (page, { conversation }) => {
      await openDialog(page, conversation.panel.add);
      await page.getByRole("dialog").getByRole("combobox").fill("noa");
      await page.getByRole("dialog").getByRole("option").first().waitFor();
    },
  },
  "removing from a group": {
    path: ({ group }) => `/c/${group}?panel=details`,
    act: async (page, { conversation }) => {
      await page
        .getByRole("button", { name: filled(conversation.panel.actionsFor) })
        .first()
        .click();
      await page.getByRole("menuitem", { name: conversation.panel.remove }).click();
      await page.getByRole("dialog").waitFor();
    },
  },
  "leaving a group": {
    path: ({ group }) => `/c/${group}?panel=details`,
    act: (page, { conversation }) => openDialog(page, conversation.panel.leave),
  },
  "a new password in the settings": {
    path: () => "/settings/sign-in",
    act: (page, { settings }) => openDialog(page, settings.password.change),
  },
  "another address": {
    path: () => "/settings/sign-in",
    act: (page, { settings }) => openDialog(page, settings.email.change),
  },
  "deleting the account": {
    path: () => "/settings/profile",
    act: (page, { settings }) => openDialog(page, settings.deletion.action),
  },
  "signing out other devices": {
    path: () => "/settings/devices",
    act: (page, { settings }) => openDialog(page, settings.devices.endOthers),
  },
  "signing out everywhere": {
    path: () => "/settings/devices",
    act: (page, { settings }) => openDialog(page, settings.devices.everywhere),
  },
  "a chat list that cannot be loaded": { path: () => "/", act: (page) => loadWithout(page, "ListConversations") },
  "messages that cannot be loaded": {
    path: ({ group }) => `/c/${group}`,
    act: (page) => loadWithout(page, "ListMessages"),
  },
  "devices that cannot be loaded": {
    path: () => "/settings/devices",
    act: (page) => loadWithout(page, "ListSessions"),
  },
  "a toast that tells of a success": {
    path: () => "/settings/profile",
    act: async (page, texts) => {
      await page.getByRole("button", { name: texts.settings.save }).click();
      await restOnToast(page, texts);
    },
  },
  "a toast that tells of a failure": {
    path: ({ direct }) => `/c/${direct}`,
    act: async (page, texts) => {
      await refuse(page, "SetConversationMuted");
      await page.getByRole("button", { name: texts.conversation.mute, exact: true }).click();
      await restOnToast(page, texts);
    },
  },
  "a connection that is lost": {
    path: ({ direct }) => `/c/${direct}`,
    act: async (page, { shell }) => {
      await page.route("**/Subscribe", (route) => route.abort());
      await page.context().setOffline(true);
      await page.getByText(shell.connection.offline).waitFor();
      await page.context().setOffline(false);
      await page.getByRole("button", { name: shell.connection.tryNow }).waitFor();
    },
  },
  offline: {
    path: ({ direct }) => `/c/${direct}`,
    act: async (page, texts) => {
      await page.context().setOffline(true);
      await page.getByText(texts.shell.connection.offline).waitFor();
      await send(page, texts, "Back soon, after this tunnel.");
      await page.getByTitle(texts.conversation.delivery.sending).first().waitFor();
    },
  },
  // Last: what is written stays in the list, as a draft or as what was not sent.
  "a message that was not sent": { path: ({ direct }) => `/c/${direct}`, act: sendInVain },
  "signing out before all is sent": {
    path: ({ direct }) => `/c/${direct}`,
    act: async (page, texts) => {
      await sendInVain(page, texts);
      await toChatList(page, texts);
      await openAccountMenu(page, texts);
      await page.getByRole("menuitem", { name: texts.shell.signOut }).click();
      await page.getByRole("dialog").waitFor();
    },
  },
  "a message that is too long": {
    path: ({ direct }) => `/c/${direct}`,
    act: async (page, { composer }) => {
      await page.getByRole("textbox", { name: filled(composer.label) }).fill("Ha! ".repeat(TOO_LONG / 4));
    },
  },
};

/** Goes to a view, and waits until nothing of it is on its way or in motion. */
export async function show(page: Page, view: View, facts: Facts, texts = english): Promise<void> {
  await page.unrouteAll();
  await page.context().setOffline(false);
  await page.goto(view.path(facts));
  await settle(page);
  await view.act?.(page, texts, facts);
  await settle(page);
}

/** Waits until nothing is on its way or in motion. */
async function settle(page: Page): Promise<void> {
  await page.locator(":is(main, nav):visible").first().waitFor();
  let quiet = 0;
  await expect
    .poll(
      async () => {
        const moving = await page.evaluate(whatMoves);
        quiet = moving.length === 0 ? quiet + 1 : 0;
        return quiet > 0 ? quiet : moving;
      },
      { timeout: PATIENCE_MS, interval: LOOK_AGAIN_MS },
    )
    .toBe(QUIET_LOOKS);
}

/** Something may begin to fade a moment after all else has come to rest. */
const QUIET_LOOKS = 4;
const LOOK_AGAIN_MS = 100;

/** What is still on its way or in motion. */
async function whatMoves(): Promise<string[]> {
  await document.fonts.ready;
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const shape = () =>
    [...document.querySelectorAll("body *")].map((element) => element.getBoundingClientRect().top).join();
  const before = shape();
  await frame();
  await frame();
  const moving: string[] = [];
  if (shape() !== before) moving.push("layout");
  if (/Loading…|Wird geladen …/.test(document.body.textContent)) moving.push("loading");
  if (document.getAnimations().some((animation) => animation.playState !== "finished")) moving.push("animation");
  return moving;
}

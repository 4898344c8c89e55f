/** Every view that there is: where it is found, and what one does to see it. */
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { refuse } from "./refusal.ts";
import type { Facts } from "./stage.ts";
import { english, filled, type Texts } from "./texts.ts";
import { PATIENCE_MS } from "./visitor.ts";

export interface View {
  readonly path: (facts: Facts) => string;
  readonly isSignedOut?: boolean;
  /** What is done there, before it is looked at: by a person who reads these texts. */
  readonly act?: (page: Page, texts: Texts) => Promise<void>;
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
    act: async (page, { chatList, conversation }) => {
      // On a phone the chat list, from where one begins, is a place of its own.
      const back = page.getByRole("link", { name: conversation.back });
      if (await back.isVisible()) await back.click();
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
  "the account menu": {
    path: () => "/",
    act: async (page, { shell }) => {
      await page.getByRole("button", { name: filled(shell.account) }).click();
      await page.getByRole("menuitem", { name: shell.signOut }).waitFor();
    },
  },
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
  // Last: what is written stays in the list as a draft.
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
  await page.goto(view.path(facts));
  await settle(page);
  await view.act?.(page, texts);
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

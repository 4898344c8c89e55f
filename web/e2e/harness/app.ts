/** The app of somebody who is signed in, as a person uses it: everything is found by its role and its name. */
import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";
import { PATIENCE_MS } from "./visitor.ts";

export class App {
  constructor(readonly page: Page) {}

  /** Waits until the app is there. */
  async isIn(): Promise<void> {
    await this.page.getByRole("navigation", { name: "QuickSync" }).waitFor();
  }

  async open(conversationId: string): Promise<void> {
    await this.page.goto(`/c/${conversationId}`);
    await this.composer.waitFor();
  }

  async signOut(): Promise<void> {
    await this.page.getByRole("button", { name: /^Account: / }).click();
    await this.page.getByRole("menuitem", { name: "Sign out" }).click();
  }

  // --- the conversation

  get composer(): Locator {
    return this.page.getByRole("textbox", { name: /^Message to / });
  }

  get history(): Locator {
    return this.page.getByRole("region", { name: "Messages" });
  }

  /** The row of a message whose whole text this is. */
  message(text: string): Locator {
    return this.history.getByRole("listitem").filter({ has: this.page.getByText(text, { exact: true }) });
  }

  /** Own messages that have arrived at the log. */
  sent(text: string): Locator {
    return this.message(text).filter({ has: this.page.getByTitle("Sent", { exact: true }) });
  }

  /** The texts of all messages that are drawn, in their order on the screen. */
  async texts(): Promise<string[]> {
    return this.history.getByRole("listitem").locator("div[dir=auto]").allTextContents();
  }

  /** Types a message and presses Enter. */
  async say(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.composer.press("Enter");
  }

  /** Waits until a control has the focus. */
  async hasFocus(control: Locator): Promise<void> {
    await expect.poll(() => isFocused(control), { timeout: PATIENCE_MS }).toBe(true);
  }

  /** How far the history is scrolled: from its top, and to its end. */
  async place(): Promise<{ top: number; toEnd: number }> {
    return this.history.evaluate((pane) => ({
      top: Math.round(pane.scrollTop),
      toEnd: Math.round(pane.scrollHeight - pane.clientHeight - pane.scrollTop),
    }));
  }

  /** The first message that is wholly in view, and where it stands. */
  async firstInView(): Promise<{ text: string; top: number }> {
    return this.history.evaluate((pane) => {
      const edge = pane.getBoundingClientRect().top;
      const row = [...pane.querySelectorAll("li")].find((it) => it.getBoundingClientRect().top >= edge);
      if (row === undefined) return { text: "", top: 0 };
      return {
        text: row.querySelector("div[dir=auto]")?.textContent ?? "",
        top: Math.round(row.getBoundingClientRect().top - edge),
      };
    });
  }

  /** The same, once nothing scrolls any more. */
  async whereItRests(): Promise<{ text: string; top: number }> {
    const QUIET_MS = 300;
    let before = await this.firstInView();
    await expect
      .poll(
        async () => {
          const [now, last] = [await this.firstInView(), before];
          before = now;
          return now.text === last.text && now.top === last.top;
        },
        { timeout: PATIENCE_MS, interval: QUIET_MS },
      )
      .toBe(true);
    return before;
  }

  /** Goes to the end by the button that leads there. */
  async toNewest(): Promise<void> {
    await this.page.getByRole("button", { name: /^(Jump to newest|\d+\+? new messages?)$/ }).click();
  }

  /** A line of news about the connection. */
  news(text: string): Locator {
    return this.page.getByRole("status").filter({ hasText: text });
  }

  /** What screen readers are told. */
  announcement(text: string): Locator {
    return this.page.getByRole("log").filter({ hasText: text });
  }

  conversationId(): string {
    return new URL(this.page.url()).pathname.replace("/c/", "");
  }

  // --- the chat list

  /** The row of a conversation. */
  chatRow(name: string): Locator {
    return this.page.getByRole("navigation", { name: "Conversations" }).getByRole("link", { name });
  }

  /** The names of the conversations whose rows are drawn, from top to bottom. */
  async chatNames(): Promise<string[]> {
    const rows = this.page.getByRole("navigation", { name: "Conversations" }).getByRole("link");
    return rows.evaluateAll((links) => {
      const byPlace = links.toSorted((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top);
      return byPlace.map((link) => link.querySelector("bdi")?.textContent ?? "");
    });
  }

  // --- finding people, groups

  /** Goes to a person or conversation by the quick switcher. */
  async goTo(name: string): Promise<void> {
    await this.page.keyboard.press("Control+k");
    await this.page.getByRole("combobox", { name: "Go to a person or conversation" }).fill(name);
    await this.page.getByRole("option", { name }).click();
    await this.composer.waitFor();
  }

  async newGroup(title: string, usernames: readonly string[], { hidesPast = false } = {}): Promise<void> {
    await this.page.getByRole("button", { name: "New conversation" }).click();
    await this.page.getByRole("menuitem", { name: "New group" }).click();
    const dialog = this.page.getByRole("dialog", { name: "New group" });
    await dialog.getByRole("textbox", { name: "Name of the group" }).fill(title);
    await this.choose(dialog, usernames);
    if (hidesPast) await dialog.getByRole("switch", { name: /^Hide what was said before/ }).press("Space");
    await dialog.getByRole("button", { name: "Create group" }).click();
    await this.composer.waitFor();
  }

  async addToGroup(usernames: readonly string[]): Promise<void> {
    const panel = await this.openDetails();
    await panel.getByRole("button", { name: "Add people" }).click();
    const dialog = this.page.getByRole("dialog", { name: "Add people" });
    await this.choose(dialog, usernames);
    await dialog.getByRole("button", { name: /^Add \d/ }).click();
    await dialog.waitFor({ state: "detached" });
  }

  async removeFromGroup(displayName: string): Promise<void> {
    const panel = await this.openDetails();
    await panel.getByRole("button", { name: `More for ${displayName}` }).click();
    await this.page.getByRole("menuitem", { name: "Remove from group" }).click();
    const dialog = this.page.getByRole("dialog", { name: `Remove ${displayName}?` });
    await dialog.getByRole("button", { name: "Remove", exact: true }).click();
    await dialog.waitFor({ state: "detached" });
  }

  /** The panel beside a conversation; opened where it is not. */
  async openDetails(): Promise<Locator> {
    const button = this.page.getByRole("button", { name: "Details", exact: true });
    if ((await button.getAttribute("aria-expanded")) !== "true") await button.click();
    const panel = this.page.getByRole("complementary", { name: "Details" });
    await panel.waitFor();
    return panel;
  }

  private async choose(dialog: Locator, usernames: readonly string[]): Promise<void> {
    for (const username of usernames) {
      await dialog.getByRole("combobox").fill(username);
      await dialog.getByRole("option", { name: `@${username}` }).click();
    }
  }
}

export function isFocused(control: Locator): Promise<boolean> {
  return control.evaluate((element) => element === document.activeElement);
}

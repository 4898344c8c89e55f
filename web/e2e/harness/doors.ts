/** The pages of those who are not signed in, as a person uses them. */
import type { Locator, Page } from "playwright-core";
import type { Person } from "./people.ts";

export class Doors {
  constructor(readonly page: Page) {}

  get heading(): Locator {
    return this.page.getByRole("heading", { level: 1 });
  }

  field(label: string): Locator {
    return this.page.getByLabel(label, { exact: true });
  }

  /** What is said to be wrong with a field, tied to it as screen readers want it. */
  async wrongWith(label: string): Promise<string> {
    const field = this.field(label).and(this.page.locator("[aria-invalid=true]"));
    const note = await field.getAttribute("aria-describedby");
    return (await this.page.locator(`[id="${note ?? ""}"]`).textContent()) ?? "";
  }

  async press(name: string): Promise<void> {
    await this.page.getByRole("button", { name, exact: true }).click();
  }

  async signIn(login: string, password: string): Promise<void> {
    await this.field("E-mail or username").fill(login);
    await this.field("Password").fill(password);
    await this.press("Sign in");
  }

  async register(account: Pick<Person, "displayName" | "username" | "email" | "password">): Promise<void> {
    await this.field("Your name").fill(account.displayName);
    await this.field("Username").fill(account.username);
    await this.field("E-mail").fill(account.email);
    await this.field("Password").fill(account.password);
    await this.press("Create account");
  }
}
